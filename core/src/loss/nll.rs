//! Negative log likelihood.

use dfdx::shapes::{Axis, HasShape, Rank0, ReduceShape, Shape};
use dfdx::tensor::{Tape, Tensor};
use dfdx::tensor_ops::{Device, TryMul};

use super::Loss;
use super::cross_entropy::{check_weight, weight_of};
use super::labels::{self, Labels};
use super::rows::{self, Losses, Rows, Scores};
use crate::run::value::Rank3;
use crate::{Scalar, bounds, host};

/// `-w x[label]` for log-probabilities `x`, such as those of `LogSoftmax`. Shapes are those of [`CrossEntropy`](super::CrossEntropy).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Nll {
    /// A weight for each class; empty: 1. The mean is divided by the sum of the labels' weights, as in PyTorch.
    pub weight: Vec<f64>,
    /// An id, a class or not, whose rows have no loss and do not count in the mean. If no row is left, the mean is NaN and its gradient 0.
    pub ignore_index: Option<usize>,
}

/// The mean of `-log_probability[label]` over the batch: PyTorch's `nll_loss`. Shapes and panics are those of
/// [`cross_entropy`](super::cross_entropy).
pub fn nll<S, E: Scalar, D: Device<E>, T: Tape<E, D>>(log_probability: Tensor<S, E, D, T>, labels: &[usize]) -> Tensor<Rank0, E, D, T>
where
    S: Shape + ReduceShape<Axis<1>>,
{
    Nll::default().mean(log_probability, labels)
}

impl Nll {
    fn amount(&self, id: usize) -> f64 {
        if Some(id) == self.ignore_index { 0.0 } else { weight_of(&self.weight, id) }
    }

    fn losses<S: Shape + ReduceShape<Axis<1>>, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        log_probability: Tensor<S, E, D, T>,
        ids: &[usize],
    ) -> Result<Losses<E, D, T>, D::Err> {
        let scores = Scores::new(log_probability)?;
        check_weight(&self.weight, scores.dims[1]);
        labels::check(ids, scores.rows(), scores.dims[1], self.ignore_index);
        let amounts = |row: usize, into: &mut [f64]| {
            into.fill(0.0);
            if Some(ids[row]) != self.ignore_index {
                into[ids[row]] = self.amount(ids[row]);
            }
        };
        let constant = if host::is_host::<D>() { None } else { Some(scores.constant(amounts)?) };
        scores.losses(
            |row, scores, slopes| {
                slopes.fill(E::default());
                if Some(ids[row]) == self.ignore_index {
                    return 0.0;
                }
                let amount = self.amount(ids[row]);
                slopes[ids[row]] = host::number(-amount);
                -amount * host::wide(scores[ids[row]])
            },
            |scores| portable(scores, constant.expect("made on this device")),
        )
    }
}

/// The losses of all rows and classes in dfdx's operations. `amounts` are the weights at the labels, 0 elsewhere.
fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    log_probability: Tensor<Rank3, E, D, T>,
    amounts: Tensor<Rank3, E, D>,
) -> Result<Tensor<Rank3, E, D, T>, D::Err> {
    // A finite logarithm even of 0, so that 0 times it is 0.
    bounds::at_least(log_probability, -1e30)?.try_mul(amounts)?.try_negate()
}

impl<L: Labels, S, E: Scalar, D: Device<E>, T: Tape<E, D>> Loss<Tensor<S, E, D, T>, L> for Nll
where
    S: Shape + ReduceShape<Axis<1>>,
{
    type Each = Tensor<Rows<S>, E, D, T>;
    type Reduced = Tensor<Rank0, E, D, T>;
    type Err = D::Err;

    fn try_each(&self, log_probability: Tensor<S, E, D, T>, labels: L) -> Result<Self::Each, D::Err> {
        let shape = rows::shape(log_probability.shape());
        self.losses(log_probability, labels.ids())?.each(&shape)
    }

    fn try_sum(&self, log_probability: Tensor<S, E, D, T>, labels: L) -> Result<Self::Reduced, D::Err> {
        self.losses(log_probability, labels.ids())?.sum(1.0)
    }

    fn try_mean(&self, log_probability: Tensor<S, E, D, T>, labels: L) -> Result<Self::Reduced, D::Err> {
        let losses = self.losses(log_probability, labels.ids())?;
        losses.mean(labels.ids().iter().map(|&id| self.amount(id)).sum())
    }
}

#[cfg(test)]
mod tests {
    use dfdx::tensor::{AsArray, Cpu, TensorFrom, TensorFromVec, Trace};
    use dfdx::tensor_ops::{Backward, SumTo};

    use super::*;

    #[test]
    fn in_dfdx_operations() {
        let device = Cpu::default();
        let x = device.tensor([[-0.5, f64::NEG_INFINITY, -1e4], [-3.0, -2.0, -1.0]]);
        let fast = Nll { weight: vec![2.0, 1.0, 0.5], ignore_index: None }.sum(x.leaky_trace(), [2, 0]);
        let amounts = device.tensor_from_vec(vec![0.0, 0.0, 0.5, 2.0, 0.0, 0.0], (2, 3, 1));
        let rows = Scores::new(x.leaky_trace()).unwrap();
        assert_eq!((rows.rows(), rows.dims), (2, [2, 3, 1]));
        let cube: Tensor<Rank3, f64, Cpu> = device.tensor_from_vec(x.as_vec(), (2, 3, 1));
        let slow = portable(cube.leaky_trace(), amounts).unwrap().sum::<Rank0, _>();
        assert_eq!((fast.array(), slow.array()), (5006.0, 5006.0));
        assert_eq!(fast.backward().get(&x).as_vec(), slow.backward().get(&cube).as_vec());
    }
}

//! The negative logarithm of the right class's probability.

use dfdx::shapes::{Axis, HasShape, Rank0, ReduceShape, Shape};
use dfdx::tensor::{Tape, Tensor};
use dfdx::tensor_ops::{Device, TryMul};

use super::Loss;
use super::cross_entropy::{check_weight, weight_of};
use super::labels::{self, Labels};
use super::rows::{self, Losses, Rows, Scores};
use crate::{Scalar, host};

/// `-w x[label]` of logarithms of probabilities `x`, as `LogSoftmax` gives them. Shapes are those of
/// [`CrossEntropy`](super::CrossEntropy).
#[derive(Clone, Debug, Default)]
pub struct Nll {
    /// A weight for each class; empty for 1. The mean is divided by the sum of the labels' weights, as in PyTorch.
    pub weight: Vec<f64>,
    /// An id, a class or not, whose rows lose nothing and do not count in the mean. If no row is left the mean is 0/0.
    pub ignore_index: Option<usize>,
}

/// The mean of `-log_probability[label]` over the batch: PyTorch's `nll_loss`. Shapes and panics are those of
/// [`cross_entropy`](super::cross_entropy).
pub fn nll<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    log_probability: Tensor<S, E, D, T>,
    labels: &[usize],
) -> Tensor<Rank0, E, D, T>
where
    S: ReduceShape<Axis<1>>,
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
            |scores| {
                let finite = scores.try_clamp(-1e30, 1e30)?;
                finite.try_mul(constant.expect("made on this device"))?.try_negate()
            },
        )
    }
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
        losses.sum(1.0 / labels.ids().iter().map(|&id| self.amount(id)).sum::<f64>())
    }
}

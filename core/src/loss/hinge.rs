//! The multi-class hinge loss of a support vector machine.

use dfdx::shapes::{Axis, HasShape, Rank0, ReduceShape, Shape};
use dfdx::tensor::{PutTape, Tape, Tensor};
use dfdx::tensor_ops::{BroadcastTo, ChooseFrom, Device, SumTo, TryAdd, TryLe, TryMul, TrySub};

use super::Loss;
use super::labels::{self, Labels};
use super::rows::{self, Losses, Rows, Scores};
use crate::run::value::Rank3;
use crate::{Scalar, host};

/// `sum(max(0, s[j] - s[label] + margin))` over the classes `j` other than the label (Weston and Watkins, 1999), or the sum of the squares.
///
/// PyTorch's `multi_margin_loss` is this loss divided by the number of classes. Shapes are those of [`CrossEntropy`](super::CrossEntropy).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hinge {
    /// The margin by which the score of the right class must exceed the others.
    pub margin: f64,
    /// Squares each term: PyTorch's `p=2`.
    pub squared: bool,
}

/// A margin of 1, not squared.
impl Default for Hinge {
    fn default() -> Self {
        Self { margin: 1.0, squared: false }
    }
}

/// The mean of [`Hinge`] over the batch, with a margin of 1. Shapes and panics are those of [`cross_entropy`](super::cross_entropy).
pub fn hinge<S, E: Scalar, D: Device<E>, T: Tape<E, D>>(scores: Tensor<S, E, D, T>, labels: &[usize]) -> Tensor<Rank0, E, D, T>
where
    S: Shape + ReduceShape<Axis<1>>,
{
    Hinge::default().mean(scores, labels)
}

impl Hinge {
    fn losses<S: Shape + ReduceShape<Axis<1>>, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        scores: Tensor<S, E, D, T>,
        ids: &[usize],
    ) -> Result<Losses<E, D, T>, D::Err> {
        let scores = Scores::new(scores)?;
        labels::check(ids, scores.rows(), scores.dims[1], None);
        let right = |row: usize, into: &mut [f64]| {
            into.fill(0.0);
            into[ids[row]] = 1.0;
        };
        let constant = if host::is_host::<D>() { None } else { Some(scores.constant(right)?) };
        scores.losses(
            |row, scores, slopes| self.of_row(scores, ids[row], slopes),
            |scores| self.portable(scores, constant.expect("made on this device")),
        )
    }

    fn of_row<E: Scalar>(&self, scores: &[E], label: usize, slopes: &mut [E]) -> f64 {
        let (mut loss, mut pull) = (0.0, 0.0);
        for (class, (slope, &score)) in slopes.iter_mut().zip(scores).enumerate() {
            let excess = host::wide(score) - host::wide(scores[label]) + self.margin;
            // Written so that NaN counts.
            let (value, push) = match (class == label || excess <= 0.0, self.squared) {
                (true, _) => (0.0, 0.0),
                (false, false) => (excess, 1.0),
                (false, true) => (excess * excess, 2.0 * excess),
            };
            loss += value;
            pull += push;
            *slope = host::number(push);
        }
        slopes[label] = host::number(-pull);
        loss
    }

    /// The terms of all rows and classes in dfdx's operations. `right` is 1 at the label, 0 elsewhere.
    fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        scores: Tensor<Rank3, E, D, T>,
        right: Tensor<Rank3, E, D>,
    ) -> Result<Tensor<Rank3, E, D, T>, D::Err> {
        let shape = *scores.shape();
        let label = scores.retaped::<T>().try_mul(right.clone())?.try_sum::<(usize, usize), Axis<1>>()?;
        let excess = scores.try_sub(label.try_broadcast_like::<_, Axis<1>>(&shape)?)?.try_add(host::number::<E>(self.margin))?;
        let wrong = right.try_negate()?.try_add(E::ONE)?;
        let zeros = wrong.device().try_zeros_like(&shape)?.put_tape(T::default());
        let excess = excess.try_le(E::default())?.try_choose(zeros, excess)?.try_mul(wrong)?;
        if self.squared { excess.try_square() } else { Ok(excess) }
    }
}

impl<L: Labels, S, E: Scalar, D: Device<E>, T: Tape<E, D>> Loss<Tensor<S, E, D, T>, L> for Hinge
where
    S: Shape + ReduceShape<Axis<1>>,
{
    type Each = Tensor<Rows<S>, E, D, T>;
    type Reduced = Tensor<Rank0, E, D, T>;
    type Err = D::Err;

    fn try_each(&self, scores: Tensor<S, E, D, T>, labels: L) -> Result<Self::Each, D::Err> {
        let shape = rows::shape(scores.shape());
        self.losses(scores, labels.ids())?.each(&shape)
    }

    fn try_sum(&self, scores: Tensor<S, E, D, T>, labels: L) -> Result<Self::Reduced, D::Err> {
        self.losses(scores, labels.ids())?.sum(1.0)
    }

    fn try_mean(&self, scores: Tensor<S, E, D, T>, labels: L) -> Result<Self::Reduced, D::Err> {
        self.losses(scores, labels.ids())?.mean(labels.ids().len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use dfdx::tensor::{AsArray, Cpu, TensorFrom, TensorFromVec, Trace};
    use dfdx::tensor_ops::Backward;

    use super::*;

    /// The example of CS231n's second lecture: cat, car and frog.
    #[test]
    fn the_courses_example() {
        let scores = Cpu::default().tensor([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]);
        let losses = Hinge::default().each(scores.clone(), &[0, 1, 2]).array();
        for (found, expected) in losses.iter().zip([2.9f64, 0.0, 12.9]) {
            assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
        }
        let loss = hinge(scores.leaky_trace(), &[0, 1, 2]);
        assert!((loss.array() - 15.8 / 3.0).abs() < 1e-12);
        let slopes = loss.backward().get(&scores).array();
        let third = 1.0 / 3.0;
        assert_eq!(slopes, [[-third, third, 0.0], [0.0; 3], [third, third, -2.0 * third]]);
        let squared = Hinge { squared: true, ..Default::default() }.sum(scores, &[0, 1, 2]).array();
        assert!((squared - (2.9f64.powi(2) + 6.3f64.powi(2) + 6.6f64.powi(2))).abs() < 1e-12);
    }

    #[test]
    fn in_dfdx_operations() {
        let device = Cpu::default();
        let numbers: Vec<f64> = (0..24).map(|i| [-1e4, 1e4, 0.3, -2.0, 0.9][i * 7 % 5]).collect();
        let scores = device.tensor_from_vec(numbers, (3, 4, 2));
        let ids = [3, 0, 1, 1, 2, 2];
        for loss in [Hinge::default(), Hinge { margin: 0.4, squared: true }] {
            let right = Scores::new(scores.clone()).unwrap().constant(|row, into| {
                into.fill(0.0);
                into[ids[row]] = 1.0;
            });
            let slow = loss.portable(scores.leaky_trace(), right.unwrap()).unwrap().sum::<Rank0, _>();
            let fast = loss.sum(scores.leaky_trace(), ids);
            assert!((slow.array() - fast.array()).abs() <= 1e-12 * fast.array());
            assert_eq!(slow.backward().get(&scores).as_vec(), fast.backward().get(&scores).as_vec());
        }
    }

    #[test]
    fn what_is_no_number_shows() {
        let scores = Cpu::default().tensor([[0.0f32, f32::NAN, -5.0]]);
        assert!(hinge(scores, &[0]).array().is_nan());
    }
}

//! The Kullback-Leibler divergence between distributions given by their probabilities.

use dfdx::shapes::{HasShape, Rank0, Shape};
use dfdx::tensor::{NoneTape, Tape, Tensor};
use dfdx::tensor_ops::{Device, TryMul, TrySub};

use super::Loss;
use super::pointwise::{Flat, Pointwise};
use crate::formula::attach;
use crate::host::number;
use crate::{Scalar, bounds};

/// `t (ln t - x)` for a log-probability `x` and a probability `t`; 0 where `t` is 0. As in PyTorch, the prediction is the first argument, although
/// the divergence is that of the target from it, and the mean is over all elements; [`KlDiv::try_batch_mean`] gives the divergence itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KlDiv {
    /// The target is given as log-probabilities too.
    pub log_target: bool,
}

impl KlDiv {
    /// The sum over all elements divided by the size of the first axis: the divergence, averaged over the batch.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn try_batch_mean<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        log_probability: Tensor<S, E, D, T>,
        target: Tensor<S, E, D>,
    ) -> Result<Tensor<Rank0, E, D, T>, D::Err> {
        let batch = log_probability.shape().concrete().into_iter().next().unwrap_or(1);
        self.try_sum(log_probability, target)?.try_mul(number::<E>(1.0 / batch as f64))
    }
}

/// The divergence of `target` from a prediction, averaged over the batch: PyTorch's `kl_div(.., reduction="batchmean")`. The prediction is given as
/// log-probabilities (`log_softmax`), the target as probabilities. Shapes and panics are those of [`mse`](super::mse).
pub fn kl_div<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    log_probability: Tensor<S, E, D, T>,
    target: Tensor<S, E, D>,
) -> Tensor<Rank0, E, D, T> {
    KlDiv::default().try_batch_mean(log_probability, target).unwrap_or_else(|error| panic!("{error}"))
}

impl Pointwise for KlDiv {
    fn at<E: Scalar>(&self, _: usize, x: E, target: E) -> (E, E) {
        let (probability, log) = if self.log_target { (target.exp(), target) } else { (target, target.ln()) };
        if probability == E::default() { (probability, -probability) } else { (probability * (log - x), -probability) }
    }

    fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(&self, x: Flat<E, D, T>, target: Flat<E, D>) -> Result<Flat<E, D, T>, D::Err> {
        // A finite logarithm even of 0, so that 0 times it is 0.
        let least = -1e30;
        let (probability, log) = match self.log_target {
            true => (target.clone().try_exp()?, bounds::at_least(target, least)?),
            false => (target.clone(), bounds::at_least(target.try_ln()?, least)?),
        };
        let slopes = probability.clone().try_negate()?;
        let distance = log.try_sub(bounds::at_least(x.retaped::<NoneTape>(), least)?)?;
        attach(x, probability.try_mul(distance)?, slopes)
    }
}

//! Elementwise losses.

use dfdx::shapes::{HasShape, Rank0, Shape};
use dfdx::tensor::{NoneTape, PutTape, Tape, Tensor};
use dfdx::tensor_ops::{Device, SumTo, TryMul};

use super::{Loss, record};
use crate::run::value::Value;
use crate::{Scalar, host};

/// All elements on one axis.
pub(crate) type Flat<E, D, T = NoneTape> = Tensor<(usize,), E, D, T>;

/// A loss of one element.
pub trait Pointwise {
    /// The loss of element `i` of the prediction, and its gradient.
    #[doc(hidden)]
    fn at<E: Scalar>(&self, i: usize, prediction: E, target: E) -> (E, E);

    /// A faster way for all elements, if there is one: overwrites the predictions with the losses and the targets with the gradients, and returns
    /// true.
    #[doc(hidden)]
    fn in_vectors<E: Scalar>(&self, _predictions: &mut Vec<E>, _targets: &mut Vec<E>) -> bool {
        false
    }

    /// The losses of all elements in dfdx's operations, for devices other than `Cpu`.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    #[doc(hidden)]
    fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        prediction: Flat<E, D, T>,
        target: Flat<E, D>,
    ) -> Result<Flat<E, D, T>, D::Err>;

    /// Panics unless the options fit predictions of this shape.
    #[doc(hidden)]
    fn check(&self, _: &[usize]) {}
}

/// The target has the shape of the prediction and is data: it gets no gradient.
///
/// # Panics
/// Panics if the two differ in a size known only at run time, or if an option does not fit.
impl<L: Pointwise, S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>> Loss<Tensor<S, E, D, T>, Tensor<S, E, D>> for L {
    type Each = Tensor<S, E, D, T>;
    type Reduced = Tensor<Rank0, E, D, T>;
    type Err = D::Err;

    fn try_each(&self, prediction: Tensor<S, E, D, T>, target: Tensor<S, E, D>) -> Result<Self::Each, D::Err> {
        let shape = *prediction.shape();
        let (x, target, tape) = self.erase(prediction, target)?;
        let losses = if host::is_host::<D>() {
            let (values, slopes) = self.values(&x, &target);
            record::each(x.put_tape(tape), [values.len(), 1, 1], values, slopes)?
        } else {
            self.portable(x.put_tape(tape), target)?
        };
        let (losses, tape) = Value::erase(losses)?;
        Ok(losses.restore(&shape)?.put_tape(tape))
    }

    fn try_sum(&self, prediction: Tensor<S, E, D, T>, target: Tensor<S, E, D>) -> Result<Self::Reduced, D::Err> {
        self.scaled_sum(prediction, target, 1.0)
    }

    fn try_mean(&self, prediction: Tensor<S, E, D, T>, target: Tensor<S, E, D>) -> Result<Self::Reduced, D::Err> {
        let scale = 1.0 / prediction.shape().num_elements() as f64;
        self.scaled_sum(prediction, target, scale)
    }
}

/// The prediction, the target, and the prediction's tape.
type Erased<E, D, T> = (Flat<E, D>, Flat<E, D>, T);

/// Common code of the reductions.
trait Reduce: Pointwise {
    fn erase<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        prediction: Tensor<S, E, D, T>,
        target: Tensor<S, E, D>,
    ) -> Result<Erased<E, D, T>, D::Err> {
        let (x, tape) = Value::erase(prediction)?;
        let (target, _) = Value::erase(target)?;
        assert_eq!(x.dims(), target.dims(), "the target must have the shape of the prediction");
        self.check(x.dims());
        Ok((x.flat(), target.flat(), tape))
    }

    /// Losses and gradients of all elements.
    fn values<E: Scalar, D: Device<E>>(&self, x: &Flat<E, D>, target: &Flat<E, D>) -> (Vec<E>, Vec<E>) {
        let (mut x, mut target) = (host::read(x), host::read(target));
        if !self.in_vectors(&mut x, &mut target) {
            for (i, (x, target)) in x.iter_mut().zip(&mut target).enumerate() {
                (*x, *target) = self.at(i, *x, *target);
            }
        }
        (x, target)
    }

    fn scaled_sum<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        prediction: Tensor<S, E, D, T>,
        target: Tensor<S, E, D>,
        scale: f64,
    ) -> Result<Tensor<Rank0, E, D, T>, D::Err> {
        let (x, target, tape) = self.erase(prediction, target)?;
        if !host::is_host::<D>() {
            return self.portable(x.put_tape(tape), target)?.try_sum()?.try_mul(host::number::<E>(scale));
        }
        let (values, slopes) = self.values(&x, &target);
        let total: f64 = values.iter().map(|&value| host::wide(value)).sum();
        record::reduced(x.put_tape(tape), total * scale, slopes, scale)
    }
}

impl<L: Pointwise> Reduce for L {}

#[cfg(test)]
mod tests {
    use dfdx::tensor::{Cpu, TensorFromVec, Trace};
    use dfdx::tensor_ops::Backward;

    use super::*;
    use crate::loss::{Bce, BceWithLogits, Focal, Huber, KlDiv, L1, Mse, SmoothL1};

    /// The formula in dfdx's operations agrees with the one for a single element, in value and gradient.
    fn agrees<L: Pointwise>(loss: &L, predictions: &[f64], targets: &[f64]) {
        let device = Cpu::default();
        let pairs: Vec<(f64, f64)> = predictions.iter().flat_map(|&p| targets.iter().map(move |&t| (p, t))).collect();
        let x = device.tensor_from_vec(pairs.iter().map(|pair| pair.0).collect(), (pairs.len(),));
        let target = device.tensor_from_vec(pairs.iter().map(|pair| pair.1).collect(), (pairs.len(),));
        let found = loss.portable(x.leaky_trace(), target).unwrap();
        let values = found.as_vec();
        let slopes = found.sum::<Rank0, _>().backward().get(&x).as_vec();
        for (i, &(p, t)) in pairs.iter().enumerate() {
            let (value, slope) = loss.at(i, p, t);
            assert!((values[i] - value).abs() <= 1e-12 * value.abs(), "at {p} and {t}: {} instead of {value}", values[i]);
            assert!((slopes[i] - slope).abs() <= 1e-12 * slope.abs(), "slope at {p} and {t}: {} instead of {slope}", slopes[i]);
        }
    }

    #[test]
    fn both_formulas_agree() {
        let anywhere = [-1e4, -40.0, -3.5, -0.25, 0.0, 0.25, 0.9, 3.0, 40.0, 1e4];
        let probabilities = [0.0, 1e-30, 1e-9, 0.25, 0.5, 0.75, 1.0 - 1e-9, 1.0];
        agrees(&Mse, &anywhere, &anywhere);
        agrees(&L1, &anywhere, &anywhere);
        agrees(&Huber { delta: 0.7 }, &anywhere, &anywhere);
        agrees(&SmoothL1 { beta: 0.7 }, &anywhere, &anywhere);
        agrees(&SmoothL1 { beta: 0.0 }, &anywhere, &anywhere);
        agrees(&Bce, &probabilities, &probabilities);
        agrees(&BceWithLogits::default(), &anywhere, &probabilities);
        agrees(&BceWithLogits { pos_weight: vec![0.5, 3.0], ..Default::default() }, &anywhere, &probabilities);
        agrees(&BceWithLogits { weight: vec![0.5, 3.0], ..Default::default() }, &anywhere, &probabilities);
        agrees(&Focal::default(), &anywhere, &probabilities);
        agrees(&Focal { alpha: None, gamma: 0.5 }, &anywhere, &probabilities);
        agrees(&Focal { alpha: Some(0.9), gamma: 0.0 }, &anywhere, &probabilities);
        agrees(&KlDiv { log_target: false }, &anywhere, &probabilities);
        agrees(&KlDiv { log_target: true }, &anywhere, &[-1e4, -3.0, -0.5, 0.0]);
    }
}

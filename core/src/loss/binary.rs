//! Binary cross entropy, of probabilities and of logits.

use dfdx::shapes::{HasShape, Rank0, Shape};
use dfdx::tensor::{NoneTape, Tape, Tensor};
use dfdx::tensor_ops::{ChooseFrom, Device, TryAdd, TryDiv, TryLt, TryMul, TrySub};

use super::Loss;
use super::pointwise::{Flat, Pointwise};
use crate::formula::{attach, ln_1p};
use crate::host::{self, number};
use crate::{Scalar, bounds};

/// `-(t ln p + (1 - t) ln(1 - p))` of a probability `p` and a target `t` between 0 and 1.
///
/// As in PyTorch, the logarithms are clamped to at least -100, and the denominator of the gradient `(p - t) / (p (1 - p))` to at least 1e-12. If the
/// probability comes from a sigmoid, [`BceWithLogits`] is more accurate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bce;

/// [`Bce`] of `sigmoid(x)`, computed from the logit `x` without overflow: `w (l x + (1 + (p - 1) t) ln(1 + e^-|x|))` with the weights `w` and `p`,
/// where `l` is `1 - t` for a positive logit and `-p t` for a negative one. This is PyTorch's formula without differences of nearly equal numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BceWithLogits {
    /// A factor on the loss of a positive target (`t` = 1), for each element of the last axis. Empty: 1.
    pub pos_weight: Vec<f64>,
    /// A factor on the loss, for each element of the last axis. Empty: 1. As in PyTorch, the mean is not divided by it.
    pub weight: Vec<f64>,
}

/// The mean of [`Bce`] over all elements: PyTorch's `binary_cross_entropy`. Shapes and panics are those of [`mse`](super::mse).
pub fn bce<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    probability: Tensor<S, E, D, T>,
    target: Tensor<S, E, D>,
) -> Tensor<Rank0, E, D, T> {
    Bce.mean(probability, target)
}

/// The mean of [`BceWithLogits`] over all elements: PyTorch's `binary_cross_entropy_with_logits`. Shapes and panics are those of
/// [`mse`](super::mse).
pub fn bce_with_logits<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    target: Tensor<S, E, D>,
) -> Tensor<Rank0, E, D, T> {
    BceWithLogits::default().mean(logits, target)
}

/// The lower bound of the logarithm of a probability in PyTorch.
const LEAST_LOG: f64 = -100.0;
/// The lower bound of the gradient's denominator in PyTorch, in single precision for all number types.
const LEAST_DENOMINATOR: f64 = 1e-12_f32 as f64;

impl Pointwise for Bce {
    fn at<E: Scalar>(&self, _: usize, p: E, target: E) -> (E, E) {
        let least = number::<E>(LEAST_LOG);
        // Keeps NaN: `max` would turn it into a number.
        let at_least = |x: E, least: E| if x < least { least } else { x };
        let (yes, no) = (at_least(p.ln(), least), at_least((-p).ln_1p(), least));
        let slope = (p - target) / at_least(p * (E::ONE - p), number(LEAST_DENOMINATOR));
        ((target - E::ONE) * no - target * yes, slope)
    }

    fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(&self, p: Flat<E, D, T>, target: Flat<E, D>) -> Result<Flat<E, D, T>, D::Err> {
        let x = p.retaped::<NoneTape>();
        let one_less = x.clone().try_negate()?;
        let yes = bounds::at_least(x.clone().try_ln()?, LEAST_LOG)?;
        let no = bounds::at_least(ln_1p(one_less.clone())?, LEAST_LOG)?;
        let values = target.clone().try_sub(E::ONE)?.try_mul(no)?.try_sub(target.clone().try_mul(yes)?)?;
        let denominator = one_less.try_add(E::ONE)?.try_mul(x.clone())?;
        let denominator = bounds::at_least(denominator, LEAST_DENOMINATOR)?;
        attach(p, values, x.try_sub(target)?.try_div(denominator)?)
    }
}

/// The weight of element `i`.
fn weight_of<E: Scalar>(weights: &[f64], i: usize) -> E {
    if weights.is_empty() { E::ONE } else { number(weights[i % weights.len()]) }
}

impl Pointwise for BceWithLogits {
    fn at<E: Scalar>(&self, i: usize, x: E, target: E) -> (E, E) {
        let (one, p) = (E::ONE, weight_of::<E>(&self.pos_weight, i));
        let positive_weight = one + (p - one) * target;
        // sigmoid(-|x|), without an exponential that could overflow.
        let power = (-x.abs()).exp();
        let small = power / (one + power);
        let (linear, sign) = if x < E::default() { (-p * target, one) } else { (one - target, -one) };
        let weight = weight_of::<E>(&self.weight, i);
        (weight * (linear * x + positive_weight * power.ln_1p()), weight * (linear + sign * positive_weight * small))
    }

    /// Only without weights, the usual case: exponential and logarithm take most of the time.
    fn in_vectors<E: Scalar>(&self, logits: &mut Vec<E>, targets: &mut Vec<E>) -> bool {
        let plain = self.weight.is_empty() && self.pos_weight.is_empty();
        let (Some(logits), Some(targets), true) = (host::singles(logits), host::singles(targets), plain) else { return false };
        layercake_engine::bce_with_logits(logits, targets);
        true
    }

    fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(&self, x: Flat<E, D, T>, target: Flat<E, D>) -> Result<Flat<E, D, T>, D::Err> {
        let logits = x.retaped::<NoneTape>();
        let len = logits.shape().0;
        let vector = |weights: &[f64]| {
            let weights: Vec<E> = (0..len).map(|i| weight_of(weights, i)).collect();
            logits.device().try_tensor_from_vec(weights, (len,))
        };
        let (weight, pos_weight) = (vector(&self.weight)?, vector(&self.pos_weight)?);
        let positive_weight = pos_weight.clone().try_sub(E::ONE)?.try_mul(target.clone())?.try_add(E::ONE)?;
        let power = logits.clone().try_abs()?.try_negate()?.try_exp()?;
        let small = positive_weight.clone().try_mul(power.clone())?.try_div(power.clone().try_add(E::ONE)?)?;
        let below = logits.try_lt(E::default())?;
        let if_below = pos_weight.try_mul(target.clone())?.try_negate()?;
        let linear = below.clone().try_choose(if_below, target.try_negate()?.try_add(E::ONE)?)?;
        let values = linear.clone().try_mul(logits)?.try_add(positive_weight.try_mul(ln_1p(power)?)?)?;
        let slopes = linear.try_add(below.try_choose(small.clone(), small.try_negate()?)?)?;
        attach(x, values.try_mul(weight.clone())?, slopes.try_mul(weight)?)
    }

    fn check(&self, dims: &[usize]) {
        let last = dims.last().copied().unwrap_or(1);
        for (name, weights) in [("pos_weight", &self.pos_weight), ("weight", &self.weight)] {
            let fits = weights.is_empty() || weights.len() == last;
            assert!(fits, "`{name}` has {} weights, but the last axis has {last} elements", weights.len());
        }
    }
}

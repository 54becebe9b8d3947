//! Binary cross entropy that counts what is already right for less (Lin et al., "Focal Loss for Dense Object Detection", 2017).

use dfdx::shapes::{Rank0, Shape};
use dfdx::tensor::{NoneTape, Tape, Tensor};
use dfdx::tensor_ops::{ChooseFrom, Device, TryAdd, TryDiv, TryEq, TryGe, TryMul, TrySub};

use super::Loss;
use super::pointwise::{Flat, Pointwise};
use crate::Scalar;
use crate::formula::{attach, ln_1p};
use crate::host::number;

/// `a (1 - p_t)^gamma` times the binary cross entropy of a logit `x` and a target `t` between 0 and 1, where `p_t = p t + (1 - p)(1 - t)` with
/// `p = sigmoid(x)` is the probability of the target, and `a = alpha t + (1 - alpha)(1 - t)`: torchvision's `sigmoid_focal_loss`.
///
/// A detector has far more background than objects; without the factor the sum of many small losses outweighs the few large ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Focal {
    /// The weight of positive targets, from 0 to 1; that of negative ones is `1 - alpha`. `None`: 1 for both.
    pub alpha: Option<f64>,
    /// How strongly what is right is discounted; 0 or more. With 0 and no `alpha` it is [`BceWithLogits`](super::BceWithLogits).
    pub gamma: f64,
}

/// The paper's values: `alpha` 0.25, `gamma` 2.
impl Default for Focal {
    fn default() -> Self {
        Self { alpha: Some(0.25), gamma: 2.0 }
    }
}

/// The mean of [`Focal`] with its default options over all elements: torchvision's `sigmoid_focal_loss(.., reduction="mean")`. Shapes and panics are
/// those of [`mse`](super::mse).
pub fn focal<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    target: Tensor<S, E, D>,
) -> Tensor<Rank0, E, D, T> {
    Focal::default().mean(logits, target)
}

// With q = 1 - p and the probability m = 1 - p_t = p (1 - t) + q t of the other answer, the derivative of m^gamma ce by x is
// m^gamma ((p - t) - gamma ce (2 t - 1) p q / m). For t = 1 the last quotient is p and for t = 0 it is q, also where m underflows to 0.
impl Pointwise for Focal {
    fn at<E: Scalar>(&self, _: usize, x: E, t: E) -> (E, E) {
        let (zero, one) = (E::default(), E::ONE);
        // As in `BceWithLogits`: no exponential that could overflow, and no difference of nearly equal numbers.
        let power = (-x.abs()).exp();
        let (large, small) = (one / (one + power), power / (one + power));
        let positive = x >= zero;
        let (p, q) = if positive { (large, small) } else { (small, large) };
        let (linear, sign) = if positive { (one - t, -one) } else { (-t, one) };
        let ce = linear * x + power.ln_1p();
        let miss = p * (one - t) + q * t;
        let quotient = if t == one {
            p
        } else if t == zero {
            q
        } else {
            p * q / miss
        };
        let gamma = number::<E>(self.gamma);
        let slope = linear + sign * small - gamma * ce * (t + t - one) * quotient;
        let factor = miss.powf(gamma) * self.alpha.map_or(one, |alpha| number::<E>(alpha) * t + number::<E>(1.0 - alpha) * (one - t));
        (factor * ce, factor * slope)
    }

    fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(&self, x: Flat<E, D, T>, t: Flat<E, D>) -> Result<Flat<E, D, T>, D::Err> {
        let logits = x.retaped::<NoneTape>();
        let other = t.clone().try_negate()?.try_add(E::ONE)?;
        let power = logits.clone().try_abs()?.try_negate()?.try_exp()?;
        let large = power.clone().try_add(E::ONE)?.try_recip()?;
        let small = power.clone().try_mul(large.clone())?;
        let positive = logits.try_ge(E::default())?;
        let p = positive.clone().try_choose(large.clone(), small.clone())?;
        let q = positive.clone().try_choose(small.clone(), large)?;
        let linear = positive.clone().try_choose(other.clone(), t.clone().try_negate()?)?;
        let signed = positive.try_choose(small.clone().try_negate()?, small)?;
        let ce = linear.clone().try_mul(logits)?.try_add(ln_1p(power)?)?;
        let miss = p.clone().try_mul(other.clone())?.try_add(q.clone().try_mul(t.clone())?)?;
        let quotient = p.clone().try_mul(q.clone())?.try_div(miss.clone())?;
        let quotient = t.try_eq(E::ONE)?.try_choose(p, t.try_eq(E::default())?.try_choose(q, quotient)?)?;
        let direction = t.clone().try_sub(other.clone())?.try_mul(number::<E>(self.gamma))?;
        let slope = linear.try_add(signed)?.try_sub(direction.try_mul(ce.clone())?.try_mul(quotient)?)?;
        let factor = miss.try_powf(self.gamma)?;
        let factor = match self.alpha {
            None => factor,
            Some(alpha) => {
                let positives = t.try_mul(number::<E>(alpha))?;
                factor.try_mul(positives.try_add(other.try_mul(number::<E>(1.0 - alpha))?)?)?
            }
        };
        attach(x, ce.try_mul(factor.clone())?, slope.try_mul(factor)?)
    }

    fn check(&self, _: &[usize]) {
        let Self { alpha, gamma } = *self;
        assert!(gamma >= 0.0 && gamma.is_finite(), "`gamma` is {gamma}; it must be at least 0");
        assert!(alpha.is_none_or(|alpha| (0.0..=1.0).contains(&alpha)), "`alpha` is {alpha:?}; it must be from 0 to 1");
    }
}

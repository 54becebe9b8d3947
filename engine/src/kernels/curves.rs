//! The functions of [`super::activation`], and their derivatives.

use pulp::Simd;

use super::math;

/// A function of one element.
pub trait Curve: Copy {
    /// Its value.
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s;

    /// The gradient times the derivative, computed from the input or the result ([`super::activation::Activation::by_input`]).
    fn pull<S: Simd>(self, simd: S, at: S::f32s, grad: S::f32s) -> S::f32s;
}

/// See [`super::activation::Activation`], here and below.
#[derive(Clone, Copy)]
pub struct Relu;

impl Curve for Relu {
    /// The comparison is false for NaN, so NaN is kept.
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        simd.select_f32s(simd.less_than_f32s(x, zero), zero, x)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        simd.select_f32s(simd.less_than_or_equal_f32s(y, zero), zero, grad)
    }
}

/// With its slope.
#[derive(Clone, Copy)]
pub struct Leaky(pub f32);

impl Curve for Leaky {
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        simd.select_f32s(simd.greater_than_f32s(x, simd.splat_f32s(0.0)), x, simd.mul_f32s(x, simd.splat_f32s(self.0)))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, at: S::f32s, grad: S::f32s) -> S::f32s {
        simd.select_f32s(simd.greater_than_f32s(at, simd.splat_f32s(0.0)), grad, simd.mul_f32s(grad, simd.splat_f32s(self.0)))
    }
}

/// Derivative from the result.
#[derive(Clone, Copy)]
pub struct Tanh;

impl Curve for Tanh {
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        math::tanh(simd, x)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        simd.mul_f32s(grad, simd.negate_mul_add_e_f32s(y, y, simd.splat_f32s(1.0)))
    }
}

/// Derivative from the result.
#[derive(Clone, Copy)]
pub struct Sigmoid;

impl Curve for Sigmoid {
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        math::sigmoid(simd, x)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        simd.mul_f32s(grad, simd.negate_mul_add_e_f32s(y, y, y))
    }
}

/// Derivative from the result if `alpha` is not negative: then the result has the sign of the input.
#[derive(Clone, Copy)]
pub struct Exponential {
    /// The limit far below zero, negated and divided by the scale.
    pub alpha: f32,
    /// The slope where positive.
    pub scale: f32,
}

impl Curve for Exponential {
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let positive = simd.greater_than_f32s(x, simd.splat_f32s(0.0));
        let below = simd.mul_f32s(math::exp_m1(simd, x), simd.splat_f32s(self.scale * self.alpha));
        simd.select_f32s(positive, simd.mul_f32s(x, simd.splat_f32s(self.scale)), below)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, at: S::f32s, grad: S::f32s) -> S::f32s {
        let positive = simd.greater_than_f32s(at, simd.splat_f32s(0.0));
        let floor = simd.splat_f32s(self.scale * self.alpha);
        let below = if self.alpha < 0.0 { simd.mul_f32s(math::exp(simd, at), floor) } else { simd.add_f32s(at, floor) };
        simd.mul_f32s(grad, simd.select_f32s(positive, simd.splat_f32s(self.scale), below))
    }
}

/// Derivative from the input.
#[derive(Clone, Copy)]
pub struct Silu;

impl Curve for Silu {
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        simd.mul_f32s(x, math::sigmoid(simd, x))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let one = simd.splat_f32s(1.0);
        let gate = math::sigmoid(simd, x);
        let slope = simd.mul_f32s(gate, simd.mul_add_e_f32s(x, simd.sub_f32s(one, gate), one));
        simd.mul_f32s(grad, slope)
    }
}

/// Derivative from the input.
#[derive(Clone, Copy)]
pub struct Gelu;

impl Curve for Gelu {
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        simd.mul_f32s(x, math::normal(simd, x).0)
    }

    /// `P + x p`, where `p` is the density.
    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let (below, bell) = math::normal(simd, x);
        // 1 / sqrt(2 pi)
        let height = simd.splat_f32s(0.5 * std::f32::consts::FRAC_2_SQRT_PI * std::f32::consts::FRAC_1_SQRT_2);
        simd.mul_f32s(grad, simd.mul_add_e_f32s(x, simd.mul_f32s(bell, height), below))
    }
}

/// `x sigmoid(2 u)` with `u = sqrt(2 / pi) (x + 0.044715 x^3)`, since `(1 + tanh(u)) / 2 = sigmoid(2 u)`; derivative from the input.
#[derive(Clone, Copy)]
pub struct TanhGelu;

/// `2 sqrt(2 / pi)`
const TWICE: f32 = 2.0 * std::f32::consts::FRAC_2_SQRT_PI * std::f32::consts::FRAC_1_SQRT_2;
const CUBIC: f32 = 0.044_715;

impl Curve for TanhGelu {
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let bend = simd.mul_add_e_f32s(simd.mul_f32s(x, x), simd.splat_f32s(TWICE * CUBIC), simd.splat_f32s(TWICE));
        simd.mul_f32s(x, math::sigmoid(simd, simd.mul_f32s(x, bend)))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let square = simd.mul_f32s(x, x);
        let twice = simd.splat_f32s(TWICE);
        let bend = simd.mul_add_e_f32s(square, simd.splat_f32s(TWICE * CUBIC), twice);
        let gate = math::sigmoid(simd, simd.mul_f32s(x, bend));
        let inner = simd.mul_add_e_f32s(square, simd.splat_f32s(3.0 * TWICE * CUBIC), twice);
        let steep = simd.mul_f32s(simd.negate_mul_add_e_f32s(gate, gate, gate), inner);
        simd.mul_f32s(grad, simd.mul_add_e_f32s(x, steep, gate))
    }
}

/// Derivative from the input.
#[derive(Clone, Copy)]
pub struct Softplus {
    /// The sharpness of the bend.
    pub beta: f32,
    /// The end of the bend.
    pub threshold: f32,
}

impl Curve for Softplus {
    /// `max(t, 0) + ln(1 + exp(-|t|))` with `t = beta x`, which never overflows.
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        let t = simd.mul_f32s(x, simd.splat_f32s(self.beta));
        let rest = math::ln_1p(simd, math::exp(simd, simd.neg_f32s(simd.abs_f32s(t))));
        let bent = simd.add_f32s(simd.select_f32s(simd.less_than_f32s(t, zero), zero, t), rest);
        let linear = simd.greater_than_f32s(t, simd.splat_f32s(self.threshold));
        math::keep_nan(simd, x, simd.select_f32s(linear, x, simd.div_f32s(bent, simd.splat_f32s(self.beta))))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let t = simd.mul_f32s(x, simd.splat_f32s(self.beta));
        let linear = simd.greater_than_f32s(t, simd.splat_f32s(self.threshold));
        simd.select_f32s(linear, grad, simd.mul_f32s(grad, math::sigmoid(simd, t)))
    }
}

/// Derivative from the result: it is 0 at the bounds and beyond.
#[derive(Clone, Copy)]
pub struct Between {
    /// The lower bound.
    pub low: f32,
    /// The upper bound.
    pub high: f32,
}

impl Curve for Between {
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let (low, high) = (simd.splat_f32s(self.low), simd.splat_f32s(self.high));
        simd.select_f32s(simd.less_than_f32s(x, low), low, simd.select_f32s(simd.greater_than_f32s(x, high), high, x))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        let (low, high, zero) = (simd.splat_f32s(self.low), simd.splat_f32s(self.high), simd.splat_f32s(0.0));
        let above = simd.select_f32s(simd.less_than_or_equal_f32s(y, low), zero, grad);
        simd.select_f32s(simd.greater_than_or_equal_f32s(y, high), zero, above)
    }
}

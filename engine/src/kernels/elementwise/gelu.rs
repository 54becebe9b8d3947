//! `x` times the normal distribution's `P(X < x)`, exact or approximated with a hyperbolic tangent. The derivative is a function of the
//! input.

use std::sync::Arc;

use layercake_ir::ops::{self, Approximation};
use pulp::Simd;

use super::{Curve, Function};
use crate::kernels::math;

/// The function for this option.
pub fn function(op: &ops::Gelu) -> Arc<dyn Function> {
    match op.approximate {
        Approximation::None => Arc::new(Exact),
        Approximation::Tanh => Arc::new(ByTanh),
    }
}

/// The exact form, with the error function.
#[derive(Clone, Copy, Debug)]
struct Exact;

impl Curve for Exact {
    fn by_input(self) -> bool {
        true
    }

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

/// `x sigmoid(2 u)` with `u = sqrt(2 / pi) (x + 0.044715 x^3)`, since `(1 + tanh(u)) / 2 = sigmoid(2 u)`.
#[derive(Clone, Copy, Debug)]
struct ByTanh;

/// `2 sqrt(2 / pi)`
const TWICE: f32 = 2.0 * std::f32::consts::FRAC_2_SQRT_PI * std::f32::consts::FRAC_1_SQRT_2;
const CUBIC: f32 = 0.044_715;

impl Curve for ByTanh {
    fn by_input(self) -> bool {
        true
    }

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

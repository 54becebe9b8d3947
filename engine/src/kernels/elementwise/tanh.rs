//! The hyperbolic tangent. The derivative is a function of the result.

use layercake_ir::ops::Tanh;
use pulp::Simd;

use super::Curve;
use crate::kernels::math;

impl Curve for Tanh {
    fn by_input(self) -> bool {
        false
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        math::tanh(simd, x)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        simd.mul_f32s(grad, simd.negate_mul_add_e_f32s(y, y, simd.splat_f32s(1.0)))
    }
}

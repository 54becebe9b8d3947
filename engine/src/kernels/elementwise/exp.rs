//! `exp(x)`. The derivative is the result.

use layercake_ir::ops::Exp;
use pulp::Simd;

use super::Curve;
use crate::kernels::math;

impl Curve for Exp {
    fn by_input(self) -> bool {
        false
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        math::exp(simd, x)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        simd.mul_f32s(grad, y)
    }
}

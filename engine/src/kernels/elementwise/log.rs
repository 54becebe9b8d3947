//! The natural logarithm. The derivative is a function of the input.

use layercake_ir::ops::Log;
use pulp::Simd;

use super::Curve;
use crate::kernels::math;

impl Curve for Log {
    fn by_input(self) -> bool {
        true
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        math::ln(simd, x)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        simd.div_f32s(grad, x)
    }
}

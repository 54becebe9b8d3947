//! The square root. The derivative is a function of the result.

use layercake_ir::ops::Sqrt;
use pulp::Simd;

use super::Curve;

impl Curve for Sqrt {
    fn by_input(self) -> bool {
        false
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        simd.sqrt_f32s(x)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        simd.div_f32s(grad, simd.add_f32s(y, y))
    }
}

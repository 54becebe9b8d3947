//! The absolute value. The derivative is the sign of the input, 0 at 0.

use layercake_ir::ops::Abs;
use pulp::Simd;

use super::Curve;

impl Curve for Abs {
    fn by_input(self) -> bool {
        true
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        simd.abs_f32s(x)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        let rising = simd.select_f32s(simd.less_than_f32s(x, zero), simd.neg_f32s(grad), grad);
        simd.select_f32s(simd.equal_f32s(x, zero), zero, rising)
    }
}

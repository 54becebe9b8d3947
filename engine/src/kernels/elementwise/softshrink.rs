//! `x` moved toward zero. The derivative is a function of the result.

use layercake_ir::ops::Softshrink;
use pulp::Simd;

use super::Curve;

impl Curve for Softshrink {
    fn by_input(self) -> bool {
        false
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let (zero, by) = (simd.splat_f32s(0.0), simd.splat_f32s(self.lambd as f32));
        let above = simd.greater_than_f32s(x, by);
        let inside = simd.less_than_or_equal_f32s(simd.abs_f32s(x), by);
        simd.select_f32s(inside, zero, simd.select_f32s(above, simd.sub_f32s(x, by), simd.add_f32s(x, by)))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        simd.select_f32s(simd.equal_f32s(y, zero), zero, grad)
    }
}

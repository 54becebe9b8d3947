//! Clamps `x` between two bounds, each of which may be infinite. The derivative is a function of the result: 0 at and beyond the bounds.

use layercake_ir::ops::Clamp;
use pulp::Simd;

use super::Curve;

impl Curve for Clamp {
    fn by_input(self) -> bool {
        false
    }

    fn limits(self) -> Option<[f32; 2]> {
        Some([self.min as f32, self.max as f32])
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let (low, high) = (simd.splat_f32s(self.min as f32), simd.splat_f32s(self.max as f32));
        simd.select_f32s(simd.less_than_f32s(x, low), low, simd.select_f32s(simd.greater_than_f32s(x, high), high, x))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        let (low, high, zero) = (simd.splat_f32s(self.min as f32), simd.splat_f32s(self.max as f32), simd.splat_f32s(0.0));
        let above = simd.select_f32s(simd.less_than_or_equal_f32s(y, low), zero, grad);
        simd.select_f32s(simd.greater_than_or_equal_f32s(y, high), zero, above)
    }
}

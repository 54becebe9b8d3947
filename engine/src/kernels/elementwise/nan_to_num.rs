//! A number for NaN, and the largest and the least finite number for the infinities.

use layercake_ir::ops::NanToNum;
use pulp::Simd;

use super::Curve;

impl Curve for NanToNum {
    fn by_input(self) -> bool {
        true
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let (low, high) = (simd.splat_f32s(f32::MIN), simd.splat_f32s(f32::MAX));
        let finite = simd.select_f32s(simd.less_than_f32s(x, low), low, simd.select_f32s(simd.greater_than_f32s(x, high), high, x));
        // NaN is not equal to itself.
        simd.select_f32s(simd.equal_f32s(x, x), finite, simd.splat_f32s(self.nan as f32))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let finite = simd.less_than_or_equal_f32s(simd.abs_f32s(x), simd.splat_f32s(f32::MAX));
        simd.select_f32s(finite, grad, simd.splat_f32s(0.0))
    }
}

//! `min(max(x + 3, 0), 6) / 6`. The derivative is a function of the input.

use layercake_ir::ops::Hardsigmoid;
use pulp::Simd;

use super::Curve;

impl Curve for Hardsigmoid {
    fn by_input(self) -> bool {
        true
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let (zero, one) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0));
        let y = simd.mul_f32s(simd.add_f32s(x, simd.splat_f32s(3.0)), simd.splat_f32s(1.0 / 6.0));
        // Both comparisons are false for NaN, so NaN stays.
        let y = simd.select_f32s(simd.less_than_or_equal_f32s(x, simd.splat_f32s(-3.0)), zero, y);
        simd.select_f32s(simd.greater_than_or_equal_f32s(x, simd.splat_f32s(3.0)), one, y)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        let slope = simd.mul_f32s(grad, simd.splat_f32s(1.0 / 6.0));
        let slope = simd.select_f32s(simd.greater_than_f32s(x, simd.splat_f32s(-3.0)), slope, zero);
        simd.select_f32s(simd.less_than_f32s(x, simd.splat_f32s(3.0)), slope, zero)
    }
}

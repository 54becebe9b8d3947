//! `x min(max(x + 3, 0), 6) / 6`. The derivative is a function of the input.

use layercake_ir::ops::Hardswish;
use pulp::Simd;

use super::Curve;

impl Curve for Hardswish {
    fn by_input(self) -> bool {
        true
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let (zero, three) = (simd.splat_f32s(0.0), simd.splat_f32s(3.0));
        let y = simd.mul_f32s(simd.mul_f32s(x, simd.add_f32s(x, three)), simd.splat_f32s(1.0 / 6.0));
        let y = simd.select_f32s(simd.less_than_or_equal_f32s(x, simd.splat_f32s(-3.0)), zero, y);
        simd.select_f32s(simd.greater_than_or_equal_f32s(x, three), x, y)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let (zero, three) = (simd.splat_f32s(0.0), simd.splat_f32s(3.0));
        let slope = simd.mul_f32s(grad, simd.mul_add_e_f32s(x, simd.splat_f32s(1.0 / 3.0), simd.splat_f32s(0.5)));
        let slope = simd.select_f32s(simd.less_than_or_equal_f32s(x, simd.splat_f32s(-3.0)), zero, slope);
        simd.select_f32s(simd.greater_than_or_equal_f32s(x, three), grad, slope)
    }
}

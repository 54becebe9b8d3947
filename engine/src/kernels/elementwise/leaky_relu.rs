//! `x` where positive, else a slope times `x`. With a negative slope the derivative is a function of the input, because inputs of both
//! signs can have the same result.

use layercake_ir::ops::LeakyRelu;
use pulp::Simd;

use super::Curve;

impl Curve for LeakyRelu {
    fn by_input(self) -> bool {
        self.negative_slope < 0.0
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        simd.select_f32s(simd.greater_than_f32s(x, simd.splat_f32s(0.0)), x, simd.mul_f32s(x, simd.splat_f32s(self.negative_slope as f32)))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, at: S::f32s, grad: S::f32s) -> S::f32s {
        simd.select_f32s(
            simd.greater_than_f32s(at, simd.splat_f32s(0.0)),
            grad,
            simd.mul_f32s(grad, simd.splat_f32s(self.negative_slope as f32)),
        )
    }
}

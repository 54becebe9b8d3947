//! `max(x, 0)`. The derivative is a function of the result.

use layercake_ir::ops::Relu;
use pulp::Simd;

use super::Curve;

impl Curve for Relu {
    fn by_input(self) -> bool {
        false
    }

    fn limits(self) -> Option<[f32; 2]> {
        Some([0.0, f32::INFINITY])
    }

    /// The comparison is false for NaN, so NaN stays.
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        simd.select_f32s(simd.less_than_f32s(x, zero), zero, x)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        simd.select_f32s(simd.less_than_or_equal_f32s(y, zero), zero, grad)
    }
}

//! `x` above a threshold, else a constant. The derivative is a function of the input.

use layercake_ir::ops::Threshold;
use pulp::Simd;

use super::Curve;

impl Curve for Threshold {
    fn by_input(self) -> bool {
        true
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let below = simd.less_than_or_equal_f32s(x, simd.splat_f32s(self.threshold as f32));
        simd.select_f32s(below, simd.splat_f32s(self.value as f32), x)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let below = simd.less_than_or_equal_f32s(x, simd.splat_f32s(self.threshold as f32));
        simd.select_f32s(below, simd.splat_f32s(0.0), grad)
    }
}

//! `x / (1 + |x|)`. The derivative is a function of the input.

use layercake_ir::ops::Softsign;
use pulp::Simd;

use super::Curve;

impl Curve for Softsign {
    fn by_input(self) -> bool {
        true
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        // Infinity over infinity is NaN, in PyTorch too.
        simd.div_f32s(x, simd.add_f32s(simd.abs_f32s(x), simd.splat_f32s(1.0)))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let room = simd.add_f32s(simd.abs_f32s(x), simd.splat_f32s(1.0));
        simd.div_f32s(simd.div_f32s(grad, room), room)
    }
}

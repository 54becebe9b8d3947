//! Multiplication by a number, and addition of another.

use layercake_ir::ops::Rescaling;
use pulp::Simd;

use super::Curve;

impl Curve for Rescaling {
    fn by_input(self) -> bool {
        false
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        // Without a sum, so that infinity times zero and the sign of zero are those of the product.
        let product = simd.mul_f32s(x, simd.splat_f32s(self.scale as f32));
        if self.offset == 0.0 { product } else { simd.add_f32s(product, simd.splat_f32s(self.offset as f32)) }
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, _: S::f32s, grad: S::f32s) -> S::f32s {
        simd.mul_f32s(grad, simd.splat_f32s(self.scale as f32))
    }
}

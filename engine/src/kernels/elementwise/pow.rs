//! Powers with one exponent. The derivative is a function of the input.

use layercake_ir::ops::Pow;
use pulp::Simd;

use super::Curve;
use crate::kernels::math;

impl Curve for Pow {
    fn by_input(self) -> bool {
        true
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        math::pow(simd, x, self.exponent)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        if self.exponent == 0.0 {
            return simd.splat_f32s(0.0);
        }
        let slope = math::pow(simd, x, self.exponent - 1.0);
        simd.mul_f32s(grad, simd.mul_f32s(simd.splat_f32s(self.exponent as f32), slope))
    }
}

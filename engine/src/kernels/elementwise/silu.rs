//! `x sigmoid(x)`. The derivative is a function of the input.

use layercake_ir::ops::Silu;
use pulp::Simd;

use super::Curve;
use crate::kernels::math;

impl Curve for Silu {
    fn by_input(self) -> bool {
        true
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        simd.mul_f32s(x, math::sigmoid(simd, x))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let one = simd.splat_f32s(1.0);
        let gate = math::sigmoid(simd, x);
        let slope = simd.mul_f32s(gate, simd.mul_add_e_f32s(x, simd.sub_f32s(one, gate), one));
        simd.mul_f32s(grad, slope)
    }
}

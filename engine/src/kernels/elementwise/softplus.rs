//! `ln(1 + exp(beta x)) / beta`. The derivative is a function of the input.

use layercake_ir::ops::Softplus;
use pulp::Simd;

use super::Curve;
use crate::kernels::math;

impl Curve for Softplus {
    fn by_input(self) -> bool {
        true
    }

    /// `max(t, 0) + ln(1 + exp(-|t|))` with `t = beta x`, which does not overflow.
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        let t = simd.mul_f32s(x, simd.splat_f32s(self.beta as f32));
        let rest = math::ln_1p(simd, math::exp(simd, simd.neg_f32s(simd.abs_f32s(t))));
        let bent = simd.add_f32s(simd.select_f32s(simd.less_than_f32s(t, zero), zero, t), rest);
        let linear = simd.greater_than_f32s(t, simd.splat_f32s(self.threshold as f32));
        math::keep_nan(simd, x, simd.select_f32s(linear, x, simd.div_f32s(bent, simd.splat_f32s(self.beta as f32))))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let t = simd.mul_f32s(x, simd.splat_f32s(self.beta as f32));
        let linear = simd.greater_than_f32s(t, simd.splat_f32s(self.threshold as f32));
        simd.select_f32s(linear, grad, simd.mul_f32s(grad, math::sigmoid(simd, t)))
    }
}

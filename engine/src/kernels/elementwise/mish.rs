//! `x tanh(ln(1 + exp(x)))`. The derivative is a function of the input. With `n = e (e + 2)` and `e = exp(x)`, the hyperbolic tangent is `n
//! / (n + 2)`.

use layercake_ir::ops::Mish;
use pulp::Simd;

use super::Curve;
use crate::kernels::math;

/// The hyperbolic tangent `t`, the logistic function, and `1 - t^2`.
#[inline(always)]
fn parts<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s, S::f32s) {
    let (one, two) = (simd.splat_f32s(1.0), simd.splat_f32s(2.0));
    // From 20 on `t` is 1, and the squares below do not overflow.
    let e = math::exp(simd, simd.min_f32s(x, simd.splat_f32s(20.0)));
    let n = simd.mul_f32s(e, simd.add_f32s(e, two));
    let whole = simd.add_f32s(n, two);
    let bend = simd.div_f32s(simd.mul_f32s(simd.splat_f32s(4.0), simd.add_f32s(n, one)), simd.mul_f32s(whole, whole));
    (simd.div_f32s(n, whole), simd.div_f32s(e, simd.add_f32s(e, one)), bend)
}

impl Curve for Mish {
    fn by_input(self) -> bool {
        true
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let t = parts(simd, x).0;
        math::keep_nan(simd, x, simd.mul_f32s(x, t))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, x: S::f32s, grad: S::f32s) -> S::f32s {
        let (t, gate, bend) = parts(simd, x);
        simd.mul_f32s(grad, simd.mul_add_e_f32s(x, simd.mul_f32s(bend, gate), t))
    }
}

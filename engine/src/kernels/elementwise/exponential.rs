//! `scale x` where positive, else `scale alpha (exp(x) - 1)`: ELU and SELU.

use layercake_ir::ops::{Elu, Selu};
use pulp::Simd;

use super::Curve;
use crate::kernels::math;

/// The derivative is a function of the result if `alpha` is not negative, because the result then has the sign of the input.
#[derive(Clone, Copy, Debug)]
struct Exponential {
    /// The limit far below zero, negated and divided by the scale.
    alpha: f32,
    /// The slope where positive.
    scale: f32,
}

impl Curve for Exponential {
    fn by_input(self) -> bool {
        self.alpha < 0.0
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let positive = simd.greater_than_f32s(x, simd.splat_f32s(0.0));
        let below = simd.mul_f32s(math::exp_m1(simd, x), simd.splat_f32s(self.scale * self.alpha));
        simd.select_f32s(positive, simd.mul_f32s(x, simd.splat_f32s(self.scale)), below)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, at: S::f32s, grad: S::f32s) -> S::f32s {
        let positive = simd.greater_than_f32s(at, simd.splat_f32s(0.0));
        let floor = simd.splat_f32s(self.scale * self.alpha);
        let below = if self.alpha < 0.0 { simd.mul_f32s(math::exp(simd, at), floor) } else { simd.add_f32s(at, floor) };
        simd.mul_f32s(grad, simd.select_f32s(positive, simd.splat_f32s(self.scale), below))
    }
}

/// A function that is another one with fixed options.
macro_rules! exponential {
    ($($op:ident: |$this:ident| $curve:expr;)*) => {
        $(impl Curve for $op {
            fn by_input(self) -> bool {
                let $this = self;
                $curve.by_input()
            }

            #[inline(always)]
            fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
                let $this = self;
                $curve.value(simd, x)
            }

            #[inline(always)]
            fn pull<S: Simd>(self, simd: S, at: S::f32s, grad: S::f32s) -> S::f32s {
                let $this = self;
                $curve.pull(simd, at, grad)
            }
        })*
    };
}

exponential! {
    Elu: |op| Exponential { alpha: op.alpha as f32, scale: 1.0 };
    // The constants of Klambauer et al., 2017, appendix A.
    Selu: |_op| Exponential { alpha: 1.673_263_2, scale: 1.050_701 };
}

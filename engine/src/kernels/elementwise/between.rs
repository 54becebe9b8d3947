//! Clamps `x` between two bounds: Hardtanh and ReLU6.

use layercake_ir::ops::{Hardtanh, Relu6};
use pulp::Simd;

use super::Curve;

/// The derivative is a function of the result: 0 at and beyond the bounds.
#[derive(Clone, Copy, Debug)]
struct Between {
    low: f32,
    high: f32,
}

impl Curve for Between {
    fn by_input(self) -> bool {
        false
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let (low, high) = (simd.splat_f32s(self.low), simd.splat_f32s(self.high));
        simd.select_f32s(simd.less_than_f32s(x, low), low, simd.select_f32s(simd.greater_than_f32s(x, high), high, x))
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        let (low, high, zero) = (simd.splat_f32s(self.low), simd.splat_f32s(self.high), simd.splat_f32s(0.0));
        let above = simd.select_f32s(simd.less_than_or_equal_f32s(y, low), zero, grad);
        simd.select_f32s(simd.greater_than_or_equal_f32s(y, high), zero, above)
    }
}

impl Curve for Hardtanh {
    fn by_input(self) -> bool {
        false
    }

    fn limits(self) -> Option<[f32; 2]> {
        Some([self.min_val as f32, self.max_val as f32])
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        Between { low: self.min_val as f32, high: self.max_val as f32 }.value(simd, x)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        Between { low: self.min_val as f32, high: self.max_val as f32 }.pull(simd, y, grad)
    }
}

impl Curve for Relu6 {
    fn by_input(self) -> bool {
        false
    }

    fn limits(self) -> Option<[f32; 2]> {
        Some([0.0, 6.0])
    }

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        Between { low: 0.0, high: 6.0 }.value(simd, x)
    }

    #[inline(always)]
    fn pull<S: Simd>(self, simd: S, y: S::f32s, grad: S::f32s) -> S::f32s {
        Between { low: 0.0, high: 6.0 }.pull(simd, y, grad)
    }
}

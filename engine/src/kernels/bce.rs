//! Binary cross entropy of logits.

use pulp::{Simd, WithSimd};

use super::{
    math,
    simd::{arch, load, store},
};

/// Replaces each logit `x` by `ln(1 + e^-|x|) + l x`, and its target `t` by the derivative by `x`; `l` is `1 - t`, or `-t` for a negative logit.
/// These are `-(t ln p + (1 - t) ln(1 - p))` with `p = sigmoid(x)`, and `p - t`, without overflow.
///
/// # Panics
/// Panics if the number of targets is not the number of logits.
pub fn bce_with_logits(logits: &mut [f32], targets: &mut [f32]) {
    assert_eq!(logits.len(), targets.len(), "a target for each logit");
    arch().dispatch(Bce { logits, targets });
}

struct Bce<'a> {
    logits: &'a mut [f32],
    targets: &'a mut [f32],
}

impl WithSimd for Bce<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (zero, one) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0));
        for (logits, targets) in self.logits.chunks_mut(S::F32_LANES).zip(self.targets.chunks_mut(S::F32_LANES)) {
            let (x, t) = (load(simd, logits), load(simd, targets));
            let power = math::exp(simd, simd.neg_f32s(simd.abs_f32s(x)));
            let small = simd.div_f32s(power, simd.add_f32s(one, power));
            let below = simd.less_than_f32s(x, zero);
            let linear = simd.sub_f32s(simd.select_f32s(below, zero, one), t);
            store(simd, simd.mul_add_e_f32s(linear, x, math::ln_1p(simd, power)), logits);
            store(simd, simd.add_f32s(linear, simd.select_f32s(below, small, simd.neg_f32s(small))), targets);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_definition() {
        let logits: Vec<f32> = (-1000..1000).map(|i| i as f32 * 0.0937).chain([0.0, -0.0, 1e-30, -1e-30, 3e4, -3e4]).collect();
        for target in [0.0f32, 1.0, 0.5, 0.2, 1e-9] {
            let (mut values, mut slopes) = (logits.clone(), vec![target; logits.len()]);
            bce_with_logits(&mut values, &mut slopes);
            for ((&x, &value), &slope) in logits.iter().zip(&values).zip(&slopes) {
                let (x, t) = (f64::from(x), f64::from(target));
                let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
                let wanted = t * softplus(-x) + (1.0 - t) * softplus(x);
                assert!((f64::from(value) - wanted).abs() <= 2e-6 * wanted.max(1e-6), "{value} instead of {wanted} at {x}, {t}");
                let p = if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) };
                // If both are near 1, the difference is that of the complements.
                let wanted = if t > 0.5 { (1.0 - t) - (-x).exp() / (1.0 + (-x).exp()) } else { p - t };
                let bound = 1e-6 * wanted.abs() + 1.2e-7 * t.min(1.0 - t);
                assert!(wanted.is_nan() || (f64::from(slope) - wanted).abs() <= bound + 1e-36, "slope {slope}, not {wanted}, at {x}, {t}");
            }
        }
        let mut nan = [f32::NAN, 1.0];
        bce_with_logits(&mut nan, &mut [0.0; 2]);
        assert!(nan[0].is_nan() && !nan[1].is_nan());
    }
}

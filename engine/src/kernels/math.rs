//! `exp`, `tanh`, `sigmoid` and others for vectors, to a few units in the last place unless stated otherwise.
//!
//! All are based on `exp(x) = 2^n exp(r)`, where `n` is the integer nearest to `x / ln 2` and `|r| <= ln 2 / 2`, so that a short series is enough.

use pulp::Simd;

/// Adding and subtracting it rounds to the nearest integer; the low bits of the sum are that integer in two's complement.
const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23
/// ln 2 in two parts: the high part has few enough bits that its product with an integer below 2^9 is exact.
const LN_2_HIGH: f32 = 0.693_359_4; // 355 / 512
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// `n` (as bits of `n + ROUND`, and as a number) and `r` such that `x = n ln 2 + r`. For `|x|` up to some hundreds.
#[inline(always)]
fn reduce<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
    let round = simd.splat_f32s(ROUND);
    let n = simd.sub_f32s(simd.mul_add_e_f32s(x, simd.splat_f32s(std::f32::consts::LOG2_E), round), round);
    let r = simd.mul_add_e_f32s(n, simd.splat_f32s(-LN_2_HIGH), x);
    (n, simd.mul_add_e_f32s(n, simd.splat_f32s(-LN_2_LOW), r))
}

/// `exp(r) - 1` for `|r| <= 0.35`: the Taylor series up to the seventh power, with a remainder below 2^-27 of the sum.
#[inline(always)]
fn series<S: Simd>(simd: S, r: S::f32s) -> S::f32s {
    let mut sum = simd.splat_f32s(1.0 / 5040.0);
    for coefficient in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5] {
        sum = simd.mul_add_e_f32s(sum, r, simd.splat_f32s(coefficient));
    }
    simd.mul_add_e_f32s(simd.mul_f32s(sum, r), r, r)
}

/// `2^n` for an integer `n` in -126..=127.
#[inline(always)]
fn power<S: Simd>(simd: S, n: S::f32s) -> S::f32s {
    // The low bits of the sum are n + 127; the shift moves them to the exponent and drops the rest.
    let bits = simd.transmute_u32s_f32s(simd.add_f32s(n, simd.splat_f32s(ROUND + 127.0)));
    simd.transmute_f32s_u32s(simd.wrapping_dyn_shl_u32s(bits, simd.splat_u32s(23)))
}

/// `x` clamped to `low ..= high`; NaN becomes one of these and is restored by [`keep_nan`].
#[inline(always)]
fn clamp<S: Simd>(simd: S, x: S::f32s, low: f32, high: f32) -> S::f32s {
    simd.max_f32s(simd.min_f32s(x, simd.splat_f32s(high)), simd.splat_f32s(low))
}

/// `y`, or `x` where that is NaN.
#[inline(always)]
pub fn keep_nan<S: Simd>(simd: S, x: S::f32s, y: S::f32s) -> S::f32s {
    simd.select_f32s(simd.equal_f32s(x, x), y, x)
}

/// `exp(x)`: 0 and infinity at the ends, with denormal numbers before 0.
#[inline(always)]
pub fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    // At 89 the result is infinite, at -104 it rounds to zero.
    let (n, r) = reduce(simd, clamp(simd, x, -104.0, 89.0));
    let round = simd.splat_f32s(ROUND);
    // 2^n in two factors: n runs from -150 to 128.
    let half = simd.sub_f32s(simd.mul_add_e_f32s(n, simd.splat_f32s(0.5), round), round);
    let y = simd.add_f32s(series(simd, r), simd.splat_f32s(1.0));
    let y = simd.mul_f32s(simd.mul_f32s(y, power(simd, half)), power(simd, simd.sub_f32s(n, half)));
    keep_nan(simd, x, y)
}

/// `tanh(x) = e / (e + 2)` with `e = exp(2 x) - 1`, which is computed without cancellation.
#[inline(always)]
pub fn tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    // From 9.02 on the result rounds to 1.
    let (n, r) = reduce(simd, clamp(simd, simd.add_f32s(x, x), -20.0, 20.0));
    let two_n = power(simd, n);
    let e = simd.mul_add_e_f32s(two_n, series(simd, r), simd.sub_f32s(two_n, simd.splat_f32s(1.0)));
    let y = simd.div_f32s(e, simd.add_f32s(e, simd.splat_f32s(2.0)));
    keep_nan(simd, x, y)
}

/// `1 / (1 + exp(-x))`, in the form `exp(x) / (1 + exp(x))` for negative `x`, which is accurate down to denormal numbers.
#[inline(always)]
pub fn sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let one = simd.splat_f32s(1.0);
    let e = exp(simd, simd.neg_f32s(simd.abs_f32s(x)));
    let top = simd.select_f32s(simd.less_than_f32s(x, simd.splat_f32s(0.0)), e, one);
    simd.div_f32s(top, simd.add_f32s(one, e))
}

/// `exp(x) - 1` for `x` at most 80, without cancellation.
#[inline(always)]
pub fn exp_m1<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    // From -18 on the result rounds to -1.
    let (n, r) = reduce(simd, clamp(simd, x, -20.0, 80.0));
    let two_n = power(simd, n);
    let y = simd.mul_add_e_f32s(two_n, series(simd, r), simd.sub_f32s(two_n, simd.splat_f32s(1.0)));
    keep_nan(simd, x, y)
}

/// `ln(1 + e)` for `e` in 0..=1, by `ln(1 + e) = 2 artanh(e / (2 + e))` and its series, with a remainder below 2^-25 of the sum.
///
/// Uses `t = e / (1 + e / 2)`, twice the argument of artanh: half of a denormal number would lose its last bit, but `t` of a denormal number is that
/// number.
#[inline(always)]
pub fn ln_1p<S: Simd>(simd: S, e: S::f32s) -> S::f32s {
    let t = simd.div_f32s(e, simd.mul_add_e_f32s(e, simd.splat_f32s(0.5), simd.splat_f32s(1.0)));
    let square = simd.mul_f32s(simd.mul_f32s(t, t), simd.splat_f32s(0.25));
    let mut sum = simd.splat_f32s(1.0 / 15.0);
    for coefficient in [1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0] {
        sum = simd.mul_add_e_f32s(sum, square, simd.splat_f32s(coefficient));
    }
    simd.mul_f32s(sum, t)
}

/// The natural logarithm: minus infinity at 0, NaN below.
///
/// `x = 2^n m` with `m` in `sqrt(1/2) ..= sqrt(2)`, and `ln x = n ln 2 + ln m`.
#[inline(always)]
pub fn ln<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let (zero, one) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0));
    // Denormal numbers are scaled by 2^23.
    let small = simd.less_than_f32s(x, simd.splat_f32s(f32::MIN_POSITIVE));
    let scaled = simd.select_f32s(small, simd.mul_f32s(x, simd.splat_f32s(8_388_608.0)), x);
    let offset = simd.select_f32s(small, simd.splat_f32s(150.0), simd.splat_f32s(127.0));
    let bits = simd.transmute_u32s_f32s(scaled);
    // An integer below 2^23 in the low bits of the number 2^23.
    let exponent = simd.or_u32s(simd.wrapping_dyn_shr_u32s(bits, simd.splat_u32s(23)), simd.splat_u32s(0x4b00_0000));
    let n = simd.sub_f32s(simd.sub_f32s(simd.transmute_f32s_u32s(exponent), simd.splat_f32s(8_388_608.0)), offset);
    let m = simd.transmute_f32s_u32s(simd.or_u32s(simd.and_u32s(bits, simd.splat_u32s(0x007f_ffff)), simd.splat_u32s(0x3f80_0000)));
    let large = simd.greater_than_f32s(m, simd.splat_f32s(std::f32::consts::SQRT_2));
    let m = simd.select_f32s(large, simd.mul_f32s(m, simd.splat_f32s(0.5)), m);
    let n = simd.select_f32s(large, simd.add_f32s(n, one), n);
    let rest = simd.mul_add_e_f32s(n, simd.splat_f32s(LN_2_LOW), ln_1p(simd, simd.sub_f32s(m, one)));
    let y = simd.mul_add_e_f32s(n, simd.splat_f32s(LN_2_HIGH), rest);
    let y = simd.select_f32s(simd.equal_f32s(x, zero), simd.splat_f32s(f32::NEG_INFINITY), y);
    let y = simd.select_f32s(simd.equal_f32s(x, simd.splat_f32s(f32::INFINITY)), x, y);
    let y = simd.select_f32s(simd.less_than_f32s(x, zero), simd.splat_f32s(f32::NAN), y);
    keep_nan(simd, x, y)
}

/// `x` to a power: by products for small integers, by the root for halves, otherwise element by element in float64, since float32 would change
/// the exponent.
#[inline(always)]
pub fn pow<S: Simd>(simd: S, x: S::f32s, exponent: f64) -> S::f32s {
    let (size, one) = (exponent.abs(), simd.splat_f32s(1.0));
    if size <= 16.0 && size.fract() == 0.0 {
        // The reciprocal first: a power that overflows may have one that does not vanish.
        let base = if exponent < 0.0 { simd.div_f32s(one, x) } else { x };
        let (mut y, mut factor, mut left) = (one, base, size as u32);
        while left > 0 {
            if left % 2 == 1 {
                y = simd.mul_f32s(y, factor);
            }
            factor = simd.mul_f32s(factor, factor);
            left /= 2;
        }
        y
    } else if size == 0.5 {
        // `pow` has no negative zero and no NaN at minus infinity, but the square root does.
        let zero = simd.splat_f32s(0.0);
        let infinite = simd.equal_f32s(x, simd.splat_f32s(f32::NEG_INFINITY));
        let root = simd.select_f32s(infinite, simd.splat_f32s(f32::INFINITY), simd.add_f32s(simd.sqrt_f32s(x), zero));
        if exponent < 0.0 { simd.div_f32s(one, root) } else { root }
    } else {
        let mut lanes = x;
        for x in pulp::bytemuck::cast_slice_mut::<S::f32s, f32>(std::slice::from_mut(&mut lanes)) {
            *x = f64::from(*x).powf(exponent) as f32;
        }
        lanes
    }
}

/// The normal distribution's `P(X < x)`, and `exp(-x^2 / 2)`.
///
/// With `t = 1 / (1 + p z)`, the complementary error function is `exp(-z^2)` times a polynomial of `t`, with an error of 1.5e-7 (Abramowitz and
/// Stegun, Handbook of Mathematical Functions, 1964, 7.1.26).
#[inline(always)]
pub fn normal<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
    let one = simd.splat_f32s(1.0);
    let z = simd.mul_f32s(simd.abs_f32s(x), simd.splat_f32s(std::f32::consts::FRAC_1_SQRT_2));
    let bell = exp(simd, simd.neg_f32s(simd.mul_f32s(z, z)));
    let t = simd.div_f32s(one, simd.mul_add_e_f32s(z, simd.splat_f32s(0.327_591_1), one));
    let mut sum = simd.splat_f32s(1.061_405_4);
    for coefficient in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
        sum = simd.mul_add_e_f32s(sum, t, simd.splat_f32s(coefficient));
    }
    let tail = simd.mul_f32s(simd.mul_f32s(simd.mul_f32s(sum, t), bell), simd.splat_f32s(0.5));
    let below = simd.select_f32s(simd.less_than_f32s(x, simd.splat_f32s(0.0)), tail, simd.sub_f32s(one, tail));
    (below, bell)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use layercake_ir::ops::{
        Approximation, Elu, Exp, Gelu, Hardtanh, LeakyRelu, Log, Pow, Relu, Relu6, Selu, Sigmoid, Silu, Softplus, Tanh,
    };

    use crate::kernels::{
        elementwise::{Function, gelu},
        softmax, testing,
    };

    /// Every 4099th float, both signs, and the special values.
    fn all_over() -> Vec<f32> {
        let mut list: Vec<f32> = (0..=u32::MAX).step_by(4099).map(f32::from_bits).filter(|x| !x.is_nan()).collect();
        list.extend((-30_000..30_000).map(|i| i as f32 * 0.0037));
        list.extend([0.0, -0.0, 1e-45, -1e-45, f32::MIN_POSITIVE, f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY]);
        list
    }

    /// Relative error at most 1e-6; one step for denormal results.
    fn accurate(name: &str, x: &[f32], y: &[f32], exact: impl Fn(f64) -> f64) {
        for (&x, &y) in x.iter().zip(y) {
            let wanted = exact(f64::from(x));
            if wanted as f32 == y {
                continue;
            }
            let error = (f64::from(y) - wanted).abs();
            assert!(error <= (1e-6 * wanted.abs()).max(2e-45), "{name}({x:e}) = {y:e}, should be {wanted:e}");
        }
    }

    #[test]
    fn accurate_over_the_whole_range() {
        let x = all_over();
        let mut y = x.clone();
        Tanh {}.forward(&mut y);
        accurate("tanh", &x, &y, f64::tanh);
        y.copy_from_slice(&x);
        Sigmoid {}.forward(&mut y);
        accurate("sigmoid", &x, &y, |x| if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) });
        y.copy_from_slice(&x);
        Elu { alpha: 1.0 }.forward(&mut y);
        accurate("elu", &x, &y, |x| if x > 0.0 { x } else { x.exp_m1() });
        y.copy_from_slice(&x);
        Softplus { beta: 1.0, threshold: 20.0 }.forward(&mut y);
        accurate("softplus", &x, &y, |x| if x > 20.0 { x } else { x.exp().ln_1p() });
        y.copy_from_slice(&x);
        softmax::exp_all(&mut y);
        accurate("exp", &x, &y, f64::exp);
        y.copy_from_slice(&x);
        Exp {}.forward(&mut y);
        accurate("exp", &x, &y, f64::exp);
    }

    #[test]
    fn logarithms_and_powers_are_accurate() {
        let x: Vec<f32> = all_over().into_iter().filter(|x| *x >= 0.0).collect();
        let mut y = x.clone();
        Log {}.forward(&mut y);
        accurate("log", &x, &y, f64::ln);
        for exponent in [0.0, 1.0, 2.0, 3.0, 5.0, -1.0, -2.0, -3.0, 0.5, -0.5, 1.7, -2.3, 17.0] {
            y.copy_from_slice(&x);
            Pow { exponent }.forward(&mut y);
            accurate("pow", &x, &y, |x| x.powf(exponent));
        }
    }

    /// Below zero as in the standard library, which follows IEEE 754.
    #[test]
    fn powers_of_negative_numbers() {
        let x = [-2.0, -1.0, -0.5, -0.0, f32::NEG_INFINITY, f32::NAN];
        for exponent in [0.0f32, 1.0, 2.0, 3.0, -1.0, -2.0, 0.5, -0.5, 1.7, 17.0] {
            let mut y = x;
            Pow { exponent: exponent.into() }.forward(&mut y);
            for (x, y) in x.into_iter().zip(y) {
                let wanted = x.powf(exponent);
                assert!(y == wanted || y.is_nan() && wanted.is_nan(), "{x}^{exponent} = {y}, should be {wanted}");
            }
        }
        let mut y = x;
        Log {}.forward(&mut y);
        assert!(y[..3].iter().all(|y| y.is_nan()) && y[3] == f32::NEG_INFINITY && y[4].is_nan() && y[5].is_nan(), "{y:?}");
    }

    /// Against `P` as the integral of its density from 0 on, by Simpson's rule.
    #[test]
    fn gelu_is_near_the_integral() {
        let (steps, width) = (40_000, 10.0 / 40_000.0);
        let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let exact = gelu::function(&Gelu { approximate: Approximation::None });
        let mut area = 0.0;
        for step in 0..steps {
            let (from, to) = (f64::from(step) * width, f64::from(step + 1) * width);
            area += width / 6.0 * (density(from) + 4.0 * density((from + to) / 2.0) + density(to));
            let (mut y, mut slope) = ([to as f32, -to as f32], [1.0f32; 2]);
            exact.backward(&y, &mut slope);
            exact.forward(&mut y);
            let error = (f64::from(y[0]) - to * (0.5 + area)).abs().max((f64::from(y[1]) + to * (0.5 - area)).abs());
            assert!(error <= 2e-7 * to.max(1.0), "gelu({to}) is off by {error:e}");
            let wanted = 0.5 + area + to * density(to);
            let error = (f64::from(slope[0]) - wanted).abs().max((f64::from(slope[1]) - 1.0 + wanted).abs());
            assert!(error <= 6e-7, "the slope of gelu at {to} is off by {error:e}");
        }
    }

    #[test]
    fn nan_stays_nan() {
        let functions: [Arc<dyn Function>; 12] = [
            Arc::new(Tanh {}),
            Arc::new(Sigmoid {}),
            Arc::new(Relu {}),
            Arc::new(LeakyRelu { negative_slope: 0.1 }),
            Arc::new(Elu { alpha: 0.5 }),
            Arc::new(Selu {}),
            Arc::new(Silu {}),
            gelu::function(&Gelu { approximate: Approximation::None }),
            gelu::function(&Gelu { approximate: Approximation::Tanh }),
            Arc::new(Softplus { beta: 2.0, threshold: 20.0 }),
            Arc::new(Hardtanh { min_val: -1.0, max_val: 1.0 }),
            Arc::new(Relu6 {}),
        ];
        for function in functions {
            let mut y = testing::numbers(37, 1);
            y[5] = f32::NAN;
            y[36] = f32::NAN;
            function.forward(&mut y);
            assert!(y.iter().enumerate().all(|(i, y)| y.is_nan() == (i == 5 || i == 36)), "{function:?}: {y:?}");
        }
    }
}

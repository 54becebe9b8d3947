//! Formulas in dfdx's operations that are accurate for small numbers, and operations with known gradients.

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{NoneTape, PutTape, SplitTape, Tape, Tensor};
use dfdx::tensor_ops::{ChooseFrom, Device, TryAdd, TryDiv, TryEq, TryLt, TryMul, TrySub};

use crate::Scalar;

/// `value`, whose derivative by `x` is `slope`: adds the difference of `x` and itself, which is 0 but recorded.
pub(crate) fn attach<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    value: Tensor<S, E, D>,
    slope: Tensor<S, E, D>,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    // A separate tensor: dfdx does not subtract a tensor from itself.
    let same = x.retaped::<NoneTape>().try_add(E::default())?;
    let nothing = x.try_sub(same)?.try_mul(slope)?;
    // The difference of infinities and the product of 0 and an infinite slope are NaN; a NaN of `x` is in `value`.
    let is_zero = nothing.retaped::<NoneTape>().try_eq(E::default())?;
    let zeros = value.device().try_zeros_like(value.shape())?;
    is_zero.try_choose(nothing, zeros)?.try_add(value)
}

/// `ln(1 + x)` for `x` above -1, accurate for small `x`: `x ln(u) / (u - 1)` with `u = 1 + x` rounded (Kahan).
pub(crate) fn ln_1p<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Result<Tensor<S, E, D, T>, D::Err> {
    let (x, tape) = x.split_tape();
    let u = x.clone().try_add(E::ONE)?;
    let less = u.clone().try_sub(E::ONE)?;
    let full = u.clone().try_ln()?.try_mul(x.clone())?.try_div(less.clone())?;
    // Infinity over infinity is NaN.
    let same = u.try_eq(E::ONE)? | u.try_eq(E::infinity())?;
    let value = same.try_choose(x.clone(), full)?;
    attach(x.put_tape(tape), value, u.try_recip()?)
}

/// `e^x - 1`, accurate for small `x`: `x (u - 1) / ln(u)` with `u = e^x` rounded (Kahan).
pub(crate) fn exp_m1<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Result<Tensor<S, E, D, T>, D::Err> {
    let (x, tape) = x.split_tape();
    let u = x.clone().try_exp()?;
    let less = u.clone().try_sub(E::ONE)?;
    let full = less.clone().try_mul(x.clone())?.try_div(u.clone().try_ln()?)?;
    // Near 0 the quotient is 0 over 0; if the exponential is 0 or infinite, its logarithm is infinite.
    let value = u.try_eq(E::ONE)?.try_choose(x.clone(), full)?;
    let far = u.try_eq(E::default())? | u.try_eq(E::infinity())?;
    let value = far.try_choose(less, value)?;
    attach(x.put_tape(tape), value, u)
}

/// `e^x - x - 1`, accurate for small `x`, where its series is used.
pub(crate) fn exp_m1_less_x<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Result<Tensor<S, E, D, T>, D::Err> {
    /// The series is used up to here; the next term is below the precision of a float64.
    const SMALL: f64 = 0.5;
    const TERMS: u32 = 15;
    let (x, tape) = x.split_tape();
    let number = |number: f64| crate::host::number::<E>(number);
    // x^2 / 2 (1 + x / 3 (1 + x / 4 (1 + ..)))
    let mut series = x.clone().try_mul(number(1.0 / f64::from(TERMS)))?.try_add(E::ONE)?;
    for k in (3..TERMS).rev() {
        series = series.try_mul(x.clone())?.try_mul(number(1.0 / f64::from(k)))?.try_add(E::ONE)?;
    }
    let series = series.try_mul(x.clone().try_square()?)?.try_mul(number(0.5))?;
    let plain = x.clone().try_exp()?.try_sub(x.clone())?.try_sub(E::ONE)?;
    let small = x.clone().try_abs()?.try_lt(number(SMALL))?;
    let value = small.try_choose(series, plain)?;
    let slope = exp_m1(x.clone())?;
    attach(x.put_tape(tape), value, slope)
}

#[cfg(test)]
mod tests {
    use dfdx::shapes::Rank0;
    use dfdx::tensor::{Cpu, TensorFromVec, Trace};
    use dfdx::tensor_ops::{Backward, SumTo};

    use super::*;

    type Vector<T = NoneTape> = Tensor<(usize,), f64, Cpu, T>;
    type Traced = Vector<dfdx::tensor::OwnedTape<f64, Cpu>>;

    fn agrees(
        formula: impl Fn(Traced) -> Result<Traced, dfdx::tensor::CpuError>,
        value: impl Fn(f64) -> f64,
        slope: impl Fn(f64) -> f64,
        points: &[f64],
    ) {
        let x: Vector = Cpu::default().tensor_from_vec(points.to_vec(), (points.len(),));
        let found = formula(x.leaky_trace()).unwrap();
        let values = found.as_vec();
        let slopes = found.sum::<Rank0, _>().backward().get(&x).as_vec();
        for (i, &point) in points.iter().enumerate() {
            let (y, dy) = (value(point), slope(point));
            assert!((values[i] - y).abs() <= 4e-16 * y.abs(), "at {point}: {} instead of {y}", values[i]);
            assert!((slopes[i] - dy).abs() <= 4e-16 * dy.abs(), "slope at {point}: {} instead of {dy}", slopes[i]);
        }
    }

    #[test]
    fn small_numbers_keep_their_digits() {
        let points = [-700.0, -40.0, -1.0, -1e-5, -1e-17, 0.0, 1e-300, 1e-9, 0.3, 2.0, 30.0];
        agrees(exp_m1, f64::exp_m1, f64::exp, &points);
        agrees(ln_1p, f64::ln_1p, |x| 1.0 / (1.0 + x), &[-0.9, -1e-12, 0.0, 1e-300, 1e-17, 1e-3, 1.0, 1e20]);
        // Far from 0 the plain formula is accurate, since there is no cancellation; near 0, two terms of the series are.
        agrees(
            exp_m1_less_x,
            |x| if x.abs() > 0.2 { x.exp() - x - 1.0 } else { x * x / 2.0 * (1.0 + x / 3.0) },
            f64::exp_m1,
            &[-30.0, -1.5, 0.0, 1e-100, -1e-9, 1e-9, 2.5, 20.0],
        );
        let x: Vector = Cpu::default().tensor_from_vec(vec![0.3, -0.49, 0.5, 1e-4, -1e-4], (5,));
        let exact = [
            0.049_858_807_576_003_104,
            0.102_626_394_184_416_07,
            0.148_721_270_700_128_15,
            5.000_166_670_833_417e-9,
            4.999_833_337_499_917e-9,
        ];
        for (found, exact) in exp_m1_less_x(x).unwrap().as_vec().into_iter().zip(exact) {
            assert!((found - exact).abs() <= 1e-14 * exact, "{found} instead of {exact}");
        }
    }

    #[test]
    fn infinities_and_nan() {
        let x = || -> Vector { Cpu::default().tensor_from_vec(vec![f64::INFINITY, f64::NAN], (2,)) };
        for found in [exp_m1(x()), ln_1p(x()), exp_m1_less_x(x())] {
            let found = found.unwrap().as_vec();
            assert!(found[0] == f64::INFINITY || found[0].is_nan(), "{found:?}");
            assert!(found[1].is_nan(), "{found:?}");
        }
    }
}

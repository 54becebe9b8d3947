//! Integrated gradients.

use super::error::check;
use super::probe::{Network, Outcome, Probe, tensor, value};
use super::{ExplainError, Target};
use crate::host::{number, wide};
use crate::run::backend::Backend;
use crate::{DynTensor, Scalar};

/// How the integral of [`integrated_gradients`] is approximated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quadrature {
    /// Gauss-Legendre: exact for polynomials of degree `2 n_steps - 1`.
    #[default]
    GaussLegendre,
    /// Riemann sum at the left ends of the intervals.
    RiemannLeft,
    /// Riemann sum at the right ends.
    RiemannRight,
    /// Riemann sum at the middles.
    RiemannMiddle,
    /// The trapezoidal rule, with Captum's weights, whose sum is less than 1 by `1 / n_steps`.
    RiemannTrapezoid,
}

/// Options of [`integrated_gradients`], with Captum's names and defaults.
#[derive(Clone, Debug)]
pub struct IntegratedGradientsOptions<E: Scalar, D: Backend<E>> {
    /// Where the path to the input begins, of the input's shape; zeros by default.
    pub baselines: Option<DynTensor<E, D>>,
    /// The number of points on the path; 50 by default.
    pub n_steps: usize,
    /// The approximation; Gauss-Legendre by default.
    pub method: Quadrature,
    /// Whether the average gradient is multiplied by the distance to the baseline; true by default.
    pub multiply_by_inputs: bool,
}

impl<E: Scalar, D: Backend<E>> Default for IntegratedGradientsOptions<E, D> {
    fn default() -> Self {
        Self { baselines: None, n_steps: 50, method: Quadrature::default(), multiply_by_inputs: true }
    }
}

/// What [`integrated_gradients`] gives.
#[derive(Clone, Debug)]
pub struct IntegratedGradients<E: Scalar, D: Backend<E>> {
    /// The attribution of each element, of the input's shape.
    pub attributions: DynTensor<E, D>,
    /// For each sample, by how much the sum of its attributions differs from the difference of the target's number at the input and at the baseline. It tends to
    /// 0 with more steps.
    pub convergence_delta: Vec<f64>,
}

/// The gradient's average on the straight path from a baseline to the input, times the input's distance to it (Sundararajan et al., 2017): Captum's
/// `IntegratedGradients`.
///
/// # Errors
/// Returns an error if the target does not exist, if `x` does not fit the network, if the baselines have another shape, if `n_steps` is too small for the method,
/// or if the device fails.
pub fn integrated_gradients<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    x: &DynTensor<E, D>,
    target: &Target,
    options: &IntegratedGradientsOptions<E, D>,
) -> Outcome<IntegratedGradients<E, D>, D> {
    let least = if options.method == Quadrature::RiemannTrapezoid { 2 } else { 1 };
    check((least..=10_000).contains(&options.n_steps), "n_steps", "1 to 10000, and at least 2 for the trapezoidal rule", options.n_steps)?;
    let probe = Probe::new(network, target.place())?;
    let (device, dims, numbers) = (x.value().device(), x.dims(), x.to_vec());
    let start = match &options.baselines {
        None => vec![E::zero(); numbers.len()],
        Some(start) if start.dims() == dims => start.to_vec(),
        Some(start) => {
            return Err(ExplainError::Sizes { what: "the baseline", expected: dims.to_vec(), found: start.dims().to_vec() });
        }
    };
    let mut total = vec![0.0; numbers.len()];
    for (alpha, weight) in points(options.method, options.n_steps) {
        let between = start.iter().zip(&numbers).map(|(&a, &b)| a + number::<E>(alpha) * (b - a)).collect();
        let (_, gradient) = probe.gradient(&value(device, between, dims)?, target)?;
        total.iter_mut().zip(gradient).for_each(|(total, g)| *total += weight * wide(g));
    }
    let distance = numbers.iter().zip(&start).map(|(&x, &start)| wide(x) - wide(start));
    let products: Vec<f64> = total.iter().zip(distance).map(|(total, distance)| total * distance).collect();
    let ends = probe.scores(x.value(), target)?.into_iter().zip(probe.scores(&value(device, start, dims)?, target)?);
    let each = numbers.len() / dims[0];
    let convergence_delta = products
        .chunks_exact(each)
        .zip(ends)
        .map(|(sample, (end, start))| sample.iter().sum::<f64>() - (wide(end) - wide(start)))
        .collect();
    let list = if options.multiply_by_inputs { products } else { total };
    let attributions = tensor(device, list.into_iter().map(number).collect(), dims)?;
    Ok(IntegratedGradients { attributions, convergence_delta })
}

/// The points on the path in `0..=1`, and their weights.
fn points(method: Quadrature, n: usize) -> Vec<(f64, f64)> {
    let step = 1.0 / n as f64;
    let even = |first: f64, apart: f64| (0..n).map(|i| (first + apart * i as f64, step)).collect::<Vec<_>>();
    match method {
        Quadrature::GaussLegendre => legendre(n),
        Quadrature::RiemannLeft => even(0.0, step),
        Quadrature::RiemannRight => even(step, step),
        Quadrature::RiemannMiddle => even(step / 2.0, step),
        Quadrature::RiemannTrapezoid => {
            let mut points = even(0.0, 1.0 / (n - 1) as f64);
            points[0].1 /= 2.0;
            points[n - 1].1 /= 2.0;
            points
        }
    }
}

/// The zeros of the Legendre polynomial of degree `n`, by Newton's method, moved to `0..=1`.
fn legendre(n: usize) -> Vec<(f64, f64)> {
    let zero = |i: usize| {
        let mut x = -(std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut before, mut here) = (1.0, x);
            for k in 2..=n {
                let k = k as f64;
                (before, here) = (here, ((2.0 * k - 1.0) * x * here - (k - 1.0) * before) / k);
            }
            slope = n as f64 * (x * here - before) / (x * x - 1.0);
            let move_by = here / slope;
            x -= move_by;
            if move_by.abs() < 1e-15 {
                break;
            }
        }
        (0.5 * (1.0 + x), 1.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..n).map(zero).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly() {
        for n in [1, 2, 3, 7, 50] {
            for degree in [0, 1, 2 * n - 1] {
                let sum: f64 = legendre(n).iter().map(|(x, weight)| weight * x.powi(degree as i32)).sum();
                assert!((sum - 1.0 / (degree + 1) as f64).abs() < 1e-13, "{n} points, degree {degree}: {sum}");
            }
        }
        for method in [Quadrature::RiemannLeft, Quadrature::RiemannRight, Quadrature::RiemannMiddle] {
            let sum: f64 = points(method, 1000).iter().map(|(x, weight)| weight * x * x).sum();
            assert!((sum - 1.0 / 3.0).abs() < 1e-3, "{method:?}: {sum}");
        }
    }
}

//! Gaussians: the negative log likelihood, and the KL divergence from the standard Gaussian in closed form.

use std::f64::consts::TAU;

use dfdx::shapes::{Axis, HasShape, ReduceShape, Shape};
use dfdx::tensor::{Merge, PutTape, SplitTape, Tape, Tensor};
use dfdx::tensor_ops::{Device, SumTo, TryAdd, TryMul, TrySub};

use super::Rows;
use crate::host::number;
use crate::{Scalar, formula};

/// `1/2 sum(mean^2 + e^log_var - 1 - log_var)` for each sample: the divergence of a Gaussian with independent components from the standard one
/// (Kingma and Welling, 2014, appendix B). Its `.mean()` is the regularizer of a variational autoencoder.
///
/// # Shapes
/// `mean` and `log_var` `[B, LATENT]`; the output `[B]`. Further axes are kept.
///
/// # Panics
/// Panics if sizes known only at run time differ, or if the device is out of memory.
pub fn gaussian_kl<S, E: Scalar, D: Device<E>, T: Tape<E, D> + Merge<R>, R: Tape<E, D>>(
    mean: Tensor<S, E, D, T>,
    log_var: Tensor<S, E, D, R>,
) -> Tensor<Rows<S>, E, D, T>
where
    S: Shape + ReduceShape<Axis<1>>,
{
    try_gaussian_kl(mean, log_var).unwrap_or_else(|error| panic!("{error}"))
}

/// [`gaussian_kl`], fallible.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if sizes known only at run time differ.
pub fn try_gaussian_kl<S, E: Scalar, D: Device<E>, T: Tape<E, D> + Merge<R>, R: Tape<E, D>>(
    mean: Tensor<S, E, D, T>,
    log_var: Tensor<S, E, D, R>,
) -> Result<Tensor<Rows<S>, E, D, T>, D::Err>
where
    S: Shape + ReduceShape<Axis<1>>,
{
    assert_eq!(mean.shape().concrete(), log_var.shape().concrete(), "the mean and the log-variance must have the same shape");
    // Never below 0: the plain formula loses all digits if the variance is near 1.
    let variance = formula::exp_m1_less_x(log_var)?;
    mean.try_square()?.try_add(variance)?.try_sum::<Rows<S>, Axis<1>>()?.try_mul(number::<E>(0.5))
}

/// `1/2 (ln(2 pi) + log_var + (target - mean)^2 / e^log_var)` for each element: the negative logarithm of the density of a Gaussian at the target, in nats. PyTorch's
/// `gaussian_nll_loss(mean, target, log_var.exp(), full=True, reduction="none")`, whose variance is bounded below; bound the log-variance in the network, or the density
/// of what is predicted without error has no bound.
///
/// # Shapes
/// `mean`, `log_var`, `target` and the output are of one shape. The target is data: it gets no gradient.
///
/// # Panics
/// Panics if sizes known only at run time differ, or if the device is out of memory.
pub fn gaussian_nll<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D> + Merge<R>, R: Tape<E, D>>(
    mean: Tensor<S, E, D, T>,
    log_var: Tensor<S, E, D, R>,
    target: Tensor<S, E, D>,
) -> Tensor<S, E, D, T> {
    try_gaussian_nll(mean, log_var, target).unwrap_or_else(|error| panic!("{error}"))
}

/// [`gaussian_nll`], fallible.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if sizes known only at run time differ.
pub fn try_gaussian_nll<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D> + Merge<R>, R: Tape<E, D>>(
    mean: Tensor<S, E, D, T>,
    log_var: Tensor<S, E, D, R>,
    target: Tensor<S, E, D>,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    let shape = mean.shape().concrete();
    assert_eq!(shape, log_var.shape().concrete(), "the mean and the log-variance must have the same shape");
    assert_eq!(shape, target.shape().concrete(), "the target must have the shape of the mean");
    let (log_var, tape) = log_var.split_tape();
    let precision = log_var.clone().put_tape(tape).try_negate()?.try_exp()?;
    let squares = mean.try_sub(target)?.try_square()?.try_mul(precision)?;
    squares.try_add(log_var)?.try_add(number::<E>(TAU.ln()))?.try_mul(number::<E>(0.5))
}

#[cfg(test)]
mod tests {
    use dfdx::tensor::{AsArray, Cpu, TensorFrom, Trace};
    use dfdx::tensor_ops::Backward;

    use super::*;

    /// The density of the standard Gaussian at 0 is `1 / sqrt(2 pi)`; the gradients are those of the formula, by hand.
    #[test]
    fn likelihood_by_hand() {
        let device = Cpu::default();
        let mean = device.tensor([[0.0, 1.0, -2.0]]);
        let log_var = device.tensor([[0.0, 4f64.ln(), -1.0]]);
        let target = device.tensor([[0.0, 4.0, -1.5]]);
        let loss = gaussian_nll(mean.leaky_trace(), log_var.leaky_trace(), target);
        let constant = 0.5 * TAU.ln();
        let expected = [constant, constant + 0.5 * (4f64.ln() + 9.0 / 4.0), constant + 0.5 * (-1.0 + 0.25 * 1f64.exp())];
        assert!(loss.array()[0].iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{:?}", loss.array());
        let gradients = loss.sum::<dfdx::shapes::Rank0, _>().backward();
        let [by_mean, by_log_var] = [&mean, &log_var].map(|of| gradients.get(of).array()[0]);
        for (found, expected) in by_mean.into_iter().zip([0.0, -3.0 / 4.0, -0.5 * 1f64.exp()]) {
            assert!((found - expected).abs() < 1e-15, "{by_mean:?}");
        }
        for (found, expected) in by_log_var.into_iter().zip([0.5, 0.5 - 9.0 / 8.0, 0.5 - 0.125 * 1f64.exp()]) {
            assert!((found - expected).abs() < 1e-15, "{by_log_var:?}");
        }
    }

    #[test]
    fn by_hand() {
        let device = Cpu::default();
        let mean = device.tensor([[1.0, -2.0], [0.0, 3.0]]);
        let log_var = device.tensor([[0.0, 0.0], [4f64.ln(), 0.0]]);
        let loss = gaussian_kl(mean.leaky_trace(), log_var.leaky_trace());
        let row = [2.5, 0.5 * (3.0 - 4f64.ln()) + 4.5];
        assert!((loss.array()[0] - row[0]).abs() < 1e-15 && (loss.array()[1] - row[1]).abs() < 1e-15);
        let gradients = loss.sum::<dfdx::shapes::Rank0, _>().backward();
        // The gradient of the mean is the mean; of the log-variance, half of (variance - 1).
        assert_eq!(gradients.get(&mean).array(), mean.array());
        let by_log_var = gradients.get(&log_var).array();
        assert!((by_log_var[1][0] - 1.5).abs() < 1e-15 && by_log_var[0] == [0.0, 0.0]);
    }

    #[test]
    fn is_exact_near_the_standard_gaussian() {
        let device = Cpu::default();
        let log_var = device.tensor([[1e-4f32, -2e-5, 3e-6, 0.0]]);
        let loss = gaussian_kl(device.tensor([[0.0f32; 4]]), log_var).array()[0];
        let exact = 0.5 * (0.5e-8 * (1.0 + 1e-4 / 3.0) + 2e-10 * (1.0 - 2e-5 / 3.0) + 4.5e-12);
        assert!((f64::from(loss) - exact).abs() < 1e-6 * exact, "{loss} instead of {exact}");
    }
}

//! The KL divergence of a Gaussian from the standard Gaussian, in closed form.

use dfdx::shapes::{Axis, HasShape, ReduceShape, Shape};
use dfdx::tensor::{Merge, Tape, Tensor};
use dfdx::tensor_ops::{Device, SumTo, TryAdd, TryMul};

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

#[cfg(test)]
mod tests {
    use dfdx::tensor::{AsArray, Cpu, TensorFrom, Trace};
    use dfdx::tensor_ops::Backward;

    use super::*;

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

//! The entropy of a softmax.

use dfdx::shapes::{Axis, ReduceShape, Shape};
use dfdx::tensor::{Tape, Tensor};
use dfdx::tensor_ops::{Device, SumTo, TryMul};

use super::Rows;
use crate::{Scalar, bounds};

/// `-sum(p ln p)` over the classes, with `p = softmax(logits)`, for each row, in nats: from 0 for a certain prediction to `ln CLASSES` for a uniform
/// one.
///
/// # Shapes
/// `logits [B, CLASSES]`, the output `[B]`. Further axes are kept.
///
/// # Panics
/// Panics if the device is out of memory.
pub fn entropy<S, E: Scalar, D: Device<E>, T: Tape<E, D>>(logits: Tensor<S, E, D, T>) -> Tensor<Rows<S>, E, D, T>
where
    S: Shape + ReduceShape<Axis<1>>,
{
    try_entropy(logits).unwrap_or_else(|error| panic!("{error}"))
}

/// [`entropy`], fallible.
///
/// # Errors
/// Returns an error if the device is out of memory.
pub fn try_entropy<S, E: Scalar, D: Device<E>, T: Tape<E, D>>(logits: Tensor<S, E, D, T>) -> Result<Tensor<Rows<S>, E, D, T>, D::Err>
where
    S: Shape + ReduceShape<Axis<1>>,
{
    // A finite logarithm even of 0, so that 0 times it is 0.
    let log = bounds::at_least(logits.try_log_softmax::<Axis<1>>()?, -1e30)?;
    let probability = log.retaped::<T>().try_exp()?;
    log.try_mul(probability)?.try_sum::<Rows<S>, Axis<1>>()?.try_negate()
}

#[cfg(test)]
mod tests {
    use dfdx::shapes::Rank2;
    use dfdx::tensor::{AsArray, Cpu, TensorFrom, Trace};
    use dfdx::tensor_ops::Backward;

    use super::*;

    #[test]
    fn by_hand() {
        let device = Cpu::default();
        let logits: Tensor<Rank2<4, 3>, f64, _> =
            device.tensor([[5.0, 5.0, 5.0], [1e4, -1e4, 0.0], [2f64.ln(), 0.0, 0.0], [f64::NEG_INFINITY, 1.0, 1.0]]);
        let entropy = entropy(logits.leaky_trace());
        let expected = [3f64.ln(), 0.0, 1.5 * 2f64.ln(), 2f64.ln()];
        for (found, expected) in entropy.array().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-14, "{found} instead of {expected}");
        }
        let slopes = entropy.sum::<dfdx::shapes::Rank0, _>().backward().get(&logits).array();
        // -p_k (ln p_k + H), with p = [1/2, 1/4, 1/4].
        let h = 1.5 * 2f64.ln();
        for (found, p) in slopes[2].iter().zip([0.5f64, 0.25, 0.25]) {
            assert!((found + p * (p.ln() + h)).abs() < 1e-14);
        }
        assert!(slopes.iter().flatten().all(|slope| slope.is_finite()));
        assert_eq!(slopes[1], [0.0; 3]);
    }
}

//! PyTorch's default initial values.

use dfdx::shapes::Shape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;
use rand_distr::Uniform;

use crate::Scalar;

/// Fills a weight or bias like PyTorch's linear layers and convolutions: uniform in `[-b, b)` with `b = 1 / sqrt(fan_in)`. For weights this is the
/// Kaiming uniform rule with a gain of `sqrt(1/3)` (`kaiming_uniform_(a=sqrt(5))`).
///
/// `fan_in` is the number of inputs that one output sums over. The numbers are drawn from the device's generator.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if `fan_in` is 0.
pub fn default_uniform<S: Shape, E: Scalar, D: Device<E>>(tensor: &mut Tensor<S, E, D>, fan_in: usize) -> Result<(), D::Err> {
    assert!(fan_in > 0, "an output sums over at least one input");
    let bound = E::ONE / E::from_usize(fan_in).expect("a number of inputs is a number").sqrt();
    tensor.try_fill_with_distr(Uniform::new(-bound, bound))
}

//! The gradient of a loss with respect to the input.

use dfdx::shapes::{Rank0, Shape};
use dfdx::tensor::{OwnedTape, Tensor, Trace};
use dfdx::tensor_ops::{Backward, Device};

use crate::Scalar;

/// A loss and its gradient with respect to `x`, for saliency maps and fooling images. The gradient is 0 if the loss does not depend on `x`.
///
/// ```
/// use layercake::gradient::input_gradient;
/// use layercake::prelude::*;
///
/// network! { Net: [4] -> [3] { fc1: Linear(5), Tanh, fc2: Linear(3) } }
///
/// let device = Cpu::seed_from_u64(0);
/// let net = Net::new(&device);
/// let x: Tensor<(usize, Const<4>), f32, _> = device.sample_normal_like(&(2, Const));
/// let (loss, by_x) = input_gradient(x, |x| loss::cross_entropy(net.forward_eval(x), &[0, 2]));
/// assert!(loss > 0.0);
/// assert_eq!(by_x.shape().concrete(), [2, 4]);
/// ```
///
/// # Panics
/// Panics if the device is out of memory.
pub fn input_gradient<S: Shape, E: Scalar, D: Device<E>>(
    x: Tensor<S, E, D>,
    loss: impl FnOnce(Tensor<S, E, D, OwnedTape<E, D>>) -> Tensor<Rank0, E, D, OwnedTape<E, D>>,
) -> (E, Tensor<S, E, D>) {
    let loss = loss(x.clone().leaky_traced());
    let value = loss.as_vec()[0];
    let mut gradients = loss.backward();
    // There is no gradient if the loss does not depend on `x`.
    if let Err(error) = gradients.try_alloc_for(&x) {
        panic!("{error}");
    }
    (value, gradients.get(&x))
}

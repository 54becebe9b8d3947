//! Memory of its own for a tensor that a kernel of ours is to write.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use dfdx::shapes::Shape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use crate::Scalar;

/// Whether [`own`] can be used: a program that aborts where it would panic cannot.
pub(crate) const CAN_OWN: bool = cfg!(panic = "unwind");

/// A factor that is none.
struct Stop;

impl From<Stop> for f64 {
    fn from(stop: Stop) -> Self {
        // No panic: nothing is printed.
        resume_unwind(Box::new(stop))
    }
}

/// Gives a tensor memory of its own, with its elements, if it shares memory with another. `like` is another tensor of its shape and layout.
///
/// dfdx's tensors share memory until one of them is changed. It copies within the operation that changes one, and has none that does this alone. `axpy` copies before it asks for its
/// factor, so a factor that stops it there leaves the tensor with memory of its own, and nothing is launched.
pub(crate) fn own<S: Shape, E: Scalar, D: Device<E>>(tensor: &mut Tensor<S, E, D>, like: &Tensor<S, E, D>) {
    let stopped = catch_unwind(AssertUnwindSafe(|| tensor.try_axpy(Stop, like, 0.0)));
    match stopped {
        Err(by) if by.is::<Stop>() => {}
        Err(by) => resume_unwind(by),
        Ok(_) => unreachable!("the factor has to be asked for"),
    }
}

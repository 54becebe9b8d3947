//! The backward pass of a loss.

use dfdx::shapes::Rank0;
use dfdx::tensor::{Gradients, OwnedTape, Tensor};
use dfdx::tensor_ops::{Backward, Device};

use crate::Scalar;

/// The gradients of a loss: `loss.try_backward()`, which uploads the gradient of the loss itself to a GPU. This does not, so that a training step in `f32` there uploads
/// its batch and nothing else.
///
/// # Errors
/// Returns an error if the device is out of memory.
pub fn backward<E: Scalar, D: Device<E>>(loss: Tensor<Rank0, E, D, OwnedTape<E, D>>) -> Result<Gradients<E, D>, D::Err> {
    #[cfg(feature = "cuda")]
    if crate::cuda::generic::on_engine::<E, D>() {
        return on_gpu(loss);
    }
    loss.try_backward()
}

#[cfg(feature = "cuda")]
fn on_gpu<E: Scalar, D: Device<E>>(loss: Tensor<Rank0, E, D, OwnedTape<E, D>>) -> Result<Gradients<E, D>, D::Err> {
    use dfdx::tensor::{Merge, PutTape, SplitTape, Storage, Tape, Trace};

    let (loss, mut tape) = loss.split_tape();
    // dfdx begins with the gradient of the tensor that has the tape: of one whose gradient has no elements, it uploads none.
    let first: Tensor<Rank0, E, D> = loss.device().try_zeros_like(&())?;
    let mut none = Gradients::leaky();
    *none.get_or_alloc_mut(&first)? = <D as Storage<E>>::try_alloc_len(loss.device(), 0)?;
    tape.add_backward_op(move |gradients| crate::cuda::generic::fill_with_one::<E, D>(gradients.get_or_alloc_mut(&loss)?));
    let (first, none) = first.traced(none).split_tape();
    first.put_tape(none.merge(tape)).try_backward()
}

//! A readable compile error for `backward` of a loss that was not recorded.

use dfdx::shapes::{Rank0, Shape};
use dfdx::tensor::{Gradients, NoneTape, OwnedTape, Storage, Tensor};

/// A loss with a tape.
#[diagnostic::on_unimplemented(
    message = "`backward` needs a loss that was recorded, but this one has no tape",
    label = "nothing was recorded",
    note = "`forward` is inference and records nothing: train with `net.forward_train(x, gradients)`, or with `net.forward_mut(x.trace(gradients))`; of \
            several outputs, the first carries the tape"
)]
pub trait Recorded {}

impl<E, D: Storage<E>> Recorded for Tensor<Rank0, E, D, OwnedTape<E, D>> {}

/// `backward` of a tensor without a tape, which cannot be called. dfdx alone would only report a missing method.
pub trait Unrecorded<E, D: Storage<E>>: Sized {
    /// Never returns: `Recorded` is implemented only for tensors with a tape.
    fn backward(self) -> Gradients<E, D>
    where
        Self: Recorded,
    {
        unreachable!("a tensor without a tape is not recorded")
    }
}

impl<S: Shape, E, D: Storage<E>> Unrecorded<E, D> for Tensor<S, E, D, NoneTape> {}

//! Whether a tape reached a parameter.

use std::cell::Cell;
use std::rc::Rc;

use dfdx::shapes::{Rank0, Shape};
use dfdx::tensor::{Gradients, Merge, PutTape, SplitTape, Storage, Tape, Tensor, Trace};
use dfdx::tensor_ops::{Backward, Device};

use crate::Scalar;

/// Is there a gradient of a tensor? dfdx gives one that is not there as zeros, or panics, but does not say.
///
/// So a mark of a length that no gradient of the tensor has is laid where its gradient would be, and the gradients are merged over it: a
/// real one takes the mark's place. Nothing is copied.
pub(super) fn has_gradient<S: Shape, E: Scalar, D: Device<E>>(
    gradients: &mut Gradients<E, D>,
    tensor: &Tensor<S, E, D>,
) -> Result<bool, D::Err> {
    let device = tensor.device();
    let mut marks = Gradients::leaky();
    let mark = marks.get_or_alloc_mut(tensor)?;
    let len = <D as Storage<E>>::len(device, mark);
    *mark = <D as Storage<E>>::try_alloc_len(device, len + 1)?;

    let scalar: Tensor<Rank0, E, D> = device.try_zeros_like(&())?;
    let real = std::mem::replace(gradients, Gradients::leaky());
    let (_, real) = scalar.clone().traced(real).split_tape();
    let (scalar, marked) = scalar.traced(marks).split_tape();
    let mut tape = marked.merge(real);
    let found = Rc::new(Cell::new(false));
    let (tell, of) = (Rc::clone(&found), tensor.clone());
    // dfdx lets gradients be seen only where a tape is played back.
    tape.add_backward_op(move |gradients| {
        let gradient = gradients.get_or_alloc_mut(&of)?;
        tell.set(<D as Storage<E>>::len(of.device(), gradient) == len);
        if !tell.get() {
            *gradient = <D as Storage<E>>::try_alloc_len(of.device(), len)?;
        }
        Ok(())
    });
    *gradients = scalar.put_tape(tape).try_backward()?;
    Ok(found.get())
}

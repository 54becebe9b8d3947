//! What happens at a place with hooks, forward and backward.

use std::rc::Rc;

use dfdx::tensor::{Gradients, OwnedTape, PutTape, SplitTape, Tape, Tensor};
use dfdx::tensor_ops::{Device, TryMul};

use super::{Action, Carried, Kept};
use crate::gradient::storage_of;
use crate::run::value::Value;
use crate::{DynTensor, Scalar};

type Flat<E, D> = Tensor<(usize,), E, D>;

/// A hook that gave a tensor of another shape: the sizes that it received and those that it gave.
pub(super) type Misshapen = (Vec<usize>, Vec<usize>);

/// Runs the hooks of `place` on its value. One that gives another shape is reported to `wrong`, and the pass goes on without what it gave.
pub(super) fn run<E: Scalar, D: Device<E>>(
    actions: &[Action<E, D>],
    value: Value<E, D>,
    tape: OwnedTape<E, D>,
    place: &str,
    wrong: &mut dyn FnMut(Misshapen),
) -> Result<Carried<E, D>, D::Err> {
    let (mut value, mut tape) = (value, tape);
    let mut backward = Vec::new();
    for action in actions {
        match action {
            Action::Change(change) => {
                let dims = value.dims().to_vec();
                let before = value.clone();
                (value, tape) = change(DynTensor::of(value, tape))?.into_parts();
                if value.dims() != dims {
                    wrong((dims, value.dims().to_vec()));
                    value = before;
                }
            }
            Action::Keep(kept) => {
                let mut seen = kept.0.borrow_mut();
                seen.values.push(value.clone());
                seen.gradients.push(None);
                backward.push(Backward::Keep(kept.clone(), seen.values.len() - 1));
            }
            Action::ChangeGradient(change) => backward.push(Backward::Change(Rc::clone(change))),
        }
    }
    if backward.is_empty() {
        return Ok((value, tape));
    }
    // A tensor of its own: the gradient that comes back here is that of the value as the next layers see it.
    let dims = value.dims().to_vec();
    let (flat, mut tape) = value.flat().put_tape(tape).try_mul(E::one())?.split_tape();
    let (value, _) = Value::erase(flat.clone())?;
    let (sizes, place) = (dims.clone(), place.to_owned());
    // Operations run in reverse order: this one before that of the product.
    tape.add_backward_op(move |gradients| turn(&flat, &sizes, &backward, gradients, &place));
    Ok((value.with_dims(dims), tape))
}

/// What a hook does with a gradient.
enum Backward<E: Scalar, D: Device<E>> {
    Keep(Kept<E, D>, usize),
    Change(super::ChangeGradient<E, D>),
}

/// Runs the hooks of a place on the gradient of its value.
///
/// # Panics
/// Panics if one gives another shape: a backward pass reports the device's errors only.
fn turn<E: Scalar, D: Device<E>>(
    flat: &Flat<E, D>,
    dims: &[usize],
    backward: &[Backward<E, D>],
    gradients: &mut Gradients<E, D>,
    place: &str,
) -> Result<(), D::Err> {
    // Without it the loss does not depend on the value, and its gradient is 0.
    gradients.try_alloc_for(flat)?;
    let mut gradient = Value::erase(gradients.get(flat))?.0.with_dims(dims.to_vec());
    let mut changed = false;
    for action in backward {
        match action {
            Backward::Keep(kept, number) => {
                // A later pass may have begun anew.
                if let Some(place) = kept.0.borrow_mut().gradients.get_mut(*number) {
                    *place = Some(gradient.clone());
                }
            }
            Backward::Change(change) => {
                let (new, _) = change(DynTensor::from(gradient.clone()))?.into_parts();
                let found = new.dims();
                assert!(found == dims, "the hook of the gradient at {place} receives {dims:?}, but gives {found:?}");
                gradient = new;
                changed = true;
            }
        }
    }
    if changed {
        *gradients.get_or_alloc_mut(flat)? = storage_of(gradient.flat())?;
    }
    Ok(())
}

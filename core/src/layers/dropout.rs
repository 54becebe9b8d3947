//! Dropout.

use dfdx::tensor::{PutTape, Tape, TensorFromVec};
use dfdx::tensor_ops::{Device, TryMul};
use layercake_engine::{Mode, rng};

use super::{Context, Taped};
use crate::Scalar;
use crate::value::Value;

/// The mask depends on the seed of the forward pass alone, by the rule that the engine uses, so both paths drop the same elements.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    p: f64,
    x: &Value<E, D>,
    tape: T,
    context: &Context<'_, E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    if context.mode != Mode::Train || p == 0.0 {
        return Ok((x.clone(), tape));
    }
    let scale = E::from_f64(1.0 / (1.0 - p)).expect("a probability is a number");
    let len: usize = x.dims().iter().product();
    let keep = |i| if rng::keep(context.seed, context.node, i, p) { scale } else { E::zero() };
    let mask: Vec<E> = (0..len as u64).map(keep).collect();
    let flat = x.flat();
    let mask = <D as TensorFromVec<E>>::try_tensor_from_vec(flat.device(), mask, (len,))?;
    let (y, tape) = Value::erase(flat.put_tape(tape).try_mul(mask)?)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

//! Dropout.

use dfdx::tensor::{PutTape, Tape, TensorFromVec};
use dfdx::tensor_ops::{Device, TryMul};
use layercake_engine::{Mode, rng};

use super::{Context, Taped, portable};
use crate::Scalar;
use crate::run::value::Value;

/// Drops whole channels.
pub(crate) fn channels<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    p: f64,
    x: &Value<E, D>,
    tape: T,
    context: &Context<'_, E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    drop(p, x.dims()[2..].iter().product(), x, tape, context)
}

/// Drops whole samples.
pub(crate) fn samples<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    p: f64,
    x: &Value<E, D>,
    tape: T,
    context: &Context<'_, E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    drop(p, x.dims()[1..].iter().product(), x, tape, context)
}

/// Drops single elements.
pub(crate) fn elements<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    p: f64,
    x: &Value<E, D>,
    tape: T,
    context: &Context<'_, E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    drop(p, 1, x, tape, context)
}

/// Drops or keeps `span` elements together. The mask depends only on the seed of the forward pass, by the same rule as in the engine, so
/// both paths drop the same elements.
fn drop<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    p: f64,
    span: usize,
    x: &Value<E, D>,
    tape: T,
    context: &Context<'_, E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    if context.mode != Mode::Train || p == 0.0 {
        return Ok((x.clone(), tape));
    }
    let scale = E::from_f64(1.0 / (1.0 - p)).expect("a probability is a number");
    let len: usize = x.dims().iter().product();
    let keep = |i: usize| if rng::keep(context.seed, context.node, i as u64, p) { scale } else { E::zero() };
    let mask: Vec<E> = (0..len / span).flat_map(|i| std::iter::repeat_n(keep(i), span)).collect();
    let flat = x.flat();
    let mask = <D as TensorFromVec<E>>::try_tensor_from_vec(flat.device(), mask, (len,))?;
    let (y, tape) = Value::erase(flat.put_tape(tape).try_mul(mask)?)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

portable! {
    Dropout: |op, x, tape, context| elements(op.p, x, tape, context);
    Dropout2d: |op, x, tape, context| channels(op.p, x, tape, context);
    StochasticDepth: |op, x, tape, context| samples(op.p, x, tape, context);
}

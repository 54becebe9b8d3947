//! RReLU: a leaky ReLU with random slopes.

use dfdx::shapes::HasShape;
use dfdx::tensor::{PutTape, Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{ChooseFrom, Device, TryAdd, TryGt, TryMul};
use layercake_engine::{Mode, rng};
use layercake_ir::ops::Rrelu;

use super::{Context, Taped, activation, portable};
use crate::run::value::{Rank1, Value};
use crate::{Scalar, host};

/// The slopes depend only on the seed of the forward pass, by the same rule as in the engine.
fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &Rrelu,
    x: &Value<E, D>,
    tape: T,
    context: &Context<'_, E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    if context.mode != Mode::Train {
        return activation::leaky_relu(op.mean(), x, tape);
    }
    let flat: Tensor<Rank1, E, D> = x.flat();
    // The engine draws in float64 and computes in float32. Slopes are rounded to float32 here too, for every number type.
    let slope = |i| host::number(f64::from(rng::between(context.seed, context.node, i, op.lower, op.upper) as f32));
    let slopes = (0..flat.shape().0 as u64).map(slope).collect();
    let slopes = <D as TensorFromVec<E>>::try_tensor_from_vec(flat.device(), slopes, *flat.shape())?;
    let ones = flat.device().try_zeros_like(flat.shape())?.try_add(E::ONE)?;
    let slopes = flat.clone().try_gt(E::zero())?.try_choose(ones, slopes)?;
    let (y, tape) = Value::erase(flat.put_tape(tape).try_mul(slopes)?)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

portable! {
    Rrelu: |op, x, tape, context| forward(op, x, tape, context);
}

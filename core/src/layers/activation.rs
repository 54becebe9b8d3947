//! Activations: elementwise, any shape.

use dfdx::tensor::{PutTape, SplitTape, Tape};
use dfdx::tensor_ops::{ChooseFrom, Device, TryGt, TryMul};

use super::Taped;
use crate::Scalar;
use crate::value::Value;

pub(crate) fn relu<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    shaped_as(x, Value::erase(x.flat().put_tape(tape).try_relu()?)?)
}

pub(crate) fn tanh<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    shaped_as(x, Value::erase(x.flat().put_tape(tape).try_tanh()?)?)
}

pub(crate) fn sigmoid<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    shaped_as(x, Value::erase(x.flat().put_tape(tape).try_sigmoid()?)?)
}

/// At exactly zero the slope is `negative_slope`, as in PyTorch.
pub(crate) fn leaky_relu<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    negative_slope: f64,
    x: &Value<E, D>,
    tape: T,
) -> Result<Taped<E, D, T>, D::Err> {
    let slope = E::from_f64(negative_slope).expect("a slope is a number");
    let positive = x.flat().try_gt(E::zero())?;
    let (below, tape) = x.flat().put_tape(tape).try_mul(slope)?.split_tape();
    shaped_as(x, Value::erase(positive.try_choose(x.flat().put_tape(tape), below)?)?)
}

fn shaped_as<E: Scalar, D: Device<E>, T>(x: &Value<E, D>, (y, tape): Taped<E, D, T>) -> Result<Taped<E, D, T>, D::Err> {
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

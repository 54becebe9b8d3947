//! Softmax and its logarithm along one axis.

use dfdx::shapes::Axis;
use dfdx::tensor::{PutTape, Tape};
use dfdx::tensor_ops::Device;

use super::{Taped, portable};
use crate::Scalar;
use crate::run::value::Value;

/// `axis` counts without the batch.
pub(crate) fn softmax<E: Scalar, D: Device<E>, T: Tape<E, D>>(axis: usize, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let (y, tape) = Value::erase(x.around(axis + 1)?.put_tape(tape).try_softmax::<Axis<1>>()?)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

/// `axis` counts without the batch.
pub(crate) fn log_softmax<E: Scalar, D: Device<E>, T: Tape<E, D>>(axis: usize, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let (y, tape) = Value::erase(x.around(axis + 1)?.put_tape(tape).try_log_softmax::<Axis<1>>()?)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

/// `axis` counts without the batch.
fn softmin<E: Scalar, D: Device<E>, T: Tape<E, D>>(axis: usize, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let (y, tape) = Value::erase(x.around(axis + 1)?.put_tape(tape).try_negate()?.try_softmax::<Axis<1>>()?)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

portable! {
    Softmax: |op, x, tape, _| softmax(op.axis, x, tape);
    Softmin: |op, x, tape, _| softmin(op.axis, x, tape);
    LogSoftmax: |op, x, tape, _| log_softmax(op.axis, x, tape);
}

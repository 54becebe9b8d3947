//! Pooling over a whole map.

use super::portable;
use dfdx::shapes::Axis;
use dfdx::tensor::{PutTape, Tape};
use dfdx::tensor_ops::{Device, MeanTo};

use super::Taped;
use crate::Scalar;
use crate::value::Value;

/// The mean of each channel: `[batch, channels, height, width]` to `[batch, channels]`.
pub(crate) fn mean<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let (batch, channels) = (x.dims()[0], x.dims()[1]);
    let planes = x.clone().with_dims(vec![batch, channels, x.dims()[2] * x.dims()[3]]).around(1)?;
    Value::erase(planes.put_tape(tape).try_mean::<(usize, usize), Axis<2>>()?)
}

portable! {
    GlobalAvgPool2d: |_, x, tape, _| mean(x, tape);
}

//! Global pooling: over whole maps.

use dfdx::shapes::Axis;
use dfdx::tensor::{PutTape, Tape};
use dfdx::tensor_ops::{Device, MeanTo};
use layercake_ir::ops::MaxPool2d;

use super::{Taped, pool2d, portable};
use crate::Scalar;
use crate::run::tables::Tables;
use crate::run::value::Value;

/// The mean of each channel: `[batch, channels, height, width]` to `[batch, channels]`.
pub(crate) fn mean<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let (batch, channels) = (x.dims()[0], x.dims()[1]);
    let planes = x.clone().with_dims(vec![batch, channels, x.dims()[2] * x.dims()[3]]).around(1)?;
    Value::erase(planes.put_tape(tape).try_mean::<(usize, usize), Axis<2>>()?)
}

/// The maximum of each channel; the gradient goes to its first occurrence: `[batch, channels, height, width]` to `[batch, channels]`.
fn max<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T, tables: &Tables<E, D>) -> Result<Taped<E, D, T>, D::Err> {
    let (batch, channels) = (x.dims()[0], x.dims()[1]);
    let kernel = [x.dims()[2], x.dims()[3]];
    let pool = MaxPool2d { kernel, stride: kernel, padding: [0; 2], dilation: [1; 2], ceil_mode: false };
    let (y, tape) = pool2d::max(&pool, x, tape, tables)?;
    Ok((y.with_dims(vec![batch, channels]), tape))
}

portable! {
    GlobalMaxPool2d: |_, x, tape, context| max(x, tape, context.tables);
    GlobalAvgPool2d: |_, x, tape, _| mean(x, tape);
}

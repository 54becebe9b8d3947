//! Masked convolution: a convolution whose weights are multiplied by a mask of zeros and ones.

use dfdx::shapes::HasShape;
use dfdx::tensor::Tape;
use dfdx::tensor_ops::{Device, ReshapeTo};
use layercake_ir::ops::MaskedConv2d;

use super::window::Windows;
use super::{Taped, conv2d, portable};
use crate::Scalar;
use crate::run::tables::{Table, Tables};
use crate::run::value::Value;

/// Multiplies the weights by the mask, then convolves.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &MaskedConv2d,
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let weight = params[0].flat().retaped::<T>();
    let len = weight.shape().0;
    let mask = tables.get(x.device(), format!("seen {op:?}"), || {
        let mut factors = Vec::new();
        for out in 0..op.out_channels {
            for input in 0..op.in_channels {
                let taps = (0..op.kernel[0]).flat_map(|row| (0..op.kernel[1]).map(move |column| (row, column)));
                factors.extend(taps.map(|(row, column)| f64::from(u8::from(op.sees(out, input, row, column)))));
            }
        }
        vec![Table { factors: Some(factors), ..Table::pick(len, (0..len).collect()) }]
    })?;
    let weight = mask[0].rows(weight.try_reshape_like(&(len, 1))?)?;
    let weight = weight.try_reshape_like(&(1, op.out_channels, len / op.out_channels))?;
    conv2d::convolve(x, tape, weight, params.get(1), &Windows::of(tables, x, &op.window())?)
}

portable! {
    MaskedConv2d: |op, x, tape, context| forward(op, x, tape, context.params, context.tables);
}

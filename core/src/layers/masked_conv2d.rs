//! Masked convolution: a convolution whose weights are multiplied by a mask of zeros and ones.

use dfdx::shapes::HasShape;
use dfdx::tensor::{Tape, TensorFromVec};
use dfdx::tensor_ops::{Device, ReshapeTo, TryMul};
use layercake_ir::ops::MaskedConv2d;

use super::window::Taps;
use super::{Taped, conv2d, portable};
use crate::Scalar;
use crate::run::value::Value;

/// Multiplies the weights by the mask, then convolves.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &MaskedConv2d,
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
) -> Result<Taped<E, D, T>, D::Err> {
    let mut mask = Vec::new();
    for out in 0..op.out_channels {
        for input in 0..op.in_channels {
            let taps = (0..op.kernel[0]).flat_map(|row| (0..op.kernel[1]).map(move |column| (row, column)));
            mask.extend(taps.map(|(row, column)| if op.sees(out, input, row, column) { E::ONE } else { E::zero() }));
        }
    }
    let weight = params[0].flat().retaped::<T>();
    let len = *weight.shape();
    let mask = <D as TensorFromVec<E>>::try_tensor_from_vec(x.device(), mask, len)?;
    let weight = weight.try_mul(mask)?.try_reshape_like(&(1, op.out_channels, len.0 / op.out_channels))?;
    let taps = Taps::new(&op.window(), [x.dims()[2], x.dims()[3]]);
    conv2d::convolve(x, tape, weight, params.get(1), &taps)
}

portable! {
    MaskedConv2d: |op, x, tape, context| forward(op, x, tape, context.params);
}

//! Maxout.

use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;
use layercake_ir::ops::Maxout;

use super::{Taped, linear, portable, reduce};
use crate::Scalar;
use crate::run::value::Value;

/// Applies one linear layer for all pieces, then takes the maximum over the pieces of each feature.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &Maxout,
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
) -> Result<Taped<E, D, T>, D::Err> {
    let (y, tape) = linear::forward(x, tape, params)?;
    let lead = &x.dims()[..x.dims().len() - 1];
    let rows = lead.iter().product::<usize>() * op.out_features;
    let (y, tape) = reduce::max_of_rows(&y, rows, op.pieces, tape)?;
    Ok((y.with_dims([lead, &[op.out_features]].concat()), tape))
}

portable! {
    Maxout: |op, x, tape, context| forward(op, x, tape, context.params);
}

//! Upsampling.

use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;
use layercake_ir::ops::{Interpolation, Upsample};

use super::linear_map::{LinearMap, apply};
use super::{Taped, portable};
use crate::Scalar;
use crate::run::tables::Tables;
use crate::run::value::Value;

/// Upsamples rows and columns separately.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &Upsample,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let size = [x.dims()[2], x.dims()[3]];
    let out = [0, 1].map(|axis| size[axis] * op.scale[axis]);
    let make = || {
        let [rows, columns] = [0, 1].map(|axis| taps(op, size[axis], op.scale[axis]));
        LinearMap::of_axes(size, &rows, &columns)
    };
    apply(&format!("{op:?}"), &out, make, x, 2, 2, tape, tables)
}

/// For each position of the upsampled axis, the elements that contribute to it, with their weights.
fn taps(op: &Upsample, size: usize, scale: usize) -> Vec<Vec<(usize, f64)>> {
    let place = |i: usize| match op.mode {
        Interpolation::Nearest => vec![(i / scale, 1.0)],
        Interpolation::BedOfNails if i.is_multiple_of(scale) => vec![(i / scale, 1.0)],
        Interpolation::BedOfNails => Vec::new(),
        Interpolation::Bilinear => op.between(i, size, scale).to_vec(),
    };
    (0..size * scale).map(place).collect()
}

portable! {
    Upsample: |op, x, tape, context| forward(op, x, tape, context.tables);
}

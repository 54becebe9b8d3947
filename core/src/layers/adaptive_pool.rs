//! Pooling to a given output size.

use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;
use layercake_engine::{Mode, rng};
use layercake_ir::ops::{AdaptiveAvgPool2d, FractionalMaxPool2d};

use super::linear_map::{LinearMap, apply};
use super::{Context, Taped, pool2d, portable};
use crate::Scalar;
use crate::run::tables::{Lookup, Table, Tables};
use crate::run::value::Value;

/// Adaptive mean pooling: the windows differ in size by at most one.
pub(crate) fn mean<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &AdaptiveAvgPool2d,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let size = [x.dims()[2], x.dims()[3]];
    let axis = |axis: usize| {
        let (size, out) = (size[axis], op.output_size[axis]);
        let window = |i: usize| {
            let (start, end) = (i * size / out, ((i + 1) * size).div_ceil(out));
            (start..end).map(|at| (at, 1.0 / (end - start) as f64)).collect()
        };
        (0..out).map(window).collect::<Vec<_>>()
    };
    let make = || LinearMap::of_axes(size, &axis(0), &axis(1));
    apply(&format!("{op:?}"), &op.output_size, make, x, 2, 2, tape, tables)
}

/// Fractional maximum pooling. The positions of each plane's windows depend only on the seed of the forward pass.
pub(crate) fn fractional_max<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &FractionalMaxPool2d,
    x: &Value<E, D>,
    tape: T,
    context: &Context<'_, E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let [batch, channels, height, width] = x.dims()[..] else { unreachable!("the shape rule accepts only images") };
    let [rows, columns] = op.output_size;
    let mut index = vec![Vec::new(); op.kernel[0] * op.kernel[1]];
    for plane in 0..batch * channels {
        let draw = |axis: usize| match context.mode {
            Mode::Train => rng::unit(context.seed, context.node, (2 * plane + axis) as u64),
            _ => 0.5,
        };
        let starts = |axis: usize, size: usize| {
            let u = draw(axis);
            (0..op.output_size[axis]).map(|i| op.start(axis, size, u, i)).collect::<Vec<_>>()
        };
        let (tops, lefts) = (starts(0, height), starts(1, width));
        for (tap, index) in index.iter_mut().enumerate() {
            let (row, column) = (tap / op.kernel[1], tap % op.kernel[1]);
            let places = tops.iter().flat_map(|top| lefts.iter().map(move |left| (top, left)));
            index.extend(places.map(|(top, left)| (plane * height + top + row) * width + left + column));
        }
    }
    // The planes are stacked into one, because each has its own windows.
    let all = x.clone().with_dims(vec![1, 1, batch * channels * height, width]);
    // They differ from pass to pass, so they are not kept.
    let pixels = batch * channels * height * width;
    let taps = index.into_iter().map(|index| Lookup::new(x.device(), Table::pick(pixels, index)));
    let taps = taps.collect::<Result<Vec<_>, _>>()?;
    let (y, tape) = pool2d::running_max(&all, &taps, [batch * channels * rows, columns], tape)?;
    Ok((y.with_dims(vec![batch, channels, rows, columns]), tape))
}

portable! {
    AdaptiveAvgPool2d: |op, x, tape, context| mean(op, x, tape, context.tables);
    FractionalMaxPool2d: |op, x, tape, context| fractional_max(op, x, tape, context);
}

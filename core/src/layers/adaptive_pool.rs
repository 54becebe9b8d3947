//! Pooling to a given output size.

use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;
use layercake_engine::{Mode, rng};
use layercake_ir::ops::{AdaptiveAvgPool2d, FractionalMaxPool2d};

use super::linear_map::LinearMap;
use super::{Context, Taped, pool2d, portable};
use crate::Scalar;
use crate::run::value::Value;

/// Adaptive mean pooling: the windows differ in size by at most one.
pub(crate) fn mean<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &AdaptiveAvgPool2d,
    x: &Value<E, D>,
    tape: T,
) -> Result<Taped<E, D, T>, D::Err> {
    let size = [x.dims()[2], x.dims()[3]];
    let [rows, columns] = [0, 1].map(|axis| {
        let (size, out) = (size[axis], op.output_size[axis]);
        let window = |i: usize| {
            let (start, end) = (i * size / out, ((i + 1) * size).div_ceil(out));
            (start..end).map(|at| (at, 1.0 / (end - start) as f64)).collect()
        };
        (0..out).map(window).collect::<Vec<_>>()
    });
    LinearMap::of_axes(size, &rows, &columns).apply(x, 2, 2, tape)
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
    let (y, tape) = pool2d::running_max(&all, &index, [batch * channels * rows, columns], tape)?;
    Ok((y.with_dims(vec![batch, channels, rows, columns]), tape))
}

portable! {
    AdaptiveAvgPool2d: |op, x, tape, _| mean(op, x, tape);
    FractionalMaxPool2d: |op, x, tape, context| fractional_max(op, x, tape, context);
}

//! Operations that move elements without changing them.

use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;
use layercake_ir::ops::{Pad, PadMode, Permute, PixelShuffle, Reshape, Select, Slice};

use super::linear_map::{LinearMap, apply};
use super::{Taped, portable};
use crate::Scalar;
use crate::run::tables::Tables;
use crate::run::value::Value;

/// The same data with another shape.
pub(crate) fn reshape<E: Scalar, D: Device<E>, T>(op: &Reshape, x: &Value<E, D>, tape: T) -> Taped<E, D, T> {
    (x.clone().with_dims([&x.dims()[..1], op.shape.as_slice()].concat()), tape)
}

/// Permutes the axes.
pub(crate) fn permute<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &Permute,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let sizes = &x.dims()[1..];
    let out: Vec<usize> = op.axes.as_slice().iter().map(|&axis| sizes[axis]).collect();
    let steps: Vec<usize> = op.axes.as_slice().iter().map(|&axis| sizes[axis + 1..].iter().product()).collect();
    let make = || LinearMap::pick((0..out.iter().product()).map(|place| source(place, &out, &steps)).collect());
    apply(&format!("{op:?}"), &out, make, x, 1, sizes.len(), tape, tables)
}

/// A slice along an axis.
pub(crate) fn slice<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &Slice,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    part(x, op.axis, op.start, op.end, tape, tables)
}

/// One index of an axis, without the axis.
fn select<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &Select,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let (y, tape) = part(x, op.axis, op.index, op.index + 1, tape, tables)?;
    let mut dims = y.dims().to_vec();
    dims.remove(op.axis + 1);
    Ok((y.with_dims(dims), tape))
}

/// Moves channels into pixels: each output plane is gathered from `factor * factor` consecutive channels.
fn pixel_shuffle<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &PixelShuffle,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let [batch, channels, height, width] = x.dims()[..] else { unreachable!("the shape rule accepts only images") };
    let factor = op.factor;
    let (rows, columns) = (height * factor, width * factor);
    let source = |to: usize| {
        let (row, column) = (to / columns, to % columns);
        ((row % factor * factor + column % factor) * height + row / factor) * width + column / factor
    };
    let planes = channels / (factor * factor);
    let x = x.clone().with_dims(vec![batch, planes, factor * factor * height * width]);
    let make = || LinearMap::pick((0..rows * columns).map(source).collect());
    let (y, tape) = apply(&format!("{op:?} of {height} rows"), &[rows * columns], make, &x, 2, 1, tape, tables)?;
    Ok((y.with_dims(vec![batch, planes, rows, columns]), tape))
}

/// The elements from `start` to before `end` along an axis, counted without the batch.
pub(super) fn part<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: &Value<E, D>,
    axis: usize,
    start: usize,
    end: usize,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    apply(&format!("{start}..{end}"), &[end - start], || LinearMap::pick((start..end).collect()), x, axis + 1, 1, tape, tables)
}

/// Pads a map, or the ends of a sequence.
pub(crate) fn pad<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &Pad,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let image = if x.dims().len() == 3 { super::as_image(x) } else { x.clone() };
    let size = [image.dims()[2], image.dims()[3]];
    let sides = op.sides();
    let out = [0, 1].map(|axis| sides[axis][0] + size[axis] + sides[axis][1]);
    let make = || {
        let axis =
            |axis: usize| (0..out[axis]).map(|place| source_of_padded(op.mode, place, sides[axis][0], size[axis])).collect::<Vec<_>>();
        LinearMap::of_axes(size, &axis(0), &axis(1))
    };
    let (y, tape) = apply(&format!("{op:?}"), &out, make, &image, 2, 2, tape, tables)?;
    Ok((if x.dims().len() == 3 { super::as_line(y) } else { y }, tape))
}

/// The element at a position of a padded axis, with its weight; none for a zero.
fn source_of_padded(mode: PadMode, place: usize, before: usize, size: usize) -> Vec<(usize, f64)> {
    let at = match mode {
        _ if (before..before + size).contains(&place) => place - before,
        PadMode::Zeros => return Vec::new(),
        PadMode::Replicate if place < before => 0,
        PadMode::Replicate => size - 1,
        PadMode::Reflect if place < before => before - place,
        PadMode::Reflect => size - 2 - (place - before - size),
    };
    vec![(at, 1.0)]
}

/// The source index of element `place` of a value with sizes `out`, where `steps` are the source's strides along these axes.
fn source(place: usize, out: &[usize], steps: &[usize]) -> usize {
    let (mut rest, mut source) = (place, 0);
    for (size, step) in out.iter().zip(steps).rev() {
        source += rest % size * step;
        rest /= size;
    }
    source
}

portable! {
    Flatten: |_, x, tape, _| Ok((x.clone().with_dims(vec![x.dims()[0], x.dims()[1..].iter().product()]), tape));
    Reshape: |op, x, tape, _| Ok(reshape(op, x, tape));
    Permute: |op, x, tape, context| permute(op, x, tape, context.tables);
    Transpose: |op, x, tape, context| permute(&op.permutation(x.dims().len() - 1), x, tape, context.tables);
    Unsqueeze: |op, x, tape, _| {
        let mut dims = x.dims().to_vec();
        dims.insert(op.axis + 1, 1);
        Ok((x.clone().with_dims(dims), tape))
    };
    Squeeze: |op, x, tape, _| {
        let mut dims = x.dims().to_vec();
        dims.remove(op.axis + 1);
        Ok((x.clone().with_dims(dims), tape))
    };
    Pad: |op, x, tape, context| pad(op, x, tape, context.tables);
    Slice: |op, x, tape, context| slice(op, x, tape, context.tables);
    Select: |op, x, tape, context| select(op, x, tape, context.tables);
    PixelShuffle: |op, x, tape, context| pixel_shuffle(op, x, tape, context.tables);
}

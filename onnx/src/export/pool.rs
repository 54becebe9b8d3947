//! Pooling and upsampling.

use layercake_ir::ops::{AdaptiveAvgPool2d, FractionalMaxPool2d, Interpolation, MaxUnpool2d, Upsample, Window};
use layercake_ir::{Op, Shape};

use super::emit::{Emitter, int, ints, text};
use super::{Layer, Written};
use crate::proto::Attribute;

pub(super) fn write(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &Op) -> Option<Written> {
    let (x, shape) = (layer.x(), &layer.shapes[0]);
    let name = match op {
        Op::MaxPool2d(_) => {
            let attributes = window(&op.window()?, shape, layer.output, true);
            e.op("MaxPool", &[x], attributes)
        }
        Op::MaxPool1d(_) => {
            let attributes = window(&op.window()?, shape, layer.output, true);
            e.op("MaxPool", &[x], attributes)
        }
        Op::AvgPool2d(pool) => average(e, layer, &op.window()?, pool.count_include_pad),
        Op::AvgPool1d(pool) => average(e, layer, &op.window()?, pool.count_include_pad),
        Op::GlobalAvgPool2d(_) => {
            let pooled = e.op("GlobalAveragePool", &[x], vec![]);
            e.op("Flatten", &[&pooled], vec![int("axis", 1)])
        }
        Op::GlobalMaxPool2d(_) => {
            let pooled = e.op("GlobalMaxPool", &[x], vec![]);
            e.op("Flatten", &[&pooled], vec![int("axis", 1)])
        }
        Op::AdaptiveAvgPool2d(op) => adaptive(e, layer, op),
        Op::FractionalMaxPool2d(op) => fractional(e, layer, op),
        Op::MaxUnpool2d(op) => unpool(e, layer, op),
        Op::Upsample(op) => upsample(e, layer, op),
        _ => return None,
    };
    Some(Ok(vec![name]))
}

/// The attributes of a window over `[channels, length]` or `[channels, height, width]`. A window that `ceil_mode` keeps is written as padding at the end,
/// about which all versions of the operators agree.
fn window(window: &Window, input: &Shape, output: &Shape, dilated: bool) -> Vec<Attribute> {
    let axes = if input.rank() == 2 { 1..2 } else { 0..2 };
    let of = |pair: [usize; 2]| pair[axes.clone()].to_vec();
    let mut ends = window.padding;
    for axis in axes.clone() {
        let at = axis + input.rank() - 2;
        let needed = (output.dim(at) - 1) * window.stride[axis] + window.span(axis);
        ends[axis] = ends[axis].max(needed.saturating_sub(input.dim(at) + window.padding[axis]));
    }
    let mut attributes = vec![
        ints("kernel_shape", &of(window.kernel)),
        ints("strides", &of(window.stride)),
        ints("pads", &[of(window.padding), of(ends)].concat()),
    ];
    if dilated {
        attributes.push(ints("dilations", &of(window.dilation)));
    }
    attributes
}

fn average(e: &mut Emitter<'_>, layer: &Layer<'_>, sliding: &Window, include: bool) -> String {
    let mut attributes = window(sliding, &layer.shapes[0], layer.output, false);
    let rank = layer.shapes[0].rank();
    let floor = Window { ceil: false, ..*sliding };
    let kept = (3 - rank.min(3)..2).any(|axis| floor.steps(axis, layer.shapes[0].dim(axis + rank - 2)) < layer.output.dim(axis + rank - 2));
    if include && kept {
        // What lies behind the padding is not counted: only `ceil_mode` says so.
        let axes = if rank == 2 { 1..2 } else { 0..2 };
        let padding = sliding.padding[axes].to_vec();
        attributes[2] = ints("pads", &[padding.clone(), padding].concat());
        attributes.push(int("ceil_mode", 1));
    }
    attributes.push(int("count_include_pad", i64::from(include)));
    e.op("AveragePool", &[layer.x()], attributes)
}

/// Windows of one size where the sizes allow it; otherwise a matrix product along each axis.
fn adaptive(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &AdaptiveAvgPool2d) -> String {
    let (input, out) = (&layer.shapes[0], op.output_size);
    let sizes = [input.dim(1), input.dim(2)];
    if sizes[0].is_multiple_of(out[0]) && sizes[1].is_multiple_of(out[1]) {
        let kernel = [sizes[0] / out[0], sizes[1] / out[1]];
        return e.op("AveragePool", &[layer.x()], vec![ints("kernel_shape", &kernel), ints("strides", &kernel)]);
    }
    // Row i of [out, size] has the weights of window i.
    let means = |size: usize, out: usize| {
        let mut rows = vec![0.0; out * size];
        for i in 0..out {
            let (start, end) = (i * size / out, ((i + 1) * size).div_ceil(out));
            rows[i * size + start..i * size + end].fill(1.0 / (end - start) as f32);
        }
        rows
    };
    let left = e.floats(&layer.path("rows"), &[out[0], sizes[0]], &means(sizes[0], out[0]));
    let right = e.floats(&layer.path("columns"), &[out[1], sizes[1]], &means(sizes[1], out[1]));
    let right = e.op("Transpose", &[&right], vec![ints("perm", &[1, 0])]);
    let rows = e.op("MatMul", &[&left, layer.x()], vec![]);
    e.op("MatMul", &[&rows, &right], vec![])
}

/// At inference the windows lie where the sizes say: they are gathered side by side, and then pooled.
fn fractional(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &FractionalMaxPool2d) -> String {
    let mut x = layer.x().to_owned();
    for axis in 0..2 {
        let size = layer.shapes[0].dim(axis + 1);
        let starts = (0..op.output_size[axis]).map(|i| op.start(axis, size, 0.5, i));
        let rows: Vec<usize> = starts.flat_map(|start| start..start + op.kernel[axis]).collect();
        let rows = e.ints(&rows);
        x = e.op("Gather", &[&x, &rows], vec![int("axis", axis + 2)]);
    }
    e.op("MaxPool", &[&x], vec![ints("kernel_shape", &op.kernel), ints("strides", &op.kernel)])
}

/// The positions of the maxima come from the pool, which is computed a second time for them.
fn unpool(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &MaxUnpool2d) -> String {
    let (values, pooled) = (layer.x(), layer.inputs[1].as_str());
    let attributes = window(&op.window(), &layer.shapes[1], &layer.shapes[0], true);
    let places = e.op_of("MaxPool", &[pooled], 2, attributes.clone());
    let sizes = e.op("Shape", &[pooled], vec![]);
    e.op("MaxUnpool", &[values, &places[1], &sizes], attributes[..3].to_vec())
}

fn upsample(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &Upsample) -> String {
    let channels = layer.shapes[0].dim(0);
    if matches!(op.mode, Interpolation::BedOfNails) {
        // A kernel with a single 1 in its corner puts each element into the corner of its block.
        let [height, width] = op.scale;
        let mut kernel = vec![0.0; channels * height * width];
        kernel.iter_mut().step_by(height * width).for_each(|corner| *corner = 1.0);
        let kernel = e.floats(&layer.path("nails"), &[channels, 1, height, width], &kernel);
        return e.op(
            "ConvTranspose",
            &[layer.x(), &kernel],
            vec![ints("kernel_shape", &op.scale), ints("strides", &op.scale), int("group", channels)],
        );
    }
    let scales = e.floats(&layer.path("scales"), &[4], &[1.0, 1.0, op.scale[0] as f32, op.scale[1] as f32]);
    let attributes = match op.mode {
        Interpolation::Bilinear => {
            let positions = if op.align_corners { "align_corners" } else { "half_pixel" };
            vec![text("mode", "linear"), text("coordinate_transformation_mode", positions)]
        }
        _ => vec![text("mode", "nearest"), text("coordinate_transformation_mode", "asymmetric"), text("nearest_mode", "floor")],
    };
    e.op("Resize", &[layer.x(), "", &scales], attributes)
}

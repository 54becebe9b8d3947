//! Normalization, as at inference.

use layercake_ir::Op;
use layercake_ir::ops::{LocalResponseNorm, RmsNorm};

use super::emit::{Emitter, float, int, ints};
use super::{Layer, Written};

pub(super) fn write(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &Op) -> Option<Written> {
    let x = layer.x();
    let name = match op {
        Op::BatchNorm1d(op) => batch(e, layer, op.features, op.affine, op.eps),
        Op::BatchNorm2d(op) => batch(e, layer, op.features, op.affine, op.eps),
        Op::LayerNorm(op) => {
            let (scale, bias) = affine(e, layer, op.affine, op.shape.as_slice());
            let axis = -(op.shape.len() as i64);
            e.op("LayerNormalization", &[x, &scale, &bias], vec![int("axis", axis), float("epsilon", op.eps)])
        }
        Op::GroupNorm(op) => {
            let (scale, bias) = affine(e, layer, op.affine, &[op.channels]);
            e.op("GroupNormalization", &[x, &scale, &bias], vec![int("num_groups", op.groups), float("epsilon", op.eps)])
        }
        Op::InstanceNorm2d(op) => {
            let (scale, bias) = affine(e, layer, op.affine, &[op.features]);
            e.op("InstanceNormalization", &[x, &scale, &bias], vec![float("epsilon", op.eps)])
        }
        Op::RmsNorm(op) => root_mean_square(e, layer, op),
        Op::LocalResponseNorm(op) => local_response(e, layer, op),
        _ => return None,
    };
    Some(Ok(vec![name]))
}

/// Weight and bias; ones and zeros where the layer learns none, since the operators need them.
fn affine(e: &mut Emitter<'_>, layer: &Layer<'_>, learned: bool, dims: &[usize]) -> (String, String) {
    if learned {
        return (e.tensor(&layer.path("weight")), e.tensor(&layer.path("bias")));
    }
    let len = dims.iter().product();
    (e.floats(&layer.path("ones"), dims, &vec![1.0; len]), e.floats(&layer.path("zeros"), dims, &vec![0.0; len]))
}

fn batch(e: &mut Emitter<'_>, layer: &Layer<'_>, features: usize, learned: bool, eps: f64) -> String {
    let (scale, bias) = affine(e, layer, learned, &[features]);
    let (mean, variance) = (e.tensor(&layer.path("running_mean")), e.tensor(&layer.path("running_var")));
    e.op("BatchNormalization", &[layer.x(), &scale, &bias, &mean, &variance], vec![float("epsilon", eps)])
}

/// `x / sqrt(mean(x^2) + eps) * weight`. The operator `RMSNormalization` is newer than the version that is written.
fn root_mean_square(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &RmsNorm) -> String {
    let squares = e.op("Mul", &[layer.x(), layer.x()], vec![]);
    let axes: Vec<i64> = (1..=op.shape.len() as i64).map(|axis| -axis).collect();
    let axes = e.signed(&[axes.len()], &axes);
    let mean = e.op("ReduceMean", &[&squares, &axes], vec![int("keepdims", 1)]);
    let eps = e.number(op.eps);
    let mean = e.op("Add", &[&mean, &eps], vec![]);
    let root = e.op("Sqrt", &[&mean], vec![]);
    let normed = e.op("Div", &[layer.x(), &root], vec![]);
    if !op.affine {
        return normed;
    }
    let weight = e.tensor(&layer.path("weight"));
    e.op("Mul", &[&normed, &weight], vec![])
}

/// For an odd number of channels in the sum there is an operator; for an even one ONNX puts the additional channel on the other side, so the sum is
/// written out as a pool over channels.
fn local_response(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &LocalResponseNorm) -> String {
    if !op.size.is_multiple_of(2) {
        let attributes = vec![int("size", op.size), float("alpha", op.alpha), float("beta", op.beta), float("bias", op.k)];
        return e.op("LRN", &[layer.x()], attributes);
    }
    let shape = &layer.shapes[0];
    let squares = e.op("Mul", &[layer.x(), layer.x()], vec![]);
    let plane = e.reshape(&squares, &[1, shape.dim(0), shape.dim(1) * shape.dim(2)]);
    let attributes = vec![
        ints("kernel_shape", &[op.size, 1]),
        ints("strides", &[1, 1]),
        ints("pads", &[op.size / 2, 0, (op.size - 1) / 2, 0]),
        int("count_include_pad", 1),
    ];
    let mean = e.op("AveragePool", &[&plane], attributes);
    let mean = e.reshape(&mean, shape.dims());
    let (alpha, k, beta) = (e.number(op.alpha), e.number(op.k), e.number(op.beta));
    let sum = e.op("Mul", &[&mean, &alpha], vec![]);
    let sum = e.op("Add", &[&sum, &k], vec![]);
    let power = e.op("Pow", &[&sum, &beta], vec![]);
    e.op("Div", &[layer.x(), &power], vec![])
}

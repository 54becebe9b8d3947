//! Layers with a weight that is multiplied: linear maps and convolutions.

use layercake_ir::Op;
use layercake_ir::ops::{Conv2d, ConvTranspose2d, MaskedConv2d};

use super::emit::{Emitter, int, ints};
use super::{Layer, Written};

pub(super) fn write(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &Op) -> Option<Written> {
    let name = match op {
        Op::Linear(op) => linear(e, layer, op.bias),
        // At inference it is the plain layer.
        Op::DropConnect(op) => linear(e, layer, op.bias),
        Op::Maxout(op) => {
            let all = linear(e, layer, op.bias);
            let mut sizes = layer.output.dims().to_vec();
            sizes.push(op.pieces);
            let pieces = e.reshape(&all, &sizes);
            let axes = e.signed(&[1], &[-1]);
            e.op("ReduceMax", &[&pieces, &axes], vec![int("keepdims", 0)])
        }
        Op::Conv2d(op) => {
            let weight = e.tensor(&layer.path("weight"));
            convolution(e, layer, op, &weight, false)
        }
        Op::Conv1d(op) => {
            let weight = e.tensor(&layer.path("weight"));
            convolution(e, layer, &op.as_conv2d(), &weight, true)
        }
        Op::MaskedConv2d(op) => {
            let weight = e.tensor(&layer.path("weight"));
            let mask = mask(op);
            let mask = e.floats(&layer.path("mask"), &[op.out_channels, op.in_channels, op.kernel[0], op.kernel[1]], &mask);
            let weight = e.op("Mul", &[&weight, &mask], vec![]);
            let window = op.window();
            let plain = Conv2d {
                in_channels: op.in_channels,
                out_channels: op.out_channels,
                kernel: op.kernel,
                stride: [1, 1],
                padding: window.padding,
                dilation: op.dilation,
                groups: 1,
                bias: op.bias,
            };
            convolution(e, layer, &plain, &weight, false)
        }
        Op::ConvTranspose2d(op) => transposed(e, layer, op),
        Op::Embedding(_) => {
            let table = e.tensor(&layer.path("weight"));
            e.op("Gather", &[&table, layer.x()], vec![int("axis", 0)])
        }
        _ => return None,
    };
    Some(Ok(vec![name]))
}

fn linear(e: &mut Emitter<'_>, layer: &Layer<'_>, bias: bool) -> String {
    let weight = e.tensor(&layer.path("weight"));
    let bias = bias.then(|| e.tensor(&layer.path("bias")));
    if layer.shapes[0].rank() == 1 {
        let mut inputs = vec![layer.x(), &weight];
        inputs.extend(bias.as_deref());
        return e.op("Gemm", &inputs, vec![int("transB", 1)]);
    }
    let weight = e.op("Transpose", &[&weight], vec![ints("perm", &[1, 0])]);
    let product = e.op("MatMul", &[layer.x(), &weight], vec![]);
    match bias {
        Some(bias) => e.op("Add", &[&product, &bias], vec![]),
        None => product,
    }
}

fn convolution(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &Conv2d, weight: &str, line: bool) -> String {
    let axes = if line { 1..2 } else { 0..2 };
    let of = |pair: [usize; 2]| pair[axes.clone()].to_vec();
    let attributes = vec![
        ints("kernel_shape", &of(op.kernel)),
        ints("strides", &of(op.stride)),
        ints("pads", &[of(op.padding), of(op.padding)].concat()),
        ints("dilations", &of(op.dilation)),
        int("group", op.groups),
    ];
    let bias = op.bias.then(|| e.tensor(&layer.path("bias")));
    let mut inputs = vec![layer.x(), weight];
    inputs.extend(bias.as_deref());
    e.op("Conv", &inputs, attributes)
}

/// ONNX Runtime refuses an output padding that is not less than the stride. The same rows and columns come from less padding at the end; what is behind
/// all windows is the bias alone.
fn transposed(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &ConvTranspose2d) -> String {
    let (mut ends, mut more, mut behind) = (op.padding, op.output_padding, [0, 0]);
    for axis in 0..2 {
        if more[axis] >= op.stride[axis] {
            let less = ends[axis].min(more[axis]);
            (ends[axis], behind[axis], more[axis]) = (ends[axis] - less, more[axis] - less, 0);
        }
    }
    let attributes = vec![
        ints("kernel_shape", &op.kernel),
        ints("strides", &op.stride),
        ints("pads", &[op.padding, ends].concat()),
        ints("output_padding", &more),
        ints("dilations", &op.dilation),
        int("group", op.groups),
    ];
    let weight = e.tensor(&layer.path("weight"));
    let bias = op.bias.then(|| e.tensor(&layer.path("bias")));
    if behind == [0, 0] {
        let mut inputs = vec![layer.x(), &weight];
        inputs.extend(bias.as_deref());
        return e.op("ConvTranspose", &inputs, attributes);
    }
    let inner = e.op("ConvTranspose", &[layer.x(), &weight], attributes);
    let pads = e.ints(&[0, 0, 0, 0, 0, 0, behind[0], behind[1]]);
    let padded = e.op("Pad", &[&inner, &pads], vec![]);
    let Some(bias) = bias else { return padded };
    let sizes = e.ints(&[op.out_channels, 1, 1]);
    let bias = e.op("Reshape", &[&bias, &sizes], vec![]);
    e.op("Add", &[&padded, &bias], vec![])
}

/// 1 where an output channel sees an input channel, in the order of the weight.
fn mask(op: &MaskedConv2d) -> Vec<f32> {
    let mut mask = Vec::new();
    for out in 0..op.out_channels {
        for input in 0..op.in_channels {
            for row in 0..op.kernel[0] {
                mask.extend((0..op.kernel[1]).map(|column| f32::from(u8::from(op.sees(out, input, row, column)))));
            }
        }
    }
    mask
}

//! Building blocks beyond those of the first networks, alone and combined.

use layercake_ir::{
    Graph, INFER, Op,
    ops::{
        Abs, AdaptiveAvgPool2d, Amax, Amin, Approximation, AvgPool1d, Clamp, Conv1d, ConvTranspose2d, DropConnect, Dropout2d, Elu, Exp,
        FractionalMaxPool2d, Gelu, GlobalAvgPool2d, Glu, GroupNorm, Hardsigmoid, Hardswish, Hardtanh, InstanceNorm2d, Interpolation,
        LayerNorm, LocalResponseNorm, Mask, MaskedConv2d, MaxPool1d, Maxout, Mean, Mish, NanToNum, Pad, PadMode, Permute, Pow, Prelu,
        Relu6, Reshape, Selu, Sigmoid, Silu, Sizes, Slice, Softplus, Softshrink, Softsign, Stack, StochasticDepth, Tanh, Threshold,
        Upsample,
    },
};

use crate::networks::*;

/// Elementwise functions.
fn curves() -> Vec<Op> {
    vec![
        Op::Gelu(Gelu { approximate: Approximation::None }),
        Op::Gelu(Gelu { approximate: Approximation::Tanh }),
        Op::Elu(Elu { alpha: 0.7 }),
        Op::Elu(Elu { alpha: -0.4 }),
        Op::Elu(Elu { alpha: 0.0 }),
        Op::Selu(Selu {}),
        Op::Silu(Silu {}),
        Op::Softplus(Softplus { beta: 1.0, threshold: 20.0 }),
        Op::Softplus(Softplus { beta: 2.5, threshold: 20.0 }),
        Op::Hardtanh(Hardtanh { min_val: -0.3, max_val: 0.6 }),
        Op::Relu6(Relu6 {}),
        Op::Prelu(Prelu { parameters: 1 }),
        Op::Hardsigmoid(Hardsigmoid {}),
        Op::Hardswish(Hardswish {}),
        Op::Mish(Mish {}),
        Op::Softsign(Softsign {}),
        Op::Softshrink(Softshrink { lambd: 0.3 }),
        Op::Threshold(Threshold { threshold: 0.1, value: -0.7 }),
        Op::Exp(Exp {}),
        Op::Abs(Abs {}),
        Op::Pow(Pow { exponent: 3.0 }),
        Op::Clamp(Clamp { min: -0.4, max: 0.9 }),
        Op::NanToNum(NanToNum { nan: 0.0 }),
        Op::Clamp(Clamp { min: 0.0, max: f64::INFINITY }),
    ]
}

fn upsample(scale: [usize; 2], mode: Interpolation, align_corners: bool) -> Op {
    Op::Upsample(Upsample { scale, mode, align_corners })
}

fn adaptive(height: usize, width: usize) -> Op {
    Op::AdaptiveAvgPool2d(AdaptiveAvgPool2d { output_size: [height, width] })
}

fn pad([top, bottom, left, right]: [usize; 4], mode: PadMode) -> Op {
    Op::Pad(Pad { padding: [0; 2], mode, top, bottom, left, right })
}

fn permute(axes: &[usize]) -> Op {
    Op::Permute(Permute { axes: Sizes::new(axes) })
}

fn reshape(shape: &[usize]) -> Op {
    Op::Reshape(Reshape { shape: Sizes::new(shape) })
}

fn slice(axis: usize, start: usize, end: usize) -> Op {
    Op::Slice(Slice { axis, start, end })
}

fn mean(axes: &[usize]) -> Op {
    Op::Mean(Mean { axes: Sizes::new(axes) })
}

fn amax(axes: &[usize]) -> Op {
    Op::Amax(Amax { axes: Sizes::new(axes) })
}

fn amin(axes: &[usize]) -> Op {
    Op::Amin(Amin { axes: Sizes::new(axes) })
}

fn layer_norm(shape: &[usize], affine: bool) -> Op {
    Op::LayerNorm(LayerNorm { shape: Sizes::new(shape), eps: 1e-2, affine })
}

fn group_norm(groups: usize, affine: bool) -> Op {
    Op::GroupNorm(GroupNorm { groups, channels: INFER, eps: 1e-2, affine })
}

fn instance_norm(affine: bool) -> Op {
    Op::InstanceNorm2d(InstanceNorm2d { features: INFER, eps: 1e-2, affine })
}

fn response_norm(size: usize, beta: f64) -> Op {
    Op::LocalResponseNorm(LocalResponseNorm { size, alpha: 0.8, beta, k: 1.5 })
}

/// Kernel, stride, padding, output padding and dilation.
pub fn transposed(
    out_channels: usize,
    [kernel, stride, padding, output_padding, dilation]: [[usize; 2]; 5],
    groups: usize,
    bias: bool,
) -> Op {
    Op::ConvTranspose2d(ConvTranspose2d {
        in_channels: INFER,
        out_channels,
        kernel,
        stride,
        padding,
        output_padding,
        dilation,
        groups,
        bias,
    })
}

fn masked(mask: Mask, stack: Stack, colors: usize, dilation: usize) -> Op {
    let (in_channels, out_channels) = (INFER, 3 * colors);
    Op::MaskedConv2d(MaskedConv2d { in_channels, out_channels, kernel: [3, 5], mask, stack, colors, dilation: [1, dilation], bias: true })
}

fn conv1d([kernel, stride, padding, dilation]: [usize; 4], groups: usize, bias: bool) -> Op {
    Op::Conv1d(Conv1d { in_channels: INFER, out_channels: 4, kernel, stride, padding, dilation, groups, bias })
}

fn max_pool1d(kernel: usize, stride: usize, padding: usize, ceil_mode: bool) -> Op {
    Op::MaxPool1d(MaxPool1d { kernel, stride, padding, dilation: 1, ceil_mode })
}

fn avg_pool1d(kernel: usize, stride: usize, padding: usize, count_include_pad: bool) -> Op {
    Op::AvgPool1d(AvgPool1d { kernel, stride, padding, ceil_mode: true, count_include_pad })
}

fn maxout(out_features: usize, pieces: usize, bias: bool) -> Op {
    Op::Maxout(Maxout { in_features: INFER, out_features, pieces, bias })
}

fn dropout2d(p: f64) -> Op {
    Op::Dropout2d(Dropout2d { p })
}

const IMAGE: &[usize] = &[4, 5, 6];
/// All sizes are equal, so that a mix-up of axes changes only the numbers.
const CUBE: &[usize] = &[4, 4, 4];
const LINE: &[usize] = &[4, 7];
const ROW: &[usize] = &[6];

/// Each operation with options, and an input shape that it accepts.
pub fn all() -> Vec<(&'static [usize], Op)> {
    let mut list: Vec<(&'static [usize], Op)> = curves().into_iter().map(|op| (ROW, op)).collect();
    for shape in [IMAGE, CUBE] {
        list.extend([
            (shape, Op::Prelu(Prelu { parameters: 4 })),
            (shape, Op::GlobalAvgPool2d(GlobalAvgPool2d {})),
            (shape, adaptive(2, 2)),
            (shape, adaptive(3, 3)),
            (shape, adaptive(1, 4)),
            (shape, adaptive(7, 5)),
            (shape, upsample([2, 3], Interpolation::Nearest, false)),
            (shape, upsample([3, 1], Interpolation::BedOfNails, false)),
            (shape, upsample([2, 3], Interpolation::Bilinear, false)),
            (shape, upsample([3, 2], Interpolation::Bilinear, true)),
            (shape, upsample([1, 1], Interpolation::Bilinear, true)),
            (shape, pad([1, 2, 0, 3], PadMode::Zeros)),
            (shape, pad([1, 2, 0, 3], PadMode::Reflect)),
            (shape, pad([1, 2, 0, 3], PadMode::Replicate)),
            (shape, permute(&[2, 0, 1])),
            (shape, permute(&[0, 2, 1])),
            (shape, permute(&[0, 1, 2])),
            (shape, slice(1, 1, 3)),
            (shape, slice(0, 3, 4)),
            (shape, mean(&[2, 0])),
            (shape, mean(&[1])),
            (shape, amax(&[1, 2])),
            (shape, amax(&[0])),
            (shape, amin(&[1, 2])),
            (shape, amin(&[0])),
            (shape, layer_norm(&shape[1..], true)),
            (shape, layer_norm(shape, true)),
            (shape, group_norm(2, true)),
            (shape, group_norm(2, false)),
            (shape, group_norm(1, true)),
            (shape, instance_norm(true)),
            (shape, instance_norm(false)),
            (shape, response_norm(3, 0.75)),
            (shape, response_norm(2, 1.0)),
            (shape, response_norm(11, 0.5)),
            (shape, dropout2d(0.4)),
            (shape, Op::FractionalMaxPool2d(FractionalMaxPool2d { kernel: [2, 1], output_size: [2, 3] })),
            (shape, Op::StochasticDepth(StochasticDepth { p: 0.4 })),
            (shape, Op::Glu(Glu { axis: 0 })),
            (shape, transposed(3, [[3, 2], [1, 1], [0, 0], [0, 0], [1, 1]], 1, true)),
            (shape, transposed(6, [[3, 3], [2, 2], [1, 0], [1, 1], [1, 1]], 2, true)),
            (shape, transposed(2, [[2, 2], [2, 3], [0, 0], [0, 2], [1, 1]], 1, false)),
            (shape, transposed(4, [[2, 3], [1, 2], [1, 2], [1, 0], [2, 1]], 4, false)),
            (shape, transposed(3, [[1, 1], [3, 2], [0, 0], [2, 1], [1, 1]], 1, true)),
            (shape, transposed(2, [[3, 2], [1, 1], [1, 2], [0, 2], [1, 3]], 1, true)),
            (shape, masked(Mask::A, Stack::Full, 1, 1)),
            (shape, masked(Mask::B, Stack::Full, 2, 2)),
            (shape, masked(Mask::A, Stack::Vertical, 1, 1)),
            (shape, masked(Mask::B, Stack::Horizontal, 2, 1)),
        ]);
    }
    for shape in [LINE, &[4, 4]] {
        list.extend([
            (shape, conv1d([3, 1, 1, 1], 1, true)),
            (shape, conv1d([2, 2, 0, 2], 2, false)),
            (shape, conv1d([3, 3, 4, 2], 4, true)),
            (shape, max_pool1d(3, 2, 1, true)),
            (shape, max_pool1d(2, 1, 0, false)),
            (shape, avg_pool1d(3, 2, 1, true)),
            (shape, avg_pool1d(3, 2, 1, false)),
            (shape, Op::DropConnect(DropConnect { in_features: INFER, out_features: 3, p: 0.4, bias: true })),
            (shape, maxout(3, 2, true)),
            (shape, maxout(4, 1, false)),
            (shape, layer_norm(&[], true)),
            (shape, layer_norm(shape, false)),
            (shape, group_norm(4, true)),
            (shape, permute(&[1, 0])),
            (shape, pad([0, 0, 2, 1], PadMode::Reflect)),
            (shape, pad([0, 0, 0, 5], PadMode::Zeros)),
            (shape, Op::Glu(Glu { axis: 0 })),
            (shape, mean(&[0])),
            (shape, amax(&[1])),
            (shape, slice(1, 0, 3)),
            (shape, Op::Prelu(Prelu { parameters: 4 })),
        ]);
    }
    list.extend([
        (ROW, Op::DropConnect(DropConnect { in_features: INFER, out_features: 5, p: 0.3, bias: false })),
        (ROW, maxout(5, 3, true)),
        (ROW, layer_norm(&[], true)),
        (ROW, group_norm(3, true)),
        (ROW, Op::Glu(Glu { axis: 0 })),
        (ROW, slice(0, 2, 5)),
        (ROW, Op::StochasticDepth(StochasticDepth { p: 0.4 })),
        (ROW, permute(&[0])),
        (ROW, reshape(&[2, 3])),
        (ROW, Op::Prelu(Prelu { parameters: 6 })),
        (IMAGE, reshape(&[10, INFER])),
        (&[4, 2, 3, 2], mean(&[1, 3])),
        (&[4, 2, 3, 2], permute(&[0, 3, 1, 2])),
        (&[4, 2, 3, 2], amax(&[0, 2])),
        (&[4, 2, 3, 2], amin(&[1, 3])),
    ]);
    list
}

/// The operations of [`all`] on values of rank `rank`, without those that would let a graph grow.
pub fn of_rank(rank: usize) -> Vec<Op> {
    let small = |op: &Op| {
        !matches!(
            op,
            Op::Upsample(_)
                | Op::Pad(_)
                | Op::ConvTranspose2d(_)
                | Op::Amax(_)
                | Op::Amin(_)
                | Op::Maxout(_)
                | Op::FractionalMaxPool2d(_)
                | Op::DropConnect(_)
        )
    };
    all().into_iter().filter(|(shape, op)| shape.len() == rank && small(op)).map(|(_, op)| op).collect()
}

/// Several blocks in sequence.
pub fn several() -> Graph {
    let ops = [
        conv(8, 3, 1),
        group_norm(2, true),
        Op::Silu(Silu {}),
        masked(Mask::B, Stack::Full, 2, 1),
        Op::Prelu(Prelu { parameters: 6 }),
        transposed(4, [[3, 3], [2, 2], [1, 1], [1, 1], [1, 1]], 2, true),
        Op::Gelu(Gelu { approximate: Approximation::None }),
        response_norm(3, 0.75),
        adaptive(5, 4),
        dropout2d(0.2),
        layer_norm(&[5, 4], true),
        reshape(&[4, 20]),
        conv1d([3, 1, 1, 1], 2, true),
        Op::Selu(Selu {}),
        permute(&[1, 0]),
        maxout(3, 2, true),
        amax(&[0]),
    ];
    chain(&[3, 6, 5], &ops)
}

#[test]
fn by_themselves() {
    for (shape, op) in all() {
        for batch in [1, 3, 37] {
            let result = std::panic::catch_unwind(|| check(&chain(shape, &[op]), batch));
            assert!(result.is_ok(), "{op:?} on {shape:?}, a batch of {batch}");
        }
    }
}

#[test]
fn between_others() {
    for (shape, op) in all() {
        // The layer before needs a gradient; the layer after is fused where possible, and works in place where not.
        let result = std::panic::catch_unwind(|| {
            check(&chain(shape, &[Op::Tanh(Tanh {}), op, Op::Sigmoid(Sigmoid {}), op_of_elements(), Op::Tanh(Tanh {})]), 5)
        });
        assert!(result.is_ok(), "{op:?} on {shape:?}");
    }
}

fn op_of_elements() -> Op {
    Op::Silu(Silu {})
}

#[test]
fn activations_behind_products() {
    for op in curves() {
        for batch in [2, 35] {
            check(&chain(&[5], &[linear(7), op, linear(3)]), batch);
            check(&chain(&[2, 5, 4], &[conv(4, 3, 1), op, op]), batch);
        }
    }
}

#[test]
fn in_a_row() {
    check(&several(), 3);
    check(&several(), 37);
}

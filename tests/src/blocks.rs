//! The less common building blocks of random networks.

use layercake::ir::ops::{
    Abs, AdaptiveAvgPool2d, Amax, Amin, Approximation, AvgPool1d, Clamp, Conv1d, ConvTranspose2d, DropConnect, Dropout2d, Elu,
    FractionalMaxPool2d, Gelu, GlobalAvgPool2d, GlobalMaxPool2d, Glu, GroupNorm, Hardsigmoid, Hardswish, Hardtanh, InstanceNorm2d,
    Interpolation, LayerNorm, LocalResponseNorm, Mask, MaskedConv2d, MaxPool1d, Maxout, Mean, Mish, Pad, PadMode, Permute, PixelShuffle,
    Prelu, Relu6, Rescaling, Reshape, RmsNorm, Rrelu, Select, Selu, Silu, Sizes, Slice, Softmin, Softplus, Softshrink, Softsign, Squeeze,
    Stack, StochasticDepth, Sum, Threshold, Transpose, Unsqueeze, Upsample,
};
use layercake::ir::{INFER, Op};

use crate::Random;
use crate::chain::pair;

/// One of a list.
fn of<T: Copy>(random: &mut Random, list: &[T]) -> T {
    list[random.whole(0, list.len() - 1)]
}

/// With few values per group and a small `eps`, normalization is nearly a step function.
fn eps(random: &mut Random) -> f64 {
    of(random, &[1e-2, 0.1, 0.5])
}

pub(crate) fn block_of_images(random: &mut Random) -> Op {
    match random.whole(0, 11) {
        0 | 1 => {
            let groups = if random.chance(0.3) { random.whole(2, 4) } else { 1 };
            Op::ConvTranspose2d(ConvTranspose2d {
                in_channels: INFER,
                out_channels: groups * random.whole(1, 8 / groups),
                kernel: pair(random, 1, 4),
                stride: pair(random, 1, 3),
                padding: pair(random, 0, 2),
                output_padding: pair(random, 0, 1),
                dilation: if random.chance(0.7) { [1, 1] } else { pair(random, 1, 3) },
                groups,
                bias: random.chance(0.7),
            })
        }
        2 | 3 => {
            let colors = random.whole(1, 3);
            Op::MaskedConv2d(MaskedConv2d {
                in_channels: INFER,
                out_channels: colors * random.whole(1, 4),
                kernel: [1, 2].map(|_| of(random, &[1, 3, 5])),
                mask: of(random, &[Mask::A, Mask::B]),
                stack: of(random, &[Stack::Full, Stack::Vertical, Stack::Horizontal]),
                colors,
                dilation: pair(random, 1, 2),
                bias: random.chance(0.7),
            })
        }
        4 if random.chance(0.5) => {
            Op::FractionalMaxPool2d(FractionalMaxPool2d { kernel: pair(random, 1, 3), output_size: pair(random, 1, 5) })
        }
        4 => Op::AdaptiveAvgPool2d(AdaptiveAvgPool2d { output_size: pair(random, 1, 7) }),
        5 if random.chance(0.3) => Op::GlobalAvgPool2d(GlobalAvgPool2d {}),
        5 | 6 => Op::Upsample(Upsample {
            scale: pair(random, 1, 3),
            mode: of(random, &[Interpolation::Nearest, Interpolation::Bilinear, Interpolation::BedOfNails]),
            align_corners: random.chance(0.3),
        }),
        7 => pad(random),
        8 => Op::InstanceNorm2d(InstanceNorm2d { features: INFER, eps: eps(random), affine: random.chance(0.7) }),
        9 => Op::LocalResponseNorm(LocalResponseNorm {
            size: random.whole(1, 6),
            alpha: of(random, &[1e-4, 0.5, 1.0]),
            beta: of(random, &[0.75, 1.0, 0.5]),
            k: of(random, &[1.0, 2.0]),
        }),
        10 if random.chance(0.4) => Op::StochasticDepth(StochasticDepth { p: of(random, &[0.0, 0.3, 0.6]) }),
        10 => Op::Dropout2d(Dropout2d { p: of(random, &[0.0, 0.3, 0.6]) }),
        _ => block_of_anything(random, 3),
    }
}

pub(crate) fn block_of_rows(random: &mut Random, rank: usize) -> Op {
    match random.whole(0, 5) {
        0 if random.chance(0.4) => Op::DropConnect(DropConnect {
            in_features: INFER,
            out_features: random.whole(1, 12),
            p: of(random, &[0.0, 0.3, 0.6]),
            bias: random.chance(0.7),
        }),
        0 => {
            let (out_features, pieces) = (random.whole(1, 12), random.whole(1, 4));
            Op::Maxout(Maxout { in_features: INFER, out_features, pieces, bias: random.chance(0.7) })
        }
        1 if rank == 2 => {
            let groups = if random.chance(0.3) { random.whole(2, 4) } else { 1 };
            Op::Conv1d(Conv1d {
                in_channels: INFER,
                out_channels: groups * random.whole(1, 8 / groups),
                kernel: random.whole(1, 4),
                stride: random.whole(1, 3),
                padding: random.whole(0, 3),
                dilation: random.whole(1, 2),
                groups,
                bias: random.chance(0.7),
            })
        }
        2 if rank == 2 => Op::MaxPool1d(MaxPool1d {
            kernel: random.whole(1, 4),
            stride: random.whole(1, 3),
            padding: random.whole(0, 2),
            dilation: random.whole(1, 2),
            ceil_mode: random.chance(0.5),
        }),
        3 if rank == 2 => Op::AvgPool1d(AvgPool1d {
            kernel: random.whole(1, 4),
            stride: random.whole(1, 3),
            padding: random.whole(0, 2),
            ceil_mode: random.chance(0.5),
            count_include_pad: random.chance(0.5),
        }),
        4 if rank == 2 => pad(random),
        4 => Op::LayerNorm(LayerNorm { shape: Sizes::NONE, eps: eps(random), affine: random.chance(0.7) }),
        _ => block_of_anything(random, rank),
    }
}

pub(crate) fn block_of_anything(random: &mut Random, rank: usize) -> Op {
    let axis = random.whole(0, rank - 1);
    match random.whole(0, 31) {
        31 => Op::Abs(Abs {}),
        18 => Op::Hardsigmoid(Hardsigmoid {}),
        19 => Op::Hardswish(Hardswish {}),
        20 => Op::Mish(Mish {}),
        21 => Op::Softsign(Softsign {}),
        22 => Op::Softshrink(Softshrink { lambd: of(random, &[0.0, 0.5]) }),
        23 => Op::Threshold(Threshold { threshold: of(random, &[0.0, 0.3]), value: of(random, &[0.0, -0.5]) }),
        24 => Op::Clamp(Clamp { min: of(random, &[f64::NEG_INFINITY, -0.5]), max: of(random, &[0.5, 1.5]) }),
        25 => Op::Rrelu(Rrelu { lower: 0.1, upper: of(random, &[0.1, 0.6]) }),
        26 => Op::Softmin(Softmin { axis }),
        27 => Op::GlobalMaxPool2d(GlobalMaxPool2d {}),
        28 => Op::PixelShuffle(PixelShuffle { factor: random.whole(1, 2) }),
        29 => Op::Select(Select { axis, index: random.whole(0, 3) }),
        30 => Op::RmsNorm(RmsNorm { shape: Sizes::NONE, eps: eps(random), affine: random.chance(0.7) }),
        0 => Op::Gelu(Gelu { approximate: of(random, &[Approximation::None, Approximation::Tanh]) }),
        1 => Op::Elu(Elu { alpha: of(random, &[1.0, 0.4, 0.0, -0.6]) }),
        2 => Op::Selu(Selu {}),
        3 => Op::Silu(Silu {}),
        4 => Op::Softplus(Softplus { beta: of(random, &[1.0, 3.0]), threshold: 20.0 }),
        5 => Op::Hardtanh(Hardtanh { min_val: of(random, &[-1.0, -0.25]), max_val: of(random, &[1.0, 0.5]) }),
        6 => Op::Relu6(Relu6 {}),
        7 => Op::Prelu(Prelu { parameters: random.whole(1, 8) }),
        8 => Op::Prelu(Prelu { parameters: 1 }),
        9 => Op::Glu(Glu { axis }),
        10 => Op::Reshape(Reshape { shape: Sizes::new(&[random.whole(1, 6), INFER]) }),
        11 => Op::Reshape(Reshape { shape: Sizes::new(&[random.whole(1, 4), INFER, random.whole(1, 4)]) }),
        12 => Op::Permute(Permute { axes: order(random, rank) }),
        13 => Op::Slice(Slice { axis, start: random.whole(0, 2), end: of(random, &[INFER, 3, 5]) }),
        14 => Op::Mean(Mean { axes: some(random, rank) }),
        15 if random.chance(0.5) => Op::Amin(Amin { axes: some(random, rank) }),
        15 => Op::Amax(Amax { axes: some(random, rank) }),
        _ => {
            let groups = random.whole(1, 4);
            Op::GroupNorm(GroupNorm { groups, channels: INFER, eps: eps(random), affine: random.chance(0.7) })
        }
    }
}

/// Operations on axes, and a multiple.
pub(crate) fn on_axes(random: &mut Random, rank: usize) -> Op {
    let axis = random.whole(0, rank - 1);
    match random.whole(0, 4) {
        0 => Op::Sum(Sum { axes: some(random, rank) }),
        1 => Op::Transpose(Transpose { axes: Sizes::new(&order(random, rank.max(2)).as_slice()[..2]) }),
        2 => Op::Rescaling(Rescaling { scale: of(random, &[0.5, -1.5]), offset: of(random, &[0.0, 0.25]) }),
        3 => Op::Squeeze(Squeeze { axis }),
        _ => Op::Unsqueeze(Unsqueeze { axis }),
    }
}

fn pad(random: &mut Random) -> Op {
    let mode = of(random, &[PadMode::Zeros, PadMode::Reflect, PadMode::Replicate]);
    Op::Pad(Pad {
        padding: pair(random, 0, 3),
        mode,
        top: INFER,
        bottom: INFER,
        left: of(random, &[INFER, 0, 2]),
        right: of(random, &[INFER, 1, 4]),
    })
}

/// All axes, in any order.
fn order(random: &mut Random, rank: usize) -> Sizes {
    let mut axes: Vec<usize> = (0..rank).collect();
    for i in 1..rank {
        axes.swap(i, random.whole(0, i));
    }
    Sizes::new(&axes)
}

/// One axis or more, in any order, but not all.
fn some(random: &mut Random, rank: usize) -> Sizes {
    Sizes::new(&order(random, rank).as_slice()[..random.whole(1, rank.max(2) - 1)])
}

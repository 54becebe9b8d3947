//! Every shape rule against numbers computed by hand, and every mistake.

use layercake_ir::ops::*;
use layercake_ir::{Builder, INFER, Mistake, Op, Part, Shape, Site, check_input, check_output, stated};

const SITE: Site = Site { layer: "it", source: "before", flattened: None, others: &[], exact: false };

fn conv(kernel: usize) -> Conv2d {
    let pair = [1, 1];
    Conv2d {
        in_channels: INFER,
        out_channels: 8,
        kernel: [kernel; 2],
        stride: pair,
        padding: [0; 2],
        dilation: pair,
        groups: 1,
        bias: true,
    }
}

fn pool(kernel: usize) -> MaxPool2d {
    MaxPool2d { kernel: [kernel; 2], stride: [kernel; 2], padding: [0; 2], dilation: [1; 2], ceil_mode: false }
}

fn infer(op: Op, input: &[usize]) -> Result<(Op, Shape), Mistake> {
    op.infer(&[Shape::new(input)], &SITE)
}

fn output(op: Op, input: &[usize]) -> Vec<usize> {
    infer(op, input).unwrap().1.dims().to_vec()
}

#[track_caller]
fn refused(op: Op, input: &[usize], part: Part, message: &str) {
    let mistake = infer(op, input).expect_err("the rule must refuse this");
    assert_eq!((mistake.part, mistake.to_string().as_str()), (part, message));
}

#[test]
fn convolution_sizes() {
    assert_eq!(output(Op::Conv2d(conv(5)), &[1, 28, 28]), [8, 24, 24]);
    assert_eq!(output(Op::Conv2d(Conv2d { padding: [2, 0], ..conv(5) }), &[1, 28, 28]), [8, 28, 24]);
    // floor((28 - 5) / 2) + 1 = 12: the last column is dropped.
    assert_eq!(output(Op::Conv2d(Conv2d { stride: [2, 3], ..conv(5) }), &[1, 28, 28]), [8, 12, 8]);
    // A kernel of 3 with dilation 4 spans 9.
    assert_eq!(output(Op::Conv2d(Conv2d { dilation: [4, 1], ..conv(3) }), &[1, 9, 9]), [8, 1, 7]);
    // Padding wider than the kernel.
    assert_eq!(output(Op::Conv2d(Conv2d { padding: [4; 2], ..conv(3) }), &[1, 1, 1]), [8, 7, 7]);
}

/// A sum that overflows must not become valid when something is subtracted from it.
#[test]
fn sizes_that_cannot_be_counted_are_refused() {
    let (kernel, pair) = ([3; 2], [1; 2]);
    let (in_channels, out_channels, groups, bias) = (INFER, 1, 1, true);
    let base = ConvTranspose2d {
        in_channels,
        out_channels,
        kernel,
        stride: pair,
        padding: [0; 2],
        output_padding: [0; 2],
        dilation: pair,
        groups,
        bias,
    };
    let cut = [usize::MAX / 2 - 4; 2];
    for op in [
        ConvTranspose2d { stride: [1 << 63; 2], padding: cut, ..base },
        ConvTranspose2d { dilation: [1 << 63; 2], padding: cut, ..base },
        ConvTranspose2d { kernel: [usize::MAX / 2, 3], padding: [usize::MAX / 4, 0], ..base },
        ConvTranspose2d { padding: [usize::MAX; 2], ..base },
    ] {
        assert!(infer(Op::ConvTranspose2d(op), &[1, 4, 4]).is_err(), "{op:?}");
    }
    for (padding, dilation, stride) in [(usize::MAX / 2, 1, 1), (usize::MAX / 2 + 1, 1, 1), (usize::MAX, 1, 9), (0, usize::MAX, 1)] {
        let op = Conv2d { padding: [padding; 2], dilation: [dilation; 2], stride: [stride; 2], ..conv(3) };
        assert!(infer(Op::Conv2d(op), &[1, 8, 8]).is_err(), "{op:?}");
    }
}

/// A value without axes has no last axis.
#[test]
fn values_without_axes_are_refused_by_layers_that_need_one() {
    let (eps, affine) = (1e-5, true);
    for op in [
        Op::Glu(Glu { axis: INFER }),
        Op::LayerNorm(LayerNorm { shape: Sizes::NONE, eps, affine }),
        Op::GroupNorm(GroupNorm { groups: 1, channels: INFER, eps, affine }),
        Op::Softmax(Softmax { axis: INFER }),
        Op::Softmax(Softmax { axis: 0 }),
        Op::Permute(Permute { axes: Sizes::new(&[0]) }),
        Op::Mean(Mean { axes: Sizes::new(&[0]) }),
        Op::Slice(Slice { axis: INFER, start: 0, end: INFER }),
        Op::Chunk(Chunk { chunks: 1, axis: 0 }),
        Op::Split(Split { sizes: Sizes::new(&[1]), axis: 0 }),
    ] {
        assert!(infer(op, &[]).is_err(), "{op:?}");
    }
}

#[test]
fn pool_sizes_follow_pytorch() {
    assert_eq!(output(Op::MaxPool2d(pool(2)), &[6, 28, 29]), [6, 14, 14]);
    let ceil = MaxPool2d { ceil_mode: true, ..pool(2) };
    assert_eq!(output(Op::MaxPool2d(ceil), &[6, 28, 29]), [6, 14, 15]);
    // torch.nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True) has an output of 3x3 for 4x4, and of 3x3 for 5x5: a last window that would
    // start in the padding after the input is dropped.
    let padded = MaxPool2d { kernel: [3; 2], stride: [2; 2], padding: [1; 2], ceil_mode: true, dilation: [1; 2] };
    assert_eq!(output(Op::MaxPool2d(padded), &[1, 4, 5]), [1, 3, 3]);
    let apart = MaxPool2d { kernel: [2; 2], stride: [3; 2], padding: [1; 2], ceil_mode: true, dilation: [1; 2] };
    assert_eq!(output(Op::MaxPool2d(apart), &[1, 4, 5]), [1, 2, 2]);
    let mean = AvgPool2d { kernel: [3, 2], stride: [2, 1], padding: [1, 0], ceil_mode: false, count_include_pad: true };
    assert_eq!(output(Op::AvgPool2d(mean), &[2, 7, 7]), [2, 4, 6]);
}

/// The output size is `(height - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1`.
#[test]
fn transposed_convolution_sizes() {
    let one = [1; 2];
    let plain = ConvTranspose2d {
        in_channels: INFER,
        out_channels: 8,
        kernel: [3; 2],
        stride: one,
        padding: [0; 2],
        output_padding: [0; 2],
        dilation: one,
        groups: 1,
        bias: true,
    };
    assert_eq!(output(Op::ConvTranspose2d(plain), &[2, 4, 5]), [8, 6, 7]);
    // (4 - 1) 2 - 2 + 2 + 1 + 1 = 8; (5 - 1) 3 + 2 + 1 = 15.
    let strided = ConvTranspose2d { stride: [2, 3], padding: [1, 0], output_padding: [1, 0], ..plain };
    assert_eq!(output(Op::ConvTranspose2d(strided), &[2, 4, 5]), [8, 8, 15]);
    // Each of the 2 * 4 * 5 elements is multiplied by 8 * 9 weights, in both cases.
    let cost = |op: ConvTranspose2d| Op::ConvTranspose2d(op).multiply_adds(&[Shape::new(&[2, 4, 5])], &Shape::new(&[8, 6, 7]));
    assert_eq!((cost(plain), cost(strided)), (40 * 72, 40 * 72));
    let (op, _) = infer(Op::ConvTranspose2d(ConvTranspose2d { groups: 2, ..plain }), &[2, 4, 5]).unwrap();
    assert_eq!(op.params().as_slice()[0].shape.dims(), [2, 4, 3, 3]);
    let huge = ConvTranspose2d { stride: [usize::MAX - 1; 2], ..plain };
    assert!(infer(Op::ConvTranspose2d(huge), &[2, 4, 5]).is_err());
}

#[test]
fn sizes_of_what_samples_and_moves() {
    let adaptive = |size| Op::AdaptiveAvgPool2d(AdaptiveAvgPool2d { output_size: size });
    assert_eq!(output(adaptive([7, 2]), &[5, 3, 9]), [5, 7, 2]);
    let reshape = |sizes: &[usize]| Op::Reshape(Reshape { shape: Sizes::new(sizes) });
    assert_eq!(output(reshape(&[2, INFER, 3]), &[4, 6]), [2, 4, 3]);
    let permute = |axes: &[usize]| Op::Permute(Permute { axes: Sizes::new(axes) });
    assert_eq!(output(permute(&[2, 0, 1]), &[4, 5, 6]), [6, 4, 5]);
    let mean = |axes: &[usize]| Op::Mean(Mean { axes: Sizes::new(axes) });
    assert_eq!(output(mean(&[2, 0]), &[4, 5, 6]), [5]);
    let pad = Pad { padding: [1, 2], mode: PadMode::Zeros, top: INFER, bottom: 0, left: 5, right: INFER };
    assert_eq!(output(Op::Pad(pad), &[4, 5, 6]), [4, 6, 13]);
    assert_eq!(output(Op::Pad(Pad { top: INFER, bottom: INFER, ..pad }), &[4, 6]), [4, 13]);
    assert_eq!(output(Op::Slice(Slice { axis: 1, start: 2, end: INFER }), &[4, 5]), [4, 3]);
    assert_eq!(output(Op::Glu(Glu { axis: INFER }), &[3, 8]), [3, 4]);
    assert_eq!(output(Op::Maxout(Maxout { in_features: INFER, out_features: 3, pieces: 4, bias: true }), &[2, 5]), [2, 3]);
    let (op, _) = infer(Op::Maxout(Maxout { in_features: INFER, out_features: 3, pieces: 4, bias: true }), &[5]).unwrap();
    assert_eq!(op.params().count(), 12 * 5 + 12);
    assert!(infer(reshape(&[usize::MAX - 1, 3]), &[4, 6]).is_err() && infer(mean(&[0]), &[4]).is_err());
}

/// Figure 2 of the paper, for a kernel of 3 and one color, and the order of colors at the center.
#[test]
fn masks_of_pixelcnn() {
    let conv = |mask, stack, colors| MaskedConv2d {
        in_channels: 3,
        out_channels: 6,
        kernel: [3; 2],
        mask,
        stack,
        colors,
        dilation: [1; 2],
        bias: true,
    };
    let seen = |op: MaskedConv2d| [0, 1, 2].map(|row| [0, 1, 2].map(|column| u8::from(op.sees(5, 0, row, column))));
    assert_eq!(seen(conv(Mask::A, Stack::Full, 1)), [[1, 1, 1], [1, 0, 0], [0, 0, 0]]);
    assert_eq!(seen(conv(Mask::B, Stack::Full, 1)), [[1, 1, 1], [1, 1, 0], [0, 0, 0]]);
    assert_eq!(seen(conv(Mask::A, Stack::Vertical, 1)), [[1, 1, 1], [0, 0, 0], [0, 0, 0]]);
    assert_eq!(seen(conv(Mask::B, Stack::Vertical, 1)), [[1, 1, 1], [1, 1, 1], [0, 0, 0]]);
    assert_eq!(seen(conv(Mask::A, Stack::Horizontal, 1)), [[0, 0, 0], [1, 0, 0], [0, 0, 0]]);
    assert_eq!(seen(conv(Mask::B, Stack::Horizontal, 1)), [[0, 0, 0], [1, 1, 0], [0, 0, 0]]);
    let center = |mask| [0, 2, 4].map(|out| [0, 1, 2].map(|input| u8::from(conv(mask, Stack::Full, 3).sees(out, input, 1, 1))));
    assert_eq!(center(Mask::A), [[0, 0, 0], [1, 0, 0], [1, 1, 0]]);
    assert_eq!(center(Mask::B), [[1, 0, 0], [1, 1, 0], [1, 1, 1]]);
}

/// A 3x3 convolution, a pool of 2, upsampling by 2, a 3x3 convolution: the field is 3, 4 with a step of 2, 4 with a step of 1 again, 6.
#[test]
fn an_enlarged_map_sees_with_smaller_steps() {
    let mut b = Builder::new("Up");
    let mut x = b.input("input", Shape::new(&[1, 16, 16])).unwrap();
    let up = Upsample { scale: [2; 2], mode: Interpolation::Nearest, align_corners: false };
    for (i, op) in [Op::Conv2d(conv(3)), Op::MaxPool2d(pool(2)), Op::Upsample(up), Op::Conv2d(conv(3))].into_iter().enumerate() {
        x = b.add(&format!("l{i}"), op, &[x]).unwrap();
    }
    assert_eq!(b.finish(&[("output", x)]).receptive_field(), [6, 6]);
}

#[test]
fn inferred_sizes_are_filled_in() {
    let (op, _) = infer(Op::Conv2d(conv(1)), &[3, 4, 4]).unwrap();
    assert!(matches!(op, Op::Conv2d(Conv2d { in_channels: 3, .. })));
    let (op, shape) = infer(Op::Linear(Linear { in_features: INFER, out_features: 2, bias: true }), &[7, 5]).unwrap();
    assert!(matches!(op, Op::Linear(Linear { in_features: 5, .. })));
    assert_eq!(shape.dims(), [7, 2]);
    let (op, _) = infer(Op::Softmax(Softmax { axis: INFER }), &[7]).unwrap();
    assert_eq!(op, Op::Softmax(Softmax { axis: 0 }));
}

#[test]
fn an_unknown_input_is_quiet() {
    let bad = Op::Conv2d(Conv2d { kernel: [0; 2], ..conv(1) });
    assert!(bad.infer(&[Shape::UNKNOWN], &SITE).unwrap().1.is_unknown());
}

#[test]
fn refusals() {
    refused(
        Op::Conv2d(conv(5)),
        &[400],
        Part::Layer,
        "`it` (Conv2d) expects an image [channels, height, width], but receives [400] from `before`",
    );
    refused(
        Op::Conv2d(Conv2d { in_channels: 3, ..conv(5) }),
        &[1, 28, 28],
        Part::In,
        "`it` (Conv2d) expects 3 input channels, but receives 1: [1, 28, 28] from `before`\n\
         help: write `1`, or leave the input size out to infer it",
    );
    refused(
        Op::Conv2d(conv(5)),
        &[1, 4, 8],
        Part::Option("kernel"),
        "`it` has a kernel 5 high, but receives [1, 4, 8] from `before`\nhelp: use a kernel of at most 4, or pad with `padding = 1`",
    );
    refused(
        Op::Conv2d(Conv2d { groups: 3, ..conv(1) }),
        &[6, 4, 4],
        Part::Option("groups"),
        "`it` cannot split its 8 output channels into 3 equal groups\nhelp: `groups` must divide both 6 and 8; the largest such number is 2",
    );
    refused(Op::Conv2d(Conv2d { groups: 0, ..conv(1) }), &[6, 4, 4], Part::Option("groups"), "`it` has 0 groups; it must have at least 1");
    refused(
        Op::Conv2d(Conv2d { stride: [1, 0], ..conv(1) }),
        &[6, 4, 4],
        Part::Option("stride"),
        "`it` has a stride of 0; it must be at least 1",
    );
    refused(
        Op::MaxPool2d(MaxPool2d { padding: [2; 2], ..pool(2) }),
        &[6, 4, 4],
        Part::Option("padding"),
        "`it` has a padding of 2, more than half its kernel of 2\nhelp: use a padding of at most 1",
    );
    // The window covers rows -1 and 2; the input has rows 0 and 1.
    let sparse = MaxPool2d { stride: [1; 2], padding: [1; 2], dilation: [3, 1], ..pool(2) };
    refused(
        Op::MaxPool2d(sparse),
        &[6, 2, 4],
        Part::Option("dilation"),
        "`it` has a window of padding alone: its dilation is 3, but it receives [6, 2, 4] from `before`\nhelp: use a dilation of at most 2",
    );
    assert_eq!(output(Op::MaxPool2d(sparse), &[6, 3, 4]), [6, 2, 5]);
    assert_eq!(output(Op::MaxPool2d(MaxPool2d { padding: [0; 2], ..sparse }), &[6, 4, 4]), [6, 1, 3]);
    refused(
        Op::Linear(Linear { in_features: 3, out_features: 1, bias: false }),
        &[4],
        Part::In,
        "`it` (Linear) expects 3 input features, but receives 4 from `before`\nhelp: write `4`, or leave the input size out to infer it",
    );
    refused(
        Op::Linear(Linear { in_features: INFER, out_features: 1, bias: false }),
        &[4, 2, 2],
        Part::Layer,
        "`it` (Linear) expects [features] or [length, features], but receives [4, 2, 2] from `before`\n\
         help: put `Flatten` before it; to map the last axis alone, state its size, 2",
    );
    refused(
        Op::Dropout(Dropout { p: -0.1 }),
        &[4],
        Part::Option("p"),
        "`it` has a `p` of -0.1, outside 0..1; it is the probability of dropping an element",
    );
    refused(
        Op::Softmax(Softmax { axis: 3 }),
        &[4, 2, 2],
        Part::Option("axis"),
        "`it` acts along axis 3, but receives [4, 2, 2] from `before`\nhelp: write `2` for the last axis; axes are counted from 0, without the batch",
    );
    let norm = BatchNorm1d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true };
    refused(
        Op::BatchNorm1d(norm),
        &[4, 2, 2],
        Part::Layer,
        "`it` (BatchNorm1d) expects [features] or [channels, length], but receives [4, 2, 2] from `before`\nhelp: use `BatchNorm2d` for images",
    );
    for nan in [f64::NAN, f64::INFINITY] {
        assert!(infer(Op::BatchNorm1d(BatchNorm1d { eps: nan, ..norm }), &[4]).is_err());
        assert!(infer(Op::Dropout(Dropout { p: nan }), &[4]).is_err());
        assert!(infer(Op::LeakyRelu(LeakyRelu { negative_slope: nan }), &[4]).is_err());
    }
}

#[test]
fn what_a_network_probably_meant_by_its_input() {
    let site = Site { source: "", ..SITE };
    let message = |input: &[usize]| Op::Conv2d(conv(3)).infer(&[Shape::new(input)], &site).unwrap_err().to_string();
    let works = "`it` (Conv2d) expects an image [channels, height, width], but receives";
    assert_eq!(
        message(&[28, 28]),
        format!(
            "{works} [28, 28] from the network's input\nhelp: write `[1, 28, 28]` for the network's input, which includes the channels"
        )
    );
    let batch = "write `[3, 32, 32]` for the network's input: the batch is not part of a shape";
    assert_eq!(message(&[64, 3, 32, 32]), format!("{works} [64, 3, 32, 32] from the network's input\nhelp: {batch}"));
    let norm = Op::BatchNorm2d(BatchNorm2d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true });
    refused(
        norm,
        &[16],
        Part::Layer,
        "`it` (BatchNorm2d) expects an image [channels, height, width], but receives [16] from `before`\nhelp: use `BatchNorm1d` for features",
    );
}

#[test]
fn a_flattened_image_is_named() {
    let site = Site { flattened: Some(Shape::new(&[16, 5, 5])), ..SITE };
    let linear = Op::Linear(Linear { in_features: 410, out_features: 120, bias: true });
    assert_eq!(
        linear.infer(&[Shape::new(&[400])], &site).unwrap_err().to_string(),
        "`it` (Linear) expects 410 input features, but receives 400: [16, 5, 5] flattened by `before`\n\
         help: write `400`, or leave the input size out to infer it"
    );
}

#[test]
fn a_size_stated_by_a_constant_is_never_one_left_out() {
    assert_eq!((stated(7), stated(INFER)), (7, INFER - 1));
    let linear = Op::Linear(Linear { in_features: stated(INFER), out_features: 1, bias: true });
    assert_eq!(infer(linear, &[4]).unwrap_err().part, Part::In);
}

#[test]
fn what_to_go_on_with_after_a_mistake() {
    let wrong = Conv2d { in_channels: 3, groups: 5, ..conv(5) };
    let attempt = |op: Op| op.attempt(&[Shape::new(&[1, 28, 28])], &SITE);
    let conv_attempt = attempt(Op::Conv2d(wrong));
    assert_eq!(conv_attempt.outcome.unwrap_err().part, Part::In);
    let (Op::Conv2d(op), output) = conv_attempt.decided else { panic!("still a convolution") };
    assert_eq!((op.in_channels, op.groups, output.dims()), (1, 1, &[8, 24, 24][..]));
    // The output of a window that does not fit is unknown.
    assert!(attempt(Op::Conv2d(Conv2d { kernel: [50; 2], ..wrong })).decided.1.is_unknown());
    let norm = BatchNorm2d { features: 2, eps: -1.0, momentum: 2.0, affine: true };
    assert_eq!(attempt(Op::BatchNorm2d(norm)).decided.1.dims(), [1, 28, 28]);
    assert_eq!(attempt(Op::Dropout(Dropout { p: 2.0 })).decided.1.dims(), [1, 28, 28]);
    let fine = attempt(Op::Conv2d(conv(5)));
    assert_eq!(fine.outcome.unwrap(), fine.decided);
}

#[test]
fn absurd_sizes_are_refused_and_never_wrap() {
    let huge = usize::MAX - 1;
    for op in [Conv2d { kernel: [huge; 2], ..conv(1) }, Conv2d { padding: [huge; 2], ..conv(1) }, Conv2d { dilation: [huge; 2], ..conv(3) }]
    {
        assert!(infer(Op::Conv2d(op), &[1, 8, 8]).is_err(), "{op:?}");
    }
    assert_eq!(output(Op::Conv2d(Conv2d { stride: [huge; 2], ..conv(1) }), &[1, 8, 8]), [8, 1, 1]);
    assert!(infer(Op::Flatten(Flatten {}), &[huge, huge]).is_err());
    refused(
        Op::Linear(Linear { in_features: INFER, out_features: 1 << 62, bias: true }),
        &[2],
        Part::Layer,
        "`it` gives [4611686018427387904], which does not fit in memory",
    );
    assert!(infer(Op::Conv2d(Conv2d { out_channels: 1 << 40, padding: [1 << 12; 2], ..conv(1 << 12) }), &[1, 1, 1]).is_err());
}

#[test]
fn inputs_and_outputs() {
    assert!(check_input("x", &Shape::new(&[3, 0, 2])).is_err());
    assert!(check_input("x", &Shape::new(&[usize::MAX / 2, 3])).is_err());
    let unnamed = check_input("input", &Shape::new(&[3, 0])).unwrap_err();
    assert_eq!(unnamed.to_string(), "the network's input has the shape [3, 0]; every size must be at least 1");
    assert!(Shape::new(&[3]).unless(&Err(unnamed)).is_unknown() && Shape::new(&[3]).unless(&Ok(())).same(&Shape::new(&[3])));
    assert!(check_input("x", &Shape::new(&[3, 1])).is_ok());
    let wrong = check_output(&Shape::new(&[INFER, 9]), &Shape::new(&[16, 5]), &SITE).unwrap_err();
    assert_eq!(wrong.to_string(), "declared as [_, 9], but `it` gives [16, 5]\nhelp: write `-> [16, 5]`, with `_` for a size to infer");
    assert!(check_output(&Shape::new(&[INFER, 5]), &Shape::new(&[16, 5]), &SITE).is_ok());
    assert!(check_output(&Shape::new(&[5]), &Shape::UNKNOWN, &SITE).is_ok());
}

/// LeNet-5 by hand.
///
/// - Parameters: conv1 6 (25 + 1) = 156, conv2 16 (150 + 1) = 2416, fc1 120 * 401 = 48120, fc2 84 * 121 = 10164, fc3 10 * 85 = 850;
///   the sum is 61706.
/// - Multiply-adds: conv1 28 * 28 * 6 * 25 = 117600, conv2 10 * 10 * 16 * 150 = 240000, fc1 48000, fc2 10080, fc3 840;
///   the sum is 416520, twice that is 833040.
/// - Receptive field: 5, then 6 after the pool (step 2), 6 + 4 * 2 = 14 after conv2, 14 + 2 = 16 after its pool.
#[test]
fn lenet5_facts() {
    let mean = Op::AvgPool2d(AvgPool2d { kernel: [2; 2], stride: [2; 2], padding: [0; 2], ceil_mode: false, count_include_pad: true });
    let linear = |out| Op::Linear(Linear { in_features: INFER, out_features: out, bias: true });
    let mut b = Builder::new("LeNet5");
    let mut x = b.input("input", Shape::new(&[1, 28, 28])).unwrap();
    for (name, op) in [
        ("conv1", Op::Conv2d(Conv2d { out_channels: 6, padding: [2; 2], ..conv(5) })),
        ("tanh_1", Op::Tanh(Tanh {})),
        ("pool_1", mean),
        ("conv2", Op::Conv2d(Conv2d { out_channels: 16, ..conv(5) })),
        ("tanh_2", Op::Tanh(Tanh {})),
        ("pool_2", mean),
        ("flatten", Op::Flatten(Flatten {})),
        ("fc1", linear(120)),
        ("tanh_3", Op::Tanh(Tanh {})),
        ("fc2", linear(84)),
        ("tanh_4", Op::Tanh(Tanh {})),
        ("fc3", linear(10)),
    ] {
        x = b.add(name, op, &[x]).unwrap();
    }
    let wrong = b.clone().add("fc4", Op::Linear(Linear { in_features: 11, out_features: 2, bias: true }), &[x]).unwrap_err();
    assert!(wrong.to_string().starts_with("`fc4` (Linear) expects 11 input features, but receives 10 from `fc3`"));
    let graph = b.finish(&[("output", x)]);
    assert_eq!(graph.params(), 61_706);
    assert_eq!(graph.flops(), 833_040);
    assert_eq!(graph.receptive_field(), [16, 16]);
    // 2 * 6 * 28 * 28 + 6 * 14 * 14 + 2 * 16 * 10 * 10 + 16 * 5 * 5 + 400 + 2 * 120 + 2 * 84 + 10
    assert_eq!(graph.activations(), 9408 + 1176 + 3200 + 400 + 400 + 240 + 168 + 10);
    let mult_adds: u64 = graph.nodes().iter().map(|node| node.mult_adds()).sum();
    assert_eq!(mult_adds, 423_038);
    assert_eq!(graph.outputs()[0].shape.dims(), [10]);
}

#[test]
fn layers_that_move_and_normalize() {
    assert_eq!(output(Op::GlobalMaxPool2d(GlobalMaxPool2d {}), &[5, 3, 4]), [5]);
    assert_eq!(output(Op::Softmin(Softmin { axis: 1 }), &[2, 3]), [2, 3]);
    assert_eq!(infer(Op::Softmin(Softmin { axis: INFER }), &[7]).unwrap().0, Op::Softmin(Softmin { axis: 0 }));
    assert_eq!(output(Op::PixelShuffle(PixelShuffle { factor: 3 }), &[18, 2, 5]), [2, 6, 15]);
    assert_eq!(output(Op::Select(Select { axis: 1, index: 4 }), &[2, 5, 3]), [2, 3]);
    let norm = RmsNorm { shape: Sizes::NONE, eps: 1e-6, affine: true };
    let (op, shape) = infer(Op::RmsNorm(norm), &[4, 6]).unwrap();
    assert_eq!((op.params().count(), shape.dims()), (6, &[4, 6][..]));
    let message = "`it` needs an `axis`, since it receives [2, 3] from `before`\nhelp: write `axis = 1` for the last axis, or `axis = 0` for the first, \
                   without the batch";
    refused(Op::Softmin(Softmin { axis: INFER }), &[2, 3], Part::Layer, message);
    let message = "`it` (RMSNorm) expects a shape that ends in [5], but receives [4, 6] from `before`\nhelp: write `(6)`, the last sizes of the input";
    refused(Op::RmsNorm(RmsNorm { shape: Sizes::new(&[5]), ..norm }), &[4, 6], Part::Option("shape"), message);
    let message = "`it` (GlobalMaxPool2d) expects an image [channels, height, width], but receives [4, 6] from `before`";
    refused(Op::GlobalMaxPool2d(GlobalMaxPool2d {}), &[4, 6], Part::Layer, message);
}

/// A mistake refers only to options that the operation has, because the macro underlines their tokens.
#[test]
fn specifications_are_consistent() {
    for spec in Op::SPECS {
        let mut names: Vec<&str> = spec.fields.iter().map(|field| field.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), spec.fields.len(), "{}: two options of one name", spec.kind);
        for (theirs, ours) in spec.torch_arguments() {
            assert!(ours.is_none_or(|ours| spec.field(ours).is_some()), "{}: PyTorch's `{theirs}` is no option", spec.kind);
        }
        assert!(spec.by_place <= spec.torch.len(), "{}", spec.kind);
    }
}

//! Gradients on the portable path against finite differences, in float64: every operation with parameters, options or both.
//!
//! The passes are those of training, so that what is drawn is part of it; the seed makes all of one network draw the same.

use layercake::ir::ops::*;
use layercake::ir::{INFER, Op};
use layercake_engine::Mode;
use layercake_tests::{Numbers, Pass, Random, chain, difference, random_state};

const STEP: f64 = 1e-6;
/// Central differences of float64 leave about 1e-9 of the largest slope.
const BAR: f64 = 1e-7;

const CONV: ConvTranspose2d = ConvTranspose2d {
    in_channels: INFER,
    out_channels: 4,
    kernel: [3, 2],
    stride: [2, 3],
    padding: [1, 0],
    output_padding: [1, 2],
    dilation: [2, 1],
    groups: 2,
    bias: true,
};

fn cases() -> Vec<(&'static [usize], Op)> {
    let image: &[usize] = &[4, 3, 5];
    let masked = MaskedConv2d {
        in_channels: INFER,
        out_channels: 4,
        kernel: [3, 3],
        mask: Mask::A,
        stack: Stack::Full,
        colours: 2,
        dilation: [1, 2],
        bias: true,
    };
    let conv1d = Conv1d { in_channels: INFER, out_channels: 6, kernel: 3, stride: 2, padding: 2, dilation: 2, groups: 2, bias: true };
    let conv2d = Conv2d {
        in_channels: INFER,
        out_channels: 2,
        kernel: [2, 3],
        stride: [1, 2],
        padding: [1, 2],
        dilation: [2, 1],
        groups: 2,
        bias: true,
    };
    let up = |mode, align_corners| Op::Upsample(Upsample { scale: [2, 3], mode, align_corners });
    let pad = |mode| Op::Pad(Pad { padding: [1, 2], mode, top: INFER, bottom: 2, left: INFER, right: 0 });
    let norm = GroupNorm { groups: 2, channels: INFER, eps: 1e-5, affine: true };
    vec![
        (&[5], Op::Linear(Linear { in_features: INFER, out_features: 3, bias: true })),
        (&[2, 5], Op::Maxout(Maxout { in_features: INFER, out_features: 3, pieces: 3, bias: true })),
        (&[4, 7], Op::Conv1d(conv1d)),
        (image, Op::Conv2d(conv2d)),
        (image, Op::ConvTranspose2d(CONV)),
        (image, Op::MaskedConv2d(masked)),
        (image, Op::MaskedConv2d(MaskedConv2d { mask: Mask::B, stack: Stack::Vertical, colours: 1, ..masked })),
        (&[2, 7], Op::MaxPool1d(MaxPool1d { kernel: 3, stride: 2, padding: 1, dilation: 1, ceil_mode: true })),
        (&[2, 7], Op::AvgPool1d(AvgPool1d { kernel: 3, stride: 2, padding: 1, ceil_mode: true, count_include_pad: false })),
        (image, Op::AdaptiveAvgPool2d(AdaptiveAvgPool2d { output_size: [2, 6] })),
        (&[2, 6, 7], Op::FractionalMaxPool2d(FractionalMaxPool2d { kernel: [2, 3], output_size: [4, 3] })),
        (image, Op::GlobalAvgPool2d(GlobalAvgPool2d {})),
        (image, up(Interpolation::Nearest, false)),
        (image, up(Interpolation::Nails, false)),
        (image, up(Interpolation::Bilinear, false)),
        (image, up(Interpolation::Bilinear, true)),
        (image, Op::Reshape(Reshape { shape: Sizes::new(&[6, INFER]) })),
        (image, Op::Permute(Permute { axes: Sizes::new(&[2, 0, 1]) })),
        (image, pad(PadMode::Zeros)),
        (image, pad(PadMode::Reflect)),
        (image, pad(PadMode::Replicate)),
        (image, Op::Slice(Slice { axis: 1, start: 1, end: INFER })),
        (image, Op::Mean(Mean { axes: Sizes::new(&[0, 2]) })),
        (image, Op::Amax(Amax { axes: Sizes::new(&[2, 1]) })),
        (&[9], Op::Selu),
        (&[9], Op::Silu),
        (&[9], Op::Relu6),
        (&[9], Op::LeakyRelu(LeakyRelu { negative_slope: 0.2 })),
        (&[9], Op::Elu(Elu { alpha: 0.7 })),
        (&[9], Op::Softplus(Softplus { beta: 1.5, threshold: 2.0 })),
        (&[9], Op::HardTanh(HardTanh { min_val: -0.5, max_val: 1.0 })),
        (&[9], Op::Gelu(Gelu { approximate: Approximation::None })),
        (&[9], Op::Gelu(Gelu { approximate: Approximation::Tanh })),
        (image, Op::PRelu(PRelu { parameters: 1 })),
        (image, Op::PRelu(PRelu { parameters: 4 })),
        (image, Op::Glu(Glu { axis: 0 })),
        (image, Op::Softmax(Softmax { axis: 1 })),
        (image, Op::LogSoftmax(LogSoftmax { axis: 0 })),
        (&[9], Op::Dropout(Dropout { p: 0.4 })),
        (image, Op::Dropout2d(Dropout2d { p: 0.4 })),
        (image, Op::LayerNorm(LayerNorm { shape: Sizes::new(&[3, 5]), eps: 1e-5, affine: true })),
        (image, Op::GroupNorm(norm)),
        (image, Op::InstanceNorm2d(InstanceNorm2d { features: INFER, eps: 1e-5, affine: true })),
        (image, Op::LocalResponseNorm(LocalResponseNorm { size: 4, alpha: 0.6, beta: 0.8, k: 1.5 })),
    ]
}

#[test]
fn gradients_are_slopes() {
    let mut random = Random::new(11);
    for (shape, op) in cases() {
        // A normalisation on either side would hide a constant factor, so a network is the one operation.
        let graph = chain(shape, &[op]).unwrap_or_else(|mistake| panic!("{mistake}"));
        let state = random_state(&graph, &mut random);
        let input = random.numbers(&[&[2], shape].concat(), -1.5, 1.5);
        let output_grad = random.numbers(&[&[2], graph.outputs()[0].shape.dims()].concat(), -1.0, 1.0);
        let pass = |state: &[Numbers], input: &Numbers| {
            let (inputs, output_grads) = (std::slice::from_ref(input), &[Some(output_grad.clone())]);
            Pass { graph: &graph, state, inputs, output_grads, seed: 5 }.portable_f64(Mode::Train)
        };
        let value = |state: &[Numbers], input: &Numbers| -> f64 {
            pass(state, input)["output/0"].values.iter().zip(&output_grad.values).map(|(y, g)| y * g).sum()
        };
        let found = pass(&state, &input);
        let slopes = |count: usize, at: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
            (0..count).map(|i| (at(i, STEP) - at(i, -STEP)) / (2.0 * STEP)).collect()
        };
        let expected = slopes(input.values.len(), &|i, step| {
            let mut input = input.clone();
            input.values[i] += step;
            value(&state, &input)
        });
        check(&op, "input", &found["input_grad/0"], expected);
        for (which, param) in graph.nodes()[0].params().as_slice().iter().enumerate() {
            let expected = slopes(state[which].values.len(), &|i, step| {
                let mut state = state.clone();
                state[which].values[i] += step;
                value(&state, &input)
            });
            check(&op, param.name, &found[&format!("grad/l0.{}", param.name)], expected);
        }
    }
}

fn check(op: &Op, name: &str, found: &Numbers, expected: Vec<f64>) {
    let expected = Numbers { dims: found.dims.clone(), values: expected };
    let off = difference(found, &expected);
    assert!(off <= BAR, "{op:?}: the gradient of `{name}` is off by {off:.1e}");
}

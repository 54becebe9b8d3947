//! Gradients on the portable path against finite differences, in float64: every operation with parameters, options or both.
//!
//! The passes are in training mode, so random layers are included; the seed makes all passes of a network draw the same numbers.

use std::collections::BTreeMap;

use layercake::ir::ops::*;
use layercake::ir::{Builder, Graph, INFER, Op, Shape};
use layercake_engine::Mode;
use layercake_tests::{Numbers, Pass, Random, difference, random_state, table};

const STEP: f64 = 1e-6;
/// The error of central differences in float64 is about 1e-9 of the largest slope.
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

const RNN: Rnn = Rnn {
    in_features: INFER,
    hidden: 2,
    layers: 2,
    bidirectional: true,
    dropout: 0.3,
    bias: true,
    output: Steps::Last,
    nonlinearity: Nonlinearity::Tanh,
    states: false,
};

fn cases() -> Vec<(&'static [usize], Op)> {
    let image: &[usize] = &[4, 3, 5];
    let masked = MaskedConv2d {
        in_channels: INFER,
        out_channels: 4,
        kernel: [3, 3],
        mask: Mask::A,
        stack: Stack::Full,
        colors: 2,
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
        (image, Op::MaskedConv2d(MaskedConv2d { mask: Mask::B, stack: Stack::Vertical, colors: 1, ..masked })),
        (&[2, 7], Op::MaxPool1d(MaxPool1d { kernel: 3, stride: 2, padding: 1, dilation: 1, ceil_mode: true })),
        (&[2, 7], Op::AvgPool1d(AvgPool1d { kernel: 3, stride: 2, padding: 1, ceil_mode: true, count_include_pad: false })),
        (image, Op::AdaptiveAvgPool2d(AdaptiveAvgPool2d { output_size: [2, 6] })),
        (&[2, 6, 7], Op::FractionalMaxPool2d(FractionalMaxPool2d { kernel: [2, 3], output_size: [4, 3] })),
        (image, Op::GlobalAvgPool2d(GlobalAvgPool2d {})),
        (image, up(Interpolation::Nearest, false)),
        (image, up(Interpolation::BedOfNails, false)),
        (image, up(Interpolation::Bilinear, false)),
        (image, up(Interpolation::Bilinear, true)),
        (image, Op::Reshape(Reshape { shape: Sizes::new(&[6, INFER]) })),
        (image, Op::Permute(Permute { axes: Sizes::new(&[2, 0, 1]) })),
        (image, pad(PadMode::Zeros)),
        (image, pad(PadMode::Reflect)),
        (image, pad(PadMode::Replicate)),
        (image, Op::Slice(Slice { axis: 1, start: 1, end: INFER })),
        (image, Op::Mean(Mean { axes: Sizes::new(&[0, 2]) })),
        (image, Op::Sum(Sum { axes: Sizes::new(&[0, 2]) })),
        (image, Op::Transpose(Transpose { axes: Sizes::new(&[0, 2]) })),
        (&[2, 3], Op::Unsqueeze(Unsqueeze { axis: 1 })),
        (&[2, 1, 3], Op::Squeeze(Squeeze { axis: 1 })),
        (&[9], Op::Rescaling(Rescaling { scale: -1.5, offset: 0.25 })),
        (&[3], Op::Parameter(Parameter { shape: Sizes::new(&[2, 3]) })),
        (image, Op::Amax(Amax { axes: Sizes::new(&[2, 1]) })),
        (image, Op::Amin(Amin { axes: Sizes::new(&[0, 2]) })),
        (image, Op::MaxPool2d(MaxPool2d { kernel: [2, 3], stride: [1, 2], padding: [1, 1], dilation: [1, 1], ceil_mode: true })),
        (image, Op::AvgPool2d(AvgPool2d { kernel: [2, 3], stride: [1, 2], padding: [1, 1], ceil_mode: true, count_include_pad: true })),
        (image, Op::Flatten(Flatten {})),
        (&[2, 5], Op::DropConnect(DropConnect { in_features: INFER, out_features: 3, p: 0.4, bias: true })),
        (image, Op::Chunk(Chunk { chunks: 2, axis: 0 })),
        (image, Op::Split(Split { sizes: Sizes::new(&[1, 3]), axis: 0 })),
        (&[3, 4], Op::StochasticDepth(StochasticDepth { p: 0.4 })),
        (&[4], Op::BatchNorm1d(BatchNorm1d { features: INFER, eps: 1e-2, momentum: 0.1, affine: true })),
        (&[2, 3, 2], Op::BatchNorm2d(BatchNorm2d { features: INFER, eps: 1e-2, momentum: 0.1, affine: true })),
        (&[4, 3], Op::Rnn(RNN)),
        (
            &[4, 3],
            Op::Lstm(Lstm {
                in_features: INFER,
                hidden: 2,
                layers: 2,
                bidirectional: true,
                dropout: 0.3,
                bias: true,
                output: Steps::All,
                states: false,
            }),
        ),
        (
            &[4, 3],
            Op::Gru(Gru {
                in_features: INFER,
                hidden: 2,
                layers: 2,
                bidirectional: true,
                dropout: 0.3,
                bias: true,
                output: Steps::All,
                states: false,
            }),
        ),
        (
            &[4, 6],
            Op::MultiheadAttention(MultiheadAttention {
                features: INFER,
                heads: 2,
                causal: true,
                dropout: 0.3,
                bias: true,
                key: false,
                value: false,
                mask: false,
            }),
        ),
        (&[9], Op::Relu(Relu {})),
        (&[9], Op::Tanh(Tanh {})),
        (&[9], Op::Sigmoid(Sigmoid {})),
        (&[9], Op::Selu(Selu {})),
        (&[9], Op::Silu(Silu {})),
        (&[9], Op::Relu6(Relu6 {})),
        (&[9], Op::LeakyRelu(LeakyRelu { negative_slope: 0.2 })),
        (&[9], Op::Elu(Elu { alpha: 0.7 })),
        (&[9], Op::Softplus(Softplus { beta: 1.5, threshold: 2.0 })),
        (&[9], Op::Hardsigmoid(Hardsigmoid {})),
        (&[9], Op::Hardswish(Hardswish {})),
        (&[9], Op::Mish(Mish {})),
        (&[9], Op::Softsign(Softsign {})),
        (&[9], Op::Softshrink(Softshrink { lambd: 0.3 })),
        (&[9], Op::Threshold(Threshold { threshold: 0.1, value: -0.2 })),
        (&[9], Op::Exp(Exp {})),
        (&[9], Op::Log(Log {})),
        (&[9], Op::Sqrt(Sqrt {})),
        (&[9], Op::Abs(Abs {})),
        (&[9], Op::Pow(Pow { exponent: 3.0 })),
        (&[9], Op::Clamp(Clamp { min: -0.5, max: 0.8 })),
        (&[9], Op::NanToNum(NanToNum { nan: 0.5 })),
        (&[9], Op::Rrelu(Rrelu { lower: 0.1, upper: 0.4 })),
        (&[7], Op::Softmin(Softmin { axis: INFER })),
        (image, Op::GlobalMaxPool2d(GlobalMaxPool2d {})),
        (&[8, 2, 3], Op::PixelShuffle(PixelShuffle { factor: 2 })),
        (image, Op::Select(Select { axis: 1, index: 2 })),
        (&[3, 4], Op::RmsNorm(RmsNorm { shape: Sizes::NONE, eps: 1e-2, affine: true })),
        (&[9], Op::Hardtanh(Hardtanh { min_val: -0.5, max_val: 1.0 })),
        (&[9], Op::Gelu(Gelu { approximate: Approximation::None })),
        (&[9], Op::Gelu(Gelu { approximate: Approximation::Tanh })),
        (image, Op::Prelu(Prelu { parameters: 1 })),
        (image, Op::Prelu(Prelu { parameters: 4 })),
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

fn attention(key: bool, value: bool, mask: bool) -> Op {
    Op::MultiheadAttention(MultiheadAttention { features: INFER, heads: 2, causal: false, dropout: 0.3, bias: true, key, value, mask })
}

/// Operations of several values, each with its input shapes.
fn joins() -> Vec<(Vec<&'static [usize]>, Op)> {
    let row: &[usize] = &[2, 3];
    let unpool = MaxUnpool2d { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], ceil_mode: false };
    vec![
        (vec![row; 3], Op::Add(Add {})),
        (vec![row; 2], Op::Sub(Sub {})),
        (vec![row; 3], Op::Mul(Mul {})),
        (vec![row; 3], Op::Maximum(Maximum {})),
        (vec![row; 3], Op::Minimum(Minimum {})),
        (vec![row, &[2, 1]], Op::Add(Add {})),
        (vec![&[2, 1], row], Op::Sub(Sub {})),
        (vec![row, &[1, 3], &[2, 1]], Op::Mul(Mul {})),
        (vec![row, &[1, 1]], Op::Maximum(Maximum {})),
        (vec![row; 2], Op::Div(Div {})),
        (vec![row, &[1, 3]], Op::Div(Div {})),
        (vec![row, &[3, 4]], Op::MatMul(MatMul {})),
        (vec![&[2, 2, 3], &[1, 3, 2]], Op::MatMul(MatMul {})),
        (vec![&[2, 4], &[3, 4], &[2, 3]], attention(true, false, true)),
        (vec![&[2, 4], &[3, 4], &[3, 4]], attention(true, true, false)),
        (vec![row; 2], Op::Reparameterize(Reparameterize {})),
        (vec![row, &[4, 3]], Op::Concat(Concat { axis: 0 })),
        (vec![&[2, 2, 3], &[2, 4, 6]], Op::MaxUnpool2d(unpool)),
        (vec![&[2, 3, 4], &[2, 4, 5]], Op::MaxUnpool2d(MaxUnpool2d { stride: [1, 1], ..unpool })),
    ]
}

/// The operation alone: a normalization before or after it would hide a constant factor.
fn alone(shapes: &[&[usize]], op: Op) -> Graph {
    let mut builder = Builder::new("Alone");
    let inputs: Vec<usize> =
        shapes.iter().enumerate().map(|(i, shape)| builder.input(&format!("in{i}"), Shape::new(shape)).unwrap()).collect();
    let value = builder.add("l0", op, &inputs).unwrap_or_else(|mistake| panic!("{mistake}"));
    builder.finish(&[("output", value)])
}

#[test]
fn gradients_are_slopes() {
    let mut worst: BTreeMap<&str, f64> = BTreeMap::new();
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    let single = cases().into_iter().map(|(shape, op)| (vec![shape], op));
    for (shapes, op) in single.chain(joins()) {
        let graph = alone(&shapes, op);
        // An additional case does not change those of other operations.
        let count = seen.entry(op.kind()).or_default();
        *count += 1;
        let mut random = Random::new(10 + *count);
        let batch = if matches!(op, Op::BatchNorm1d(_) | Op::BatchNorm2d(_)) { 5 } else { 2 };
        let state = random_state(&graph, &mut random);
        // Where the operation is defined.
        let least = if matches!(op, Op::Log(_) | Op::Sqrt(_) | Op::Div(_)) { 0.3 } else { -1.5 };
        let inputs: Vec<Numbers> = shapes.iter().map(|shape| random.numbers(&[&[batch], *shape].concat(), least, 1.5)).collect();
        let output_grads = [Some(random.numbers(&[&[batch], graph.outputs()[0].shape.dims()].concat(), -1.0, 1.0))];
        let pass = |state: &[Numbers], inputs: &[Numbers]| {
            Pass { graph: &graph, state, inputs, output_grads: &output_grads, seed: 5 }.portable_f64(Mode::Train)
        };
        let value = |state: &[Numbers], inputs: &[Numbers]| -> f64 {
            let weights = &output_grads[0].as_ref().expect("one output").values;
            pass(state, inputs)["output/0"].values.iter().zip(weights).map(|(y, g)| y * g).sum()
        };
        let found = pass(&state, &inputs);
        // A network draws a seed for each random operation only.
        let drawn =
            |seed: u64| Pass { graph: &graph, state: &state, inputs: &inputs, output_grads: &output_grads, seed }.portable_f64(Mode::Train);
        assert_eq!((6..20).any(|seed| drawn(seed)["output/0"] != found["output/0"]), op.is_random(), "{op:?}");
        let slopes = |count: usize, at: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
            (0..count).map(|i| (at(i, STEP) - at(i, -STEP)) / (2.0 * STEP)).collect()
        };
        let mut check = |name: &str, found: &Numbers, values: Vec<f64>| {
            let off = difference(found, &Numbers { dims: found.dims.clone(), values });
            assert!(off <= BAR, "{op:?}: the gradient of `{name}` is off by {off:.1e}");
            let most = worst.entry(op.kind()).or_default();
            *most = most.max(off);
        };
        for (which, input) in inputs.iter().enumerate() {
            let expected = slopes(input.values.len(), &|i, step| {
                let mut inputs = inputs.clone();
                inputs[which].values[i] += step;
                value(&state, &inputs)
            });
            check("input", &found[&format!("input_grad/{which}")], expected);
        }
        for (which, param) in graph.nodes()[0].params().as_slice().iter().enumerate().filter(|(_, param)| param.trained) {
            let expected = slopes(state[which].values.len(), &|i, step| {
                let mut state = state.clone();
                state[which].values[i] += step;
                value(&state, &inputs)
            });
            check(param.name, &found[&format!("grad/{}", param.path("l0"))], expected);
        }
    }
    for (kind, off) in worst {
        // Smaller values are errors of the differences.
        table::figure(kind, "gradcheck f64", off.max(1e-8));
    }
}

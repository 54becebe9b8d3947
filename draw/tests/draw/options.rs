//! A box shows the sizes and the main options of its layer: any change of an operation changes its text.

use layercake_draw::Drawing;
use layercake_ir::ops::*;
use layercake_ir::spec::{Kind, Value};
use layercake_ir::{Graph, INFER, Node, Op, Port, Shape};

/// Options that a box omits: sizes and inputs that the arrows before the box show, and numerical constants.
const LEFT_OUT: [&str; 8] = ["in_features", "in_channels", "eps", "momentum", "states", "key", "value", "mask"];

/// One operation of each kind that has options, and the shape of its input.
fn all() -> Vec<(Op, Vec<usize>)> {
    let (k, one, none) = ([3, 2], [1, 1], [0, 0]);
    let (image, line, vector) = (vec![4, 8, 8], vec![4, 9], vec![8]);
    let list = |items: &[usize]| Sizes::new(items);
    let steps = Steps::All;
    vec![
        (Op::Softshrink(Softshrink { lambd: 0.5 }), line.clone()),
        (Op::Threshold(Threshold { threshold: 0.1, value: 0.0 }), line.clone()),
        (Op::Pow(Pow { exponent: 2.5 }), line.clone()),
        (Op::Rescaling(Rescaling { scale: 0.5, offset: -1.0 }), line.clone()),
        (Op::Clamp(Clamp { min: 0.0, max: f64::INFINITY }), line.clone()),
        (Op::NanToNum(NanToNum { nan: 0.5 }), line.clone()),
        (Op::Rrelu(Rrelu { lower: 0.1, upper: 0.3 }), line.clone()),
        (Op::Softmin(Softmin { axis: 0 }), line.clone()),
        (Op::PixelShuffle(PixelShuffle { factor: 2 }), image.clone()),
        (Op::Select(Select { axis: 0, index: 1 }), line.clone()),
        (Op::RmsNorm(RmsNorm { shape: list(&[9]), eps: 1e-5, affine: true }), line.clone()),
        (Op::Linear(Linear { in_features: 8, out_features: 5, bias: true }), vector.clone()),
        (Op::DropConnect(DropConnect { in_features: 8, out_features: 5, p: 0.5, bias: true }), vector.clone()),
        (Op::Maxout(Maxout { in_features: 8, out_features: 5, pieces: 2, bias: true }), vector.clone()),
        (Op::Embedding(Embedding { num_embeddings: 65, embedding_dim: 16, padding_idx: INFER }), vector.clone()),
        (
            Op::MultiheadAttention(MultiheadAttention {
                features: 9,
                heads: 3,
                causal: false,
                dropout: 0.0,
                bias: true,
                key: false,
                value: false,
                mask: false,
            }),
            line.clone(),
        ),
        (
            Op::Rnn(Rnn {
                in_features: 9,
                hidden: 5,
                layers: 2,
                bidirectional: false,
                dropout: 0.0,
                bias: true,
                output: steps,
                nonlinearity: Nonlinearity::Tanh,
                states: false,
            }),
            line.clone(),
        ),
        (
            Op::Lstm(Lstm {
                in_features: 9,
                hidden: 5,
                layers: 2,
                bidirectional: false,
                dropout: 0.0,
                bias: true,
                output: steps,
                states: false,
            }),
            line.clone(),
        ),
        (
            Op::Gru(Gru {
                in_features: 9,
                hidden: 5,
                layers: 2,
                bidirectional: false,
                dropout: 0.0,
                bias: true,
                output: steps,
                states: false,
            }),
            line.clone(),
        ),
        (
            Op::Conv1d(Conv1d { in_channels: 4, out_channels: 6, kernel: 3, stride: 1, padding: 0, dilation: 1, groups: 1, bias: true }),
            line.clone(),
        ),
        (
            Op::Conv2d(Conv2d {
                in_channels: 4,
                out_channels: 6,
                kernel: k,
                stride: one,
                padding: none,
                dilation: one,
                groups: 1,
                bias: true,
            }),
            image.clone(),
        ),
        (
            Op::ConvTranspose2d(ConvTranspose2d {
                in_channels: 4,
                out_channels: 6,
                kernel: k,
                stride: one,
                padding: none,
                output_padding: none,
                dilation: one,
                groups: 1,
                bias: true,
            }),
            image.clone(),
        ),
        (
            Op::MaskedConv2d(MaskedConv2d {
                in_channels: 4,
                out_channels: 6,
                kernel: [3, 3],
                mask: Mask::A,
                stack: Stack::Full,
                colors: 1,
                dilation: one,
                bias: true,
            }),
            image.clone(),
        ),
        (Op::MaxPool2d(MaxPool2d { kernel: k, stride: k, padding: none, dilation: one, ceil_mode: false }), image.clone()),
        (Op::AvgPool2d(AvgPool2d { kernel: k, stride: k, padding: one, ceil_mode: false, count_include_pad: true }), image.clone()),
        (Op::MaxPool1d(MaxPool1d { kernel: 3, stride: 3, padding: 0, dilation: 1, ceil_mode: false }), line.clone()),
        (Op::AvgPool1d(AvgPool1d { kernel: 3, stride: 3, padding: 1, ceil_mode: false, count_include_pad: true }), line.clone()),
        (Op::MaxUnpool2d(MaxUnpool2d { kernel: k, stride: k, padding: none, dilation: one, ceil_mode: false }), image.clone()),
        (Op::AdaptiveAvgPool2d(AdaptiveAvgPool2d { output_size: k }), image.clone()),
        (Op::FractionalMaxPool2d(FractionalMaxPool2d { kernel: k, output_size: k }), image.clone()),
        (Op::Upsample(Upsample { scale: k, mode: Interpolation::Nearest, align_corners: false }), image.clone()),
        (Op::Reshape(Reshape { shape: list(&[4, 64]) }), image.clone()),
        (Op::Permute(Permute { axes: list(&[2, 0, 1]) }), image.clone()),
        (Op::Pad(Pad { padding: none, mode: PadMode::Zeros, top: 1, bottom: 1, left: 2, right: 2 }), image.clone()),
        (Op::Slice(Slice { axis: 1, start: 2, end: 4 }), image.clone()),
        (Op::Mean(Mean { axes: list(&[1]) }), image.clone()),
        (Op::Amax(Amax { axes: list(&[1]) }), image.clone()),
        (Op::Amin(Amin { axes: list(&[1]) }), image.clone()),
        (Op::Sum(Sum { axes: list(&[0, 1]) }), image.clone()),
        (Op::Transpose(Transpose { axes: list(&[0, 2]) }), image.clone()),
        (Op::Unsqueeze(Unsqueeze { axis: 2 }), image.clone()),
        (Op::Squeeze(Squeeze { axis: 2 }), image.clone()),
        (Op::Parameter(Parameter { shape: list(&[1, 8]) }), image.clone()),
        (Op::LeakyRelu(LeakyRelu { negative_slope: 0.01 }), vector.clone()),
        (Op::Gelu(Gelu { approximate: Approximation::None }), vector.clone()),
        (Op::Prelu(Prelu { parameters: 1 }), vector.clone()),
        (Op::Elu(Elu { alpha: 1.0 }), vector.clone()),
        (Op::Softplus(Softplus { beta: 1.0, threshold: 20.0 }), vector.clone()),
        (Op::Hardtanh(Hardtanh { min_val: -1.0, max_val: 1.0 }), vector.clone()),
        (Op::Glu(Glu { axis: 0 }), image.clone()),
        (Op::Softmax(Softmax { axis: 0 }), image.clone()),
        (Op::LogSoftmax(LogSoftmax { axis: 0 }), image.clone()),
        (Op::Dropout(Dropout { p: 0.5 }), vector.clone()),
        (Op::Dropout2d(Dropout2d { p: 0.5 }), image.clone()),
        (Op::StochasticDepth(StochasticDepth { p: 0.5 }), image.clone()),
        (Op::BatchNorm1d(BatchNorm1d { features: 8, eps: 1e-5, momentum: 0.1, affine: true }), vector.clone()),
        (Op::BatchNorm2d(BatchNorm2d { features: 4, eps: 1e-5, momentum: 0.1, affine: true }), image.clone()),
        (Op::LayerNorm(LayerNorm { shape: list(&[9]), eps: 1e-5, affine: true }), line.clone()),
        (Op::GroupNorm(GroupNorm { groups: 2, channels: 4, eps: 1e-5, affine: true }), image.clone()),
        (Op::InstanceNorm2d(InstanceNorm2d { features: 4, eps: 1e-5, affine: false }), image.clone()),
        (Op::LocalResponseNorm(LocalResponseNorm { size: 5, alpha: 1e-4, beta: 0.75, k: 1.0 }), image.clone()),
        (Op::Concat(Concat { axis: 0 }), image.clone()),
        (Op::Chunk(Chunk { chunks: 2, axis: 0 }), image.clone()),
        (Op::Split(Split { sizes: list(&[1, 3]), axis: 0 }), image),
    ]
}

/// The text in the box of an operation.
fn told(op: Op, input: &[usize]) -> String {
    let shape = Shape::new(input);
    let node = Node::of_one("layer", op, 0, 1, shape);
    let port = |name: &'static str, value| vec![Port { name: name.into(), shape, value }];
    let graph = Graph { name: "N".into(), inputs: port("x", 0).into(), nodes: vec![node].into(), outputs: port("y", 1).into() };
    let dot = Drawing::of(&graph).dot();
    let line = dot.lines().find(|line| line.trim_start().starts_with("b1 [")).expect("the layer's box");
    // Without the number of parameters, which shows no option.
    line.split(" params)").next().unwrap().rsplit_once(" (").map_or(line, |parts| parts.0).split("\", fill").next().unwrap().to_owned()
}

/// Other values of an option.
fn others(kind: Kind, value: Value) -> Vec<Value> {
    let more = |size: usize| if size == INFER { 3 } else { size + 1 };
    match value {
        Value::Size(size) => vec![Value::Size(more(size))],
        Value::Pair([height, width]) => vec![Value::Pair([more(height), width]), Value::Pair([height, more(width)])],
        Value::Float(number) => vec![Value::Float(if number.is_finite() { number * 0.5 + 0.1 } else { 0.7 })],
        Value::Bool(on) => vec![Value::Bool(!on)],
        Value::Word(word) => {
            let Kind::Word(words) = kind else { panic!("{word} is a word") };
            words.list.iter().filter(|(other, _)| *other != word).map(|(other, _)| Value::Word(other)).collect()
        }
        Value::List(sizes) => (0..sizes.len()).map(|i| Value::List(sizes.with(i, more(sizes.get(i))))).collect(),
    }
}

#[test]
fn every_option_is_told() {
    let all = all();
    for spec in Op::SPECS {
        let tried = spec.fields.is_empty() || all.iter().any(|(op, _)| op.kind() == spec.kind);
        assert!(tried, "{} is not tried", spec.kind);
    }
    for (op, input) in all {
        let text = told(op, &input);
        assert!(text.contains(op.kind()), "{text}");
        let (spec, values) = (op.spec(), op.values());
        for (i, field) in spec.fields.iter().enumerate() {
            let exempt = match (op.kind(), field.name) {
                ("LocalResponseNorm", "alpha" | "beta" | "k") => true,
                // The options of all four sides are set, so `padding` has no effect.
                ("Pad", "padding") => true,
                (_, name) => LEFT_OUT.contains(&name),
            };
            if exempt {
                continue;
            }
            for other in others(field.kind, values[i]) {
                let mut changed = values.clone();
                changed[i] = other;
                let mut changed = changed.into_iter();
                let changed = (spec.make)(&mut |_| changed.next()).unwrap();
                assert_ne!(told(changed, &input), text, "{} with {} = {other:?}", op.kind(), field.name);
            }
        }
    }
}

/// Examples of texts in boxes.
#[test]
fn boxes_say_sizes() {
    let all = all();
    let text = |kind: &str| {
        let (op, input) = all.iter().find(|(op, _)| op.kind() == kind).unwrap();
        told(*op, input).split_once("label=\"").unwrap().1.trim_start_matches("layer: ").to_owned()
    };
    for (kind, says) in [
        ("LSTM", "LSTM 5, 2 layers"),
        ("Embedding", "Embedding 65 → 16"),
        ("MultiheadAttention", "MultiheadAttention 9, 3 heads"),
        ("Conv1d", "Conv1d 6, kernel 3"),
        ("Reshape", "Reshape [4, 64]"),
        ("LayerNorm", "LayerNorm [9]"),
        ("GroupNorm", "GroupNorm 4, 2 groups"),
        ("BatchNorm2d", "BatchNorm2d 4"),
        ("Slice", "Slice 2 to 4, axis 1"),
        ("Pad", "Pad 1×2"),
    ] {
        assert_eq!(text(kind), says);
    }
}

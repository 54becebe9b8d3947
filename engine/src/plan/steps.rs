//! From nodes to steps: what is fused, what does nothing.

use std::sync::Arc;

use layercake_ir::{
    Graph, Op, Shape,
    ops::{AdaptiveAvgPool2d, Approximation, Linear, Window},
};

use super::{Key, Step, Writes};
use crate::{
    EngineError, Mode,
    kernels::{Slide, activation::Activation, join::Operator, picks::Fractional, pool2d::Mean},
    layers::{
        Alias, Amax, Attention, Concat, ConvTranspose, Convolution, Dense, DropConnect, Dropout, Embedding, FractionalPool, Gaussian, Glu,
        Join, Layer, MaskedConvolution, MaxPool, Maxout, Moves, Normalisation, PRelu, Pointwise, Recurrent, ResponseNorm, SampleNorm,
        Softmax, Split, Unpool, map_size,
    },
};

/// The steps of a graph, and the channels of its batch normalisations. What concerns buffers is left to [`super::buffers`].
pub fn list(graph: &Graph, key: Key) -> Result<(Vec<Step>, Vec<usize>), EngineError> {
    let mut steps = Vec::new();
    let mut norms = Vec::new();
    let mut fused = vec![false; graph.nodes().len()];
    // For each node, the number of its first tensor.
    let mut firsts: Vec<usize> = Vec::new();
    let mut next_param = 0;
    for (index, node) in graph.nodes().iter().enumerate() {
        let first_param = node.shares.map_or(next_param, |owner| firsts[owner]);
        firsts.push(first_param);
        next_param += node.params().as_slice().len();
        if fused[index] {
            continue;
        }
        let layer = layer(graph, index, key, &mut norms)?;
        let next = if layer.takes_activation() { follower(graph, index, key.mode) } else { None };
        if let Some((next, _)) = next {
            fused[next] = true;
        }
        steps.push(Step {
            node: index,
            layer,
            inputs: node.inputs().to_vec(),
            output: graph.value_of(next.map_or(index, |(next, _)| next)),
            first_param,
            activation: next.map(|(_, function)| function),
            in_place: None,
            writes: vec![Writes::Nothing; node.inputs().len()],
            backward: false,
            wide: false,
            adds: false,
        });
    }
    Ok((steps, norms))
}

/// The activation that alone uses the output of node `index`, if its derivative is told from its result or not asked for.
fn follower(graph: &Graph, index: usize, mode: Mode) -> Option<(usize, Activation)> {
    let value = graph.value_of(index);
    if graph.outputs().iter().any(|port| port.value == value) {
        return None;
    }
    let mut users = graph.nodes().iter().enumerate().filter(|(_, node)| node.inputs().contains(&value));
    let (next, node) = users.next()?;
    match activation(&node.op) {
        Some(function) if users.next().is_none() && (mode == Mode::Infer || !function.by_input()) => Some((next, function)),
        _ => None,
    }
}

fn activation(op: &Op) -> Option<Activation> {
    Some(match op {
        Op::Relu => Activation::Relu,
        Op::LeakyRelu(op) => Activation::LeakyRelu(op.negative_slope as f32),
        Op::Tanh => Activation::Tanh,
        Op::Sigmoid => Activation::Sigmoid,
        Op::Elu(op) => Activation::Exponential { alpha: op.alpha as f32, scale: 1.0 },
        // The constants of Klambauer et al., 2017, appendix A.
        Op::Selu => Activation::Exponential { alpha: 1.673_263_2, scale: 1.050_701 },
        Op::Silu => Activation::Silu,
        Op::Gelu(op) if op.approximate == Approximation::Tanh => Activation::TanhGelu,
        Op::Gelu(_) => Activation::Gelu,
        Op::Softplus(op) => Activation::Softplus { beta: op.beta as f32, threshold: op.threshold as f32 },
        Op::HardTanh(op) => Activation::Between(op.min_val as f32, op.max_val as f32),
        Op::Relu6 => Activation::Between(0.0, 6.0),
        _ => return None,
    })
}

/// What runs a node.
fn layer(graph: &Graph, index: usize, key: Key, norms: &mut Vec<usize>) -> Result<Arc<dyn Layer>, EngineError> {
    let node = &graph.nodes()[index];
    let input = graph.shape(node.inputs()[0]);
    let output = &node.output;
    let slide = |window| Slide { window, input: map_size(input), output: map_size(output) };
    if let Some(function) = activation(&node.op) {
        return Ok(Arc::new(Pointwise(function)));
    }
    let layer: Arc<dyn Layer> = match &node.op {
        Op::Linear(op) => Arc::new(dense(op, input)),
        Op::DropConnect(op) if key.mode == Mode::Train && op.p > 0.0 => {
            Arc::new(DropConnect { dense: dense(&op.linear(), input), p: op.p })
        }
        Op::DropConnect(op) => Arc::new(dense(&op.linear(), input)),
        Op::MaxUnpool2d(op) => Arc::new(Unpool(Slide { window: op.window(), input: map_size(output), output: map_size(input) })),
        Op::FractionalMaxPool2d(op) => {
            let of = Fractional { op: *op, channels: input.dim(0), input: map_size(input) };
            Arc::new(FractionalPool { of, train: key.mode == Mode::Train })
        }
        Op::Conv2d(op) => Arc::new(Convolution::new(op, input, output)),
        Op::Conv1d(op) => Arc::new(Convolution::new(&op.as_conv2d(), input, output)),
        Op::ConvTranspose2d(op) => Arc::new(ConvTranspose::new(op, input, output)),
        Op::MaskedConv2d(op) => Arc::new(MaskedConvolution::new(op, input, output)),
        Op::Maxout(op) => Arc::new(Maxout::new(op, input)),
        Op::PRelu(_) => Arc::new(PRelu),
        Op::Glu(op) => Arc::new(Glu::new(op, input)),
        Op::MaxPool1d(op) => Arc::new(MaxPool(slide(op.window()))),
        Op::AvgPool1d(op) => Arc::new(Mean { slide: slide(op.window()), count_padding: op.count_include_pad }),
        Op::GlobalAvgPool2d(_) => Arc::new(Mean { slide: whole(input), count_padding: false }),
        Op::AdaptiveAvgPool2d(op) => adaptive_mean(op, input),
        Op::Upsample(op) => Arc::new(Moves::upsample(op, input)),
        Op::Permute(op) => Arc::new(Moves::permute(op, input)),
        Op::Pad(op) => Arc::new(Moves::pad(op, input)),
        Op::Mean(op) => Arc::new(Moves::mean(op, input)),
        Op::Amax(op) => Arc::new(Amax::new(op, input)),
        Op::Slice(op) => Arc::new(Split::slice(op, input)),
        Op::LayerNorm(op) => Arc::new(SampleNorm::layer(op, input)),
        Op::GroupNorm(op) => Arc::new(SampleNorm::group(op, input)),
        Op::InstanceNorm2d(op) => Arc::new(SampleNorm::instance(op, input)),
        Op::LocalResponseNorm(op) => Arc::new(ResponseNorm::new(op, input)),
        Op::MaxPool2d(op) => Arc::new(MaxPool(slide(op.window()))),
        Op::AvgPool2d(op) => Arc::new(Mean { slide: slide(op.window()), count_padding: op.count_include_pad }),
        Op::Flatten(_) | Op::Reshape(_) => Arc::new(Alias),
        Op::Softmax(op) => Arc::new(Softmax::new(input, op.axis, false)),
        Op::LogSoftmax(op) => Arc::new(Softmax::new(input, op.axis, true)),
        Op::Dropout(op) if key.mode == Mode::Train && op.p > 0.0 => Arc::new(Dropout { p: op.p, span: 1 }),
        Op::Dropout2d(op) if key.mode == Mode::Train && op.p > 0.0 => Arc::new(Dropout { p: op.p, span: input.len() / input.dim(0) }),
        Op::StochasticDepth(op) if key.mode == Mode::Train && op.p > 0.0 => Arc::new(Dropout { p: op.p, span: input.len() }),
        Op::Dropout(_) | Op::Dropout2d(_) | Op::StochasticDepth(_) => Arc::new(Alias),
        Op::BatchNorm1d(op) => Arc::new(norm(graph, index, key, norms, (op.eps, op.momentum, op.affine))?),
        Op::BatchNorm2d(op) => Arc::new(norm(graph, index, key, norms, (op.eps, op.momentum, op.affine))?),
        Op::Add => Arc::new(Join(Operator::Add)),
        Op::Sub => Arc::new(Join(Operator::Sub)),
        Op::Mul => Arc::new(Join(Operator::Mul)),
        Op::Max => Arc::new(Join(Operator::Max)),
        Op::Reparameterize => Arc::new(Gaussian { train: key.mode == Mode::Train }),
        Op::Concat(op) => Arc::new(Concat::new(node.inputs().iter().map(|&value| graph.shape(value)), op.axis)),
        Op::Split(op) => Arc::new(Split::new(op, input)),
        Op::Embedding(op) => Arc::new(Embedding::new(op)),
        Op::Rnn(_) | Op::Lstm(_) | Op::Gru(_) => {
            let op = node.op.recurrent().expect("these are recurrent layers");
            Arc::new(Recurrent::new(op, input, node.inputs().len() > 1, key.mode == Mode::Train))
        }
        Op::Unpack(op) => Arc::new(Split::unpack(op, input)),
        Op::MultiHeadAttention(op) => Arc::new(Attention::new(op, input, key.mode == Mode::Train)),
        other => return Err(EngineError::Unsupported { layer: node.name.to_string(), kind: other.kind() }),
    };
    Ok(layer)
}

fn dense(op: &Linear, input: &Shape) -> Dense {
    Dense { rows: input.len() / op.in_features, inputs: op.in_features, outputs: op.out_features, bias: op.bias }
}

/// One window over a whole map.
fn whole(input: &Shape) -> Slide {
    partition(map_size(input), [1; 2])
}

/// So many equal windows, one beside the other.
fn partition(input: [usize; 2], output: [usize; 2]) -> Slide {
    let size = [input[0] / output[0], input[1] / output[1]];
    let window = Window { kernel: size, stride: size, padding: [0; 2], dilation: [1; 2], ceil: false };
    Slide { window, input, output }
}

/// Equal windows are those of a mean pool.
fn adaptive_mean(op: &AdaptiveAvgPool2d, input: &Shape) -> Arc<dyn Layer> {
    let (size, output) = (map_size(input), op.output_size);
    if (0..2).all(|axis| size[axis].is_multiple_of(output[axis])) {
        return Arc::new(Mean { slide: partition(size, output), count_padding: false });
    }
    Arc::new(Moves::adaptive_mean(op, input))
}

fn norm(graph: &Graph, index: usize, key: Key, norms: &mut Vec<usize>, options: (f64, f64, bool)) -> Result<Normalisation, EngineError> {
    let node = &graph.nodes()[index];
    let channels = node.output.dim(0);
    let positions = node.output.len() / channels;
    let train = key.mode == Mode::Train;
    if train && key.batch * positions == 1 {
        return Err(EngineError::SingleValue { layer: node.name.to_string() });
    }
    norms.push(channels);
    let (eps, momentum, affine) = options;
    Ok(Normalisation { index: norms.len() - 1, channels, positions, eps, momentum, affine, train })
}

//! From nodes to steps: what is fused, what does nothing.

use std::sync::Arc;

use layercake_ir::{Graph, Op};

use super::{Key, Step, Writes};
use crate::{
    EngineError, Mode,
    kernels::{Slide, activation::Activation, join::Operator, pool2d::Mean},
    layers::{Alias, Concat, Convolution, Dense, Dropout, Join, Layer, MaxPool, Normalisation, Pointwise, Softmax, Split},
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
        let next = if layer.takes_activation() { follower(graph, index) } else { None };
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

/// The activation that alone uses the output of node `index`, if its derivative is told from its result.
fn follower(graph: &Graph, index: usize) -> Option<(usize, Activation)> {
    let value = graph.value_of(index);
    if graph.outputs().iter().any(|port| port.value == value) {
        return None;
    }
    let mut users = graph.nodes().iter().enumerate().filter(|(_, node)| node.inputs().contains(&value));
    let (next, node) = users.next()?;
    match activation(&node.op) {
        Some(Pointwise { function, by_input: false }) if users.next().is_none() => Some((next, function)),
        _ => None,
    }
}

fn activation(op: &Op) -> Option<Pointwise> {
    let (function, by_input) = match op {
        Op::Relu => (Activation::Relu, false),
        // With a slope below zero both signs of the input give the same sign of the result.
        Op::LeakyRelu(op) => (Activation::LeakyRelu(op.negative_slope as f32), op.negative_slope < 0.0),
        Op::Tanh => (Activation::Tanh, false),
        Op::Sigmoid => (Activation::Sigmoid, false),
        _ => return None,
    };
    Some(Pointwise { function, by_input })
}

/// What runs a node.
fn layer(graph: &Graph, index: usize, key: Key, norms: &mut Vec<usize>) -> Result<Arc<dyn Layer>, EngineError> {
    let node = &graph.nodes()[index];
    let input = graph.shape(node.inputs()[0]);
    let output = &node.output;
    let slide = |window| Slide { window, input: [input.dim(1), input.dim(2)], output: [output.dim(1), output.dim(2)] };
    if let Some(pointwise) = activation(&node.op) {
        return Ok(Arc::new(pointwise));
    }
    let layer: Arc<dyn Layer> = match &node.op {
        Op::Linear(op) => {
            Arc::new(Dense { rows: input.len() / op.in_features, inputs: op.in_features, outputs: op.out_features, bias: op.bias })
        }
        Op::Conv2d(op) => Arc::new(Convolution::new(op, input, output)),
        Op::MaxPool2d(op) => Arc::new(MaxPool(slide(op.window()))),
        Op::AvgPool2d(op) => Arc::new(Mean { slide: slide(op.window()), count_padding: op.count_include_pad }),
        Op::Flatten(_) => Arc::new(Alias),
        Op::Softmax(op) => Arc::new(Softmax::new(input, op.axis, false)),
        Op::LogSoftmax(op) => Arc::new(Softmax::new(input, op.axis, true)),
        Op::Dropout(op) if key.mode == Mode::Train && op.p > 0.0 => Arc::new(Dropout { p: op.p }),
        Op::Dropout(_) => Arc::new(Alias),
        Op::BatchNorm1d(op) => Arc::new(norm(graph, index, key, norms, (op.eps, op.momentum, op.affine))?),
        Op::BatchNorm2d(op) => Arc::new(norm(graph, index, key, norms, (op.eps, op.momentum, op.affine))?),
        Op::Add => Arc::new(Join(Operator::Add)),
        Op::Sub => Arc::new(Join(Operator::Sub)),
        Op::Mul => Arc::new(Join(Operator::Mul)),
        Op::Max => Arc::new(Join(Operator::Max)),
        Op::Concat(op) => Arc::new(Concat::new(node.inputs().iter().map(|&value| graph.shape(value)), op.axis)),
        Op::Split(op) => Arc::new(Split::new(op, input)),
        other => return Err(EngineError::Unsupported { layer: node.name.to_string(), kind: other.kind() }),
    };
    Ok(layer)
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

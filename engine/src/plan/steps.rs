//! From nodes to steps: what is fused, what does nothing.

use layercake_ir::{Graph, Op};

use super::{Convolution, Dense, Kernel, Key, Normalisation, Step, Writes};
use crate::{
    EngineError, Mode,
    kernels::{Slide, activation::Activation, pool2d::Mean},
};

/// The steps of a graph, and the channels of its batch normalisations. What concerns buffers is left to [`super::buffers`].
pub fn list(graph: &Graph, key: Key) -> Result<(Vec<Step>, Vec<usize>), EngineError> {
    let mut steps = Vec::new();
    let mut norms = Vec::new();
    let mut fused = vec![false; graph.nodes().len()];
    let mut first_param = 0;
    for (index, node) in graph.nodes().iter().enumerate() {
        if !fused[index] {
            let kernel = kernel(graph, index, key, &mut norms)?;
            let next = if matches!(kernel, Kernel::Linear(_) | Kernel::Conv2d(_)) { follower(graph, index) } else { None };
            if let Some((next, _)) = next {
                fused[next] = true;
            }
            steps.push(Step {
                node: index,
                kernel,
                input: node.inputs()[0],
                output: graph.value_of(next.map_or(index, |(next, _)| next)),
                first_param,
                activation: next.map(|(_, function)| function),
                in_place: false,
                writes: Writes::Nothing,
                backward: false,
                wide: false,
            });
        }
        first_param += node.params().as_slice().len();
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
        Some((function, false)) if users.next().is_none() => Some((next, function)),
        _ => None,
    }
}

/// The function of an activation, and whether its derivative can only be told from its input.
fn activation(op: &Op) -> Option<(Activation, bool)> {
    Some(match op {
        Op::Relu => (Activation::Relu, false),
        // With a slope below zero both signs of the input give the same sign of the result.
        Op::LeakyRelu(op) => (Activation::LeakyRelu(op.negative_slope as f32), op.negative_slope < 0.0),
        Op::Tanh => (Activation::Tanh, false),
        Op::Sigmoid => (Activation::Sigmoid, false),
        _ => return None,
    })
}

fn kernel(graph: &Graph, index: usize, key: Key, norms: &mut Vec<usize>) -> Result<Kernel, EngineError> {
    let node = &graph.nodes()[index];
    let input = graph.shape(node.inputs()[0]);
    let output = &node.output;
    let slide = |window| Slide { window, input: [input.dim(1), input.dim(2)], output: [output.dim(1), output.dim(2)] };
    if let Some((function, by_input)) = activation(&node.op) {
        return Ok(Kernel::Activation { function, by_input });
    }
    Ok(match &node.op {
        Op::Linear(op) => {
            let rows = input.len() / op.in_features;
            Kernel::Linear(Dense { rows, inputs: op.in_features, outputs: op.out_features, bias: op.bias })
        }
        Op::Conv2d(op) => Kernel::Conv2d(Convolution::new(op, input, output)),
        Op::MaxPool2d(op) => Kernel::MaxPool2d(slide(op.window())),
        Op::AvgPool2d(op) => Kernel::AvgPool2d(Mean { slide: slide(op.window()), count_padding: op.count_include_pad }),
        Op::Flatten(_) => Kernel::Alias,
        Op::Softmax(op) => Kernel::Softmax { axis: op.axis, log: false },
        Op::LogSoftmax(op) => Kernel::Softmax { axis: op.axis, log: true },
        Op::Dropout(op) if key.mode == Mode::Train && op.p > 0.0 => Kernel::Dropout { p: op.p },
        Op::Dropout(_) => Kernel::Alias,
        Op::BatchNorm1d(op) => norm(graph, index, key, norms, (op.eps, op.momentum, op.affine))?,
        Op::BatchNorm2d(op) => norm(graph, index, key, norms, (op.eps, op.momentum, op.affine))?,
        other => return Err(EngineError::Unsupported { layer: node.name.to_string(), kind: other.kind() }),
    })
}

fn norm(graph: &Graph, index: usize, key: Key, norms: &mut Vec<usize>, options: (f64, f64, bool)) -> Result<Kernel, EngineError> {
    let node = &graph.nodes()[index];
    let channels = node.output.dim(0);
    let positions = node.output.len() / channels;
    let train = key.mode == Mode::Train;
    if train && key.batch * positions == 1 {
        return Err(EngineError::SingleValue { layer: node.name.to_string() });
    }
    norms.push(channels);
    let (eps, momentum, affine) = options;
    Ok(Kernel::BatchNorm(Normalisation { index: norms.len() - 1, channels, positions, eps, momentum, affine, train }))
}

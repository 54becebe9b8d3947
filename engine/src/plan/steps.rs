//! From nodes to steps: fusion, and nodes that do nothing.

use std::sync::Arc;

use layercake_ir::{Graph, Op, each_operation};

use super::{At, Key, Runnable, Step, Writes};
use crate::{EngineError, Mode, kernels::elementwise::Function};

/// The steps of a graph, and the number of channels of each batch normalization. [`super::buffers`] assigns the buffers.
pub fn list(graph: &Graph, key: Key) -> Result<(Vec<Step>, Vec<usize>), EngineError> {
    let mut steps = Vec::new();
    let mut norms = Vec::new();
    let mut fused = vec![false; graph.nodes().len()];
    for (index, (node, first_param)) in graph.nodes().iter().zip(graph.first_tensors()).enumerate() {
        if fused[index] {
            continue;
        }
        let at = &mut At { graph, index, key, norms: &mut norms };
        let unsupported = EngineError::Unsupported { layer: node.name.to_string(), kind: node.op.kind() };
        let layer = each_operation!(&node.op, op => op.layer(at)?, else return Err(unsupported));
        let next = if layer.takes_activation() { follower(graph, index, key.mode) } else { None };
        if let Some((next, _)) = &next {
            fused[*next] = true;
        }
        steps.push(Step {
            node: index,
            layer,
            inputs: node.inputs().to_vec(),
            output: graph.value_of(next.as_ref().map_or(index, |(next, _)| *next)),
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

/// The activation that is the only user of node `index`'s output. Its derivative must be a function of its result, unless there is no
/// backward pass.
fn follower(graph: &Graph, index: usize, mode: Mode) -> Option<(usize, Arc<dyn Function>)> {
    let value = graph.value_of(index);
    if graph.outputs().iter().any(|port| port.value == value) {
        return None;
    }
    let mut users = graph.nodes().iter().enumerate().filter(|(_, node)| node.inputs().contains(&value));
    let (next, node) = users.next()?;
    let function = function(&node.op)?;
    (users.next().is_none() && (mode == Mode::Infer || !function.by_input())).then_some((next, function))
}

fn function(op: &Op) -> Option<Arc<dyn Function>> {
    each_operation!(op, op => op.function(), else None)
}

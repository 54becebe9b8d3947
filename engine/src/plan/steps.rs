//! From nodes to steps: fusion, and nodes that do nothing.

use std::sync::Arc;

use layercake_ir::{Graph, Op, Shape, each_operation};

use super::{At, Key, Runnable, Step, Writes};
use crate::{
    EngineError, Mode,
    kernels::elementwise::Function,
    layers::{Layer, channels::Order},
};

/// The steps of a graph. [`super::buffers`] assigns the buffers.
#[derive(Default)]
pub struct Listed {
    pub steps: Vec<Step>,
    /// The number of channels of each batch normalization.
    pub norms: Vec<usize>,
    /// The shapes of values that the graph does not have: buffers that each hold all outputs of an operation with several, and values in another
    /// order. Their numbers follow those of the graph's values.
    pub wholes: Vec<Shape>,
    /// The order of each value.
    pub orders: Vec<Order>,
    /// The values that are read as outputs.
    pub outputs: Vec<usize>,
}

/// Lists the steps of a graph.
pub fn list(graph: &Graph, key: Key) -> Result<Listed, EngineError> {
    let mut listed = Listed::default();
    let mut fused = vec![false; graph.nodes().len()];
    for (index, (node, first_param)) in graph.nodes().iter().zip(graph.first_tensors()).enumerate() {
        if fused[index] {
            continue;
        }
        let at = &mut At { graph, index, key, norms: &mut listed.norms };
        let unsupported = EngineError::Unsupported { layer: node.name.to_string(), kind: node.op.kind() };
        let layer = each_operation!(&node.op, op => op.layer(at)?, else return Err(unsupported));
        let tensors = node.op.params().as_slice().len();
        if node.outputs() > 1 {
            let (whole, parts) = each_operation!(
                &node.op,
                op => (op.whole(at), (0..node.outputs()).map(|output| op.part(at, output)).collect::<Vec<_>>()),
                else return Err(unsupported)
            );
            let value = graph.values() + listed.wholes.len();
            listed.wholes.push(whole);
            listed.steps.push(Step { tensors, ..step(index, layer, node.inputs(), value, first_param) });
            for (output, part) in node.values().zip(parts).filter(|(output, _)| is_used(graph, *output)) {
                listed.steps.push(step(index, Arc::new(part), &[value], output, first_param));
            }
            continue;
        }
        let next = if layer.takes_activation() { follower(graph, index, key.mode) } else { None };
        if let Some((next, _)) = &next {
            fused[*next] = true;
        }
        let output = graph.value_of(next.as_ref().map_or(index, |(next, _)| *next));
        let activation = next.map(|(_, function)| function);
        listed.steps.push(Step { tensors, activation, ..step(index, layer, node.inputs(), output, first_param) });
    }
    listed.orders = vec![Order::Images; graph.values() + listed.wholes.len()];
    listed.outputs = graph.outputs().iter().map(|port| port.value).collect();
    Ok(listed)
}

/// A step without tensors and without an activation.
pub(super) fn step(node: usize, layer: Arc<dyn Layer>, inputs: &[usize], output: usize, first_param: usize) -> Step {
    Step {
        node,
        layer,
        inputs: inputs.to_vec(),
        output,
        first_param,
        tensors: 0,
        activation: None,
        in_place: None,
        writes: vec![Writes::Nothing; inputs.len()],
        backward: false,
        wide: false,
        adds: false,
    }
}

/// Whether a value is an output or an input of a node.
pub(super) fn is_used(graph: &Graph, value: usize) -> bool {
    graph.outputs().iter().any(|port| port.value == value) || graph.nodes().iter().any(|node| node.inputs().contains(&value))
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

/// The elementwise function that an operation is.
pub(super) fn function(op: &Op) -> Option<Arc<dyn Function>> {
    each_operation!(op, op => op.function(), else None)
}

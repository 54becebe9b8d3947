//! From nodes to steps: elementwise functions go to the launch before them, or form chains; nodes that move nothing are other names for values.

use layercake_engine::Mode;
use layercake_ir::{Graph, Op};

use crate::function::{self, Function};
use crate::ops::{self, Chain, Norm, Operation};
use crate::plan::{Key, Unsupported};

/// A node of the graph, with the functions after it that its launches compute too.
pub struct Step {
    /// The node's index.
    pub node: usize,
    /// The values it takes.
    pub inputs: Vec<usize>,
    /// The values it makes; the last of a chain, after its functions.
    pub outputs: Vec<usize>,
    /// The functions after it, from the first to the last.
    pub functions: Vec<Function>,
    /// The index of its first tensor.
    pub first_param: usize,
    /// What it launches.
    pub operation: Box<dyn Operation>,
}

/// The steps of a graph, and for each value the one whose elements it has under another name: itself by default.
pub struct Listed {
    pub steps: Vec<Step>,
    pub roots: Vec<usize>,
}

/// Lists the steps.
///
/// # Errors
/// Returns the first node whose operation is not here.
pub fn list(graph: &Graph, key: Key) -> Result<Listed, Unsupported> {
    let mut listed = Listed { steps: Vec::new(), roots: (0..graph.values()).collect() };
    let mut taken = vec![false; graph.nodes().len()];
    for (index, (node, first_param)) in graph.nodes().iter().zip(graph.first_tensors()).enumerate() {
        if taken[index] {
            continue;
        }
        if is_alias(&node.op, key.mode) {
            listed.roots[node.value] = listed.roots[node.inputs()[0]];
            continue;
        }
        let mut outputs: Vec<usize> = node.values().collect();
        let (mut functions, mut norms) = (Vec::new(), Vec::new());
        let mut follow = |value: usize, fits: &dyn Fn(&Function) -> bool| {
            let (next, function) = follower(graph, value, key).filter(|(_, function)| fits(function))?;
            taken[next] = true;
            Some((graph.value_of(next), function))
        };
        let operation: Box<dyn Operation> = match function_of(graph, index, key) {
            Some(first) => {
                let mut chain = vec![first];
                while let Some((value, function)) = follow(outputs[0], &|_| true) {
                    outputs = vec![value];
                    chain.push(function);
                }
                Box::new(Chain(chain))
            }
            None => {
                let mut operation =
                    ops::of(graph, index, key).ok_or_else(|| Unsupported { layer: node.name.to_string(), kind: node.op.kind() })?;
                if key.mode == Mode::Infer
                    && let Some((next, norm)) = norm_after(graph, outputs[0])
                    && operation.takes_norm(norm)
                {
                    norms.push(next);
                    outputs = vec![graph.value_of(next)];
                }
                // In training one function, whose derivative follows from its value: its argument is not kept.
                let most = if !operation.takes_functions() || node.outputs() > 1 {
                    0
                } else if key.mode == Mode::Infer {
                    usize::MAX
                } else {
                    1
                };
                let fits = |function: &Function| key.mode == Mode::Infer || !(function.by_input || function.random);
                while functions.len() < most
                    && let Some((value, function)) = follow(outputs[0], &fits)
                {
                    outputs = vec![value];
                    functions.push(function);
                }
                operation
            }
        };
        norms.into_iter().for_each(|norm| taken[norm] = true);
        listed.steps.push(Step { node: index, inputs: node.inputs().to_vec(), outputs, functions, first_param, operation });
    }
    Ok(listed)
}

/// Whether the output is the input under another name.
fn is_alias(op: &Op, mode: Mode) -> bool {
    match op {
        Op::Flatten(_) | Op::Reshape(_) | Op::Squeeze(_) | Op::Unsqueeze(_) => true,
        Op::Reparameterize(_) => mode != Mode::Train,
        Op::Dropout(op) => mode != Mode::Train || op.p == 0.0,
        Op::Dropout2d(op) => mode != Mode::Train || op.p == 0.0,
        Op::StochasticDepth(op) => mode != Mode::Train || op.p == 0.0,
        _ => false,
    }
}

/// The function that a node is.
fn function_of(graph: &Graph, index: usize, key: Key) -> Option<Function> {
    let node = &graph.nodes()[index];
    let dims = node.output.dims();
    function::of(&node.op, key.mode, index, [node.output.len(), dims[1.min(dims.len())..].iter().product()])
}

/// The batch normalization of a value that nothing else uses.
fn norm_after(graph: &Graph, value: usize) -> Option<(usize, Norm)> {
    let next = only_user(graph, value)?;
    let first_param = graph.first_tensors().get(next).copied()?;
    match &graph.nodes()[next].op {
        Op::BatchNorm2d(op) => Some((next, Norm { first_param, affine: op.affine, eps: op.eps })),
        Op::BatchNorm1d(op) => Some((next, Norm { first_param, affine: op.affine, eps: op.eps })),
        _ => None,
    }
}

/// The only user of a value, if that is a function and the value is not an output.
fn follower(graph: &Graph, value: usize, key: Key) -> Option<(usize, Function)> {
    let next = only_user(graph, value)?;
    Some((next, function_of(graph, next, key)?))
}

/// The only user of a value that is not an output.
fn only_user(graph: &Graph, value: usize) -> Option<usize> {
    if graph.outputs().iter().any(|port| port.value == value) {
        return None;
    }
    let mut users = graph.nodes().iter().enumerate().filter(|(_, node)| node.inputs().contains(&value));
    let (next, _) = users.next()?;
    users.next().is_none().then_some(next)
}

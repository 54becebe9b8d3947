//! Where integers and truth values may be computed with, although all numbers are f32.

use std::collections::HashSet;

use super::attributes::Op;
use super::importer::Importer;
use super::value::{Kind, Outcome, Value};
use crate::proto;

/// Operators that only move numbers, or choose among them.
const MOVES: [&str; 41] = [
    "Identity",
    "Cast",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Slice",
    "Split",
    "Concat",
    "Gather",
    "GatherElements",
    "Expand",
    "Tile",
    "DepthToSpace",
    "SpaceToDepth",
    "Pad",
    "Shape",
    "Size",
    "Where",
    "Equal",
    "Less",
    "Greater",
    "LessOrEqual",
    "GreaterOrEqual",
    "And",
    "Or",
    "Xor",
    "Not",
    "Min",
    "Max",
    "Clip",
    "ReduceMax",
    "ReduceMin",
    "ArgMax",
    "ArgMin",
    "Relu",
    "Trilu",
    "Dropout",
    "MaxPool",
    "GlobalMaxPool",
];

/// Operators whose results are exact too, up to 16,777,216.
const SUMS: [&str; 8] = ["Add", "Sub", "Mul", "Neg", "Abs", "Sum", "ReduceSum", "CumSum"];

/// Refuses operators whose integers would differ from numbers: a quotient is cut off, narrow integers wrap around.
pub(super) fn check(i: &Importer, op: &Op<'_>) -> Outcome<()> {
    for at in 0..op.node.input.len() {
        if !Importer::has(op, at) {
            continue;
        }
        // An input that is refused says nothing of this operator.
        let Ok(Value::Data(data)) = i.peek(op, at) else { continue };
        let fits = match data.kind {
            Kind::Truth if op.kind() == "Attention" => at == 3,
            Kind::Float => true,
            Kind::Integer => MOVES.contains(&op.kind()) || SUMS.contains(&op.kind()),
            Kind::Wrapping | Kind::Truth => MOVES.contains(&op.kind()),
        };
        if !fits {
            let what = if data.kind == Kind::Truth { "truth values" } else { "integers" };
            return Err(format!("there is no layer for this operator on {what}").into());
        }
    }
    Ok(())
}

/// Whether an operator computes with the numbers that token ids are.
pub(super) fn computes(kind: &str) -> bool {
    SUMS.contains(&kind)
        || matches!(kind, "Equal" | "Less" | "Greater" | "LessOrEqual" | "GreaterOrEqual" | "Where" | "Min" | "Max" | "Clip" | "Sign")
}

/// The most rows of a table that a file looks up something in.
pub(super) fn vocabulary(graph: &proto::Graph) -> Option<usize> {
    let looked_up: HashSet<&str> =
        graph.node.iter().filter(|node| node.op_type == "Gather").filter_map(|node| Some(node.input.first()?.as_str())).collect();
    let rows = |tensor: &proto::Tensor| match tensor.dims[..] {
        [rows, _] if looked_up.contains(tensor.name.as_str()) => usize::try_from(rows).ok(),
        _ => None,
    };
    graph.initializer.iter().filter_map(rows).max()
}

/// Whether an input looks up rows of a table: then its integers are token ids.
pub(super) fn are_indices(graph: &proto::Graph, input: &str) -> bool {
    let tables: HashSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    let constants = graph.node.iter().filter(|node| node.op_type == "Constant").flat_map(|node| &node.output);
    let tables: HashSet<&str> = tables.into_iter().chain(constants.map(String::as_str)).collect();
    let mut same = HashSet::from([input]);
    // Nodes are in an order in which they can run.
    for node in &graph.node {
        let [first, ..] = &node.input[..] else { continue };
        match node.op_type.as_str() {
            "Gather" if node.input.get(1).is_some_and(|indices| same.contains(indices.as_str())) && tables.contains(first.as_str()) => {
                return true;
            }
            "Identity" | "Cast" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "Transpose" if same.contains(first.as_str()) => {
                same.extend(node.output.iter().map(String::as_str));
            }
            _ => {}
        }
    }
    false
}

//! A network with another number of classes.

use layercake::ir::ops::Linear;
use layercake::ir::{Graph, Op};

use crate::tasks::dropout::{has_dropout, with_dropout};

/// The same network with a last layer of `classes` outputs, and with another probability of dropout if there is one. The last layer is linear.
pub(super) fn replaced(graph: &Graph, classes: usize, dropout: Option<f64>) -> Result<Graph, String> {
    let [output] = graph.outputs() else { return Err(format!("`{}` has {} outputs", graph.name, graph.outputs().len())) };
    if dropout.is_some() && !has_dropout(graph) {
        return Err(format!("`--dropout` has no effect on `{}`: it has no dropout", graph.name));
    }
    let last = graph.nodes().iter().position(|node| node.value == output.value);
    if let Some(node) = last.map(|last| &graph.nodes()[last]).filter(|node| !matches!(node.op, Op::Linear(_)) || node.shares.is_some()) {
        return Err(format!("`{}` ends with `{}`, which is not a linear layer of its own", graph.name, node.name));
    }
    let replaced = graph.with_ops(|index, node| match node.op {
        Op::Linear(linear) if Some(index) == last => Linear { out_features: classes, ..linear }.into(),
        op => op,
    });
    let replaced = replaced.map_err(|mistake| format!("`{}` with {classes} outputs: {mistake}", graph.name))?;
    Ok(with_dropout(&replaced, dropout))
}

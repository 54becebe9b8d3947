//! A network with another number of classes.

use layercake::ir::ops::{Dropout, Linear};
use layercake::ir::{Builder, Graph, Op};

/// The same network with a last layer of `classes` outputs, and with another probability of dropout if there is one. The last layer is linear.
pub(super) fn replaced(graph: &Graph, classes: usize, dropout: Option<f64>) -> Result<Graph, String> {
    let wrong = |mistake: layercake::ir::Mistake| format!("`{}` with {classes} outputs: {mistake}", graph.name);
    let [output] = graph.outputs() else { return Err(format!("`{}` has {} outputs", graph.name, graph.outputs().len())) };
    if dropout.is_some() && !has_dropout(graph) {
        return Err(format!("`--dropout` has no effect on `{}`: it has no dropout", graph.name));
    }
    let mut builder = Builder::new(&graph.name);
    let mut values = Vec::new();
    for port in graph.inputs() {
        values.push(builder.input(port.name(), port.shape).map_err(wrong)?);
    }
    let nodes = graph.nodes();
    let last = nodes.iter().position(|node| node.value == output.value);
    for (index, node) in nodes.iter().enumerate() {
        let op = match node.op {
            Op::Linear(linear) if Some(index) == last && node.shares.is_none() => Linear { out_features: classes, ..linear }.into(),
            _ if Some(index) == last => return Err(format!("`{}` ends with `{}`, which is not a linear layer", graph.name, node.name)),
            Op::Dropout(Dropout { p }) => Dropout { p: dropout.unwrap_or(p) }.into(),
            op => op,
        };
        let inputs: Vec<usize> = node.inputs().iter().map(|&value| values[value]).collect();
        let value = match node.shares {
            Some(owner) => builder.add_shared(&node.name, op, &inputs, values[nodes[owner].value]),
            None => builder.add(&node.name, op, &inputs),
        };
        let value = value.map_err(wrong)?;
        if let Some(init) = node.init.filter(|_| node.shares.is_none()) {
            builder.init(value, init).map_err(wrong)?;
        }
        values.extend(value..value + op.outputs());
    }
    builder.try_finish(&[(output.name(), values[output.value])]).map_err(wrong)
}

/// Whether a layer is dropout.
pub(super) fn has_dropout(graph: &Graph) -> bool {
    graph.nodes().iter().any(|node| matches!(node.op, Op::Dropout(_)))
}

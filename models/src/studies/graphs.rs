//! Networks with other layers than declared.

use layercake::ir::{Builder, Graph, Mistake, Node, Op};

/// The same network with what a function gives for each layer in its place; a layer for which it gives none is left out.
///
/// # Errors
/// Returns an error if the other layers do not fit.
pub fn replaced(graph: &Graph, change: impl Fn(&Node) -> Option<Op>) -> Result<Graph, Mistake> {
    let mut builder = Builder::new(graph.name());
    let mut values = Vec::new();
    for input in graph.inputs() {
        values.push(builder.input(input.name(), input.shape)?);
    }
    for node in graph.nodes() {
        let inputs: Vec<usize> = node.inputs().iter().map(|&value| values[value]).collect();
        values.push(match change(node) {
            Some(op) => builder.add(node.name(), op, &inputs)?,
            None => inputs[0],
        });
    }
    let outputs: Vec<(&str, usize)> = graph.outputs().iter().map(|port| (port.name(), values[port.value])).collect();
    builder.try_finish(&outputs)
}

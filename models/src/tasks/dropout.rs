//! Networks with another probability of dropout.

use layercake::ir::ops::Dropout;
use layercake::ir::{Graph, Op};

/// The same network, whose dropout layers have this probability.
pub(crate) fn with_dropout(graph: &Graph, p: Option<f64>) -> Graph {
    let Some(p) = p else { return graph.clone() };
    let replaced = graph.with_ops(|_, node| if matches!(node.op, Op::Dropout(_)) { Dropout { p }.into() } else { node.op });
    replaced.expect("dropout accepts any input, and leaves its shape")
}

/// The probabilities of its dropout layers.
pub(crate) fn probabilities(graph: &Graph) -> Vec<f64> {
    let of = |op: &Op| if let Op::Dropout(Dropout { p }) = op { Some(*p) } else { None };
    graph.nodes().iter().filter_map(|node| of(&node.op)).collect()
}

/// Whether a layer is dropout.
pub(crate) fn has_dropout(graph: &Graph) -> bool {
    !probabilities(graph).is_empty()
}

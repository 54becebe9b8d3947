//! A graph as its user wrote it, for summaries and drawings.

use layercake_ir::{Graph, Op};

/// The tensors that a custom layer owns, which are determined by its type and not in the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomPart {
    /// Its path in the network: `head.nearness`.
    pub path: String,
    /// The name of its type: `Nearness`.
    pub kind: String,
    /// The number of its trained parameters.
    pub trained: usize,
    /// The number of elements of its buffers.
    pub buffers: usize,
}

/// A graph, and what is known of its custom layers.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// The graph.
    pub graph: &'a Graph,
    customs: &'a [CustomPart],
    /// For each value, what is written beside it in place of its shape, and below that.
    values: &'a [[String; 2]],
}

impl<'a> Shown<'a> {
    /// A graph with what is known of its custom layers.
    pub fn new(graph: &'a Graph, customs: &'a [CustomPart]) -> Self {
        Self { graph, customs, values: &[] }
    }

    /// The same with texts for each value.
    pub(crate) fn with_values(self, values: &'a [[String; 2]]) -> Self {
        Self { values, ..self }
    }

    /// Whether values have texts.
    pub(crate) fn has_values(&self) -> bool {
        !self.values.is_empty()
    }

    /// The texts of a value.
    pub(crate) fn value(&self, value: usize) -> Option<&'a [String; 2]> {
        self.values.get(value)
    }

    /// The kind of a node; for a custom layer the name of its type.
    pub fn kind(&self, index: usize) -> &'a str {
        let node = &self.graph.nodes()[index];
        match node.op {
            Op::Custom(_) => self.custom(&node.name).map_or(node.op.kind(), |custom| &custom.kind),
            _ => node.op.kind(),
        }
    }

    /// The number of trained parameters that a node owns; None for a custom layer of which nothing is known.
    pub fn params(&self, index: usize) -> Option<usize> {
        let node = &self.graph.nodes()[index];
        match node.op {
            _ if node.shares.is_some() => Some(0),
            Op::Custom(_) => self.custom(&node.name).map(|custom| custom.trained),
            Op::Subgraph(_) => Some(node.param_count() + self.inside(&node.name)),
            _ => Some(node.param_count()),
        }
    }

    /// The number of trained parameters, without those of custom layers of which nothing is known.
    pub fn total(&self) -> usize {
        (0..self.graph.nodes().len()).filter_map(|index| self.params(index)).sum()
    }

    fn custom(&self, path: &str) -> Option<&'a CustomPart> {
        self.customs.iter().find(|custom| custom.path == path)
    }

    /// The trained parameters of the custom layers in a network of this name.
    fn inside(&self, name: &str) -> usize {
        let within = |custom: &&CustomPart| custom.path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        self.customs.iter().filter(within).map(|custom| custom.trained).sum()
    }
}

//! A graph as its user wrote it, for summaries and drawings.

use std::collections::HashMap;

use layercake_ir::{Graph, Node, Op, Shape};

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
    /// For each node that is one of the outputs of a recurrent layer, that layer.
    owners: Vec<Option<usize>>,
    /// The inverse: the outputs of a layer, in order.
    parts: HashMap<usize, Vec<usize>>,
}

impl<'a> Shown<'a> {
    /// A graph with what is known of its custom layers.
    pub fn new(graph: &'a Graph, customs: &'a [CustomPart]) -> Self {
        let inputs = graph.inputs().len();
        let packed = |value: usize| {
            let index = value.checked_sub(inputs)?;
            let layer = graph.nodes()[index].op.recurrent()?;
            layer.packed.then_some(index)
        };
        // A value that is used otherwise must be shown itself.
        let mut bare = vec![false; graph.nodes().len()];
        let others = graph.nodes().iter().filter(|node| !matches!(node.op, Op::Unpack(_))).flat_map(|node| node.inputs().iter().copied());
        for index in others.chain(graph.outputs().iter().map(|port| port.value)).filter_map(packed) {
            bare[index] = true;
        }
        let owner = |node: &Node| match node.op {
            Op::Unpack(_) => packed(node.inputs()[0]).filter(|&index| !bare[index]),
            _ => None,
        };
        let owners: Vec<Option<usize>> = graph.nodes().iter().map(owner).collect();
        let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
        for (part, owner) in owners.iter().enumerate().filter_map(|(part, owner)| Some((part, (*owner)?))) {
            parts.entry(owner).or_default().push(part);
        }
        Self { graph, customs, owners, parts }
    }

    /// The recurrent layer of which this node is an output or state; such a node is not a layer of its own.
    pub fn owner(&self, index: usize) -> Option<usize> {
        self.owners[index]
    }

    /// The outputs of a node, in order.
    pub fn outputs(&self, index: usize) -> Vec<&'a Shape> {
        let nodes = self.graph.nodes();
        match self.parts.get(&index) {
            Some(parts) => parts.iter().map(|&part| &nodes[part].output).collect(),
            None => vec![&nodes[index].output],
        }
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
            Op::Subgraph(op) if op.output == 0 => Some(node.param_count() + self.inside(&node.name)),
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

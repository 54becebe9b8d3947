//! Inlining of nested networks.

use crate::{Graph, Node, Op};

impl Graph {
    /// This graph with every nested network replaced by its nodes, named `encoder.conv1`. Only inlined graphs are run.
    pub fn inlined(&self) -> Graph {
        let mut flat = Flat { nodes: Vec::new(), inputs: self.inputs().len() };
        let values = flat.append(self, (0..self.inputs().len()).collect(), "", None);
        let mut outputs = self.outputs().to_vec();
        for port in &mut outputs {
            port.value = values[port.value];
        }
        Graph { name: self.name.clone(), inputs: self.inputs.clone(), nodes: flat.nodes.into(), outputs: outputs.into() }
    }
}

struct Flat {
    nodes: Vec<Node>,
    inputs: usize,
}

impl Flat {
    /// Appends the nodes of `graph`, whose inputs are the given values, and returns the new number of each of its values. With `shares`
    /// they share the tensors of the nodes from that number on, which were appended for the same network.
    fn append(&mut self, graph: &Graph, inputs: Vec<usize>, prefix: &str, shares: Option<usize>) -> Vec<usize> {
        let mut values = inputs;
        // For each original node, the index of the first node that replaces it.
        let mut begins: Vec<usize> = Vec::new();
        let first = self.nodes.len();
        for node in graph.nodes() {
            let arguments: Vec<usize> = node.inputs().iter().map(|&value| values[value]).collect();
            let name = if prefix.is_empty() { node.name.to_string() } else { format!("{prefix}.{}", node.name) };
            let begin = self.nodes.len();
            let shares = node.shares.map(|owner| begins[owner]).or_else(|| shares.map(|shares| shares + begin - first));
            begins.push(begin);
            if let Op::Subgraph(op) = node.op {
                let inner = self.append(op.graph, arguments, &name, shares);
                values.extend(op.graph.outputs()[..op.outputs].iter().map(|port| inner[port.value]));
                continue;
            }
            let value = self.nodes.last().map_or(self.inputs, |last| last.values().end);
            self.nodes.push(Node { name: name.into(), inputs: arguments.into(), value, shares, ..node.clone() });
            values.extend(value..value + node.outputs());
        }
        values
    }
}

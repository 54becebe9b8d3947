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

/// The position of an original node.
struct Place {
    /// Its first node.
    begin: usize,
    /// For a network, the new numbers of all its values.
    inner: Vec<usize>,
}

impl Flat {
    /// Appends the nodes of `graph`, whose inputs are the given values, and returns the new number of each of its values. With `shares`
    /// they share the tensors of the nodes from that number on, which were appended for the same network.
    fn append(&mut self, graph: &Graph, inputs: Vec<usize>, prefix: &str, shares: Option<usize>) -> Vec<usize> {
        let mut values = inputs;
        let mut places: Vec<Place> = Vec::new();
        let first = self.nodes.len();
        for node in graph.nodes() {
            let arguments: Vec<usize> = node.inputs().iter().map(|&value| values[value]).collect();
            let name = if prefix.is_empty() { node.name.to_string() } else { format!("{prefix}.{}", node.name) };
            let begin = self.nodes.len();
            let owner = node.shares.map(|owner| places[owner].begin).or_else(|| shares.map(|shares| shares + begin - first));
            let Op::Subgraph(op) = node.op else {
                self.nodes.push(Node {
                    name: name.into(),
                    op: node.op,
                    inputs: arguments.into(),
                    output: node.output,
                    shares: owner,
                    init: node.init,
                });
                places.push(Place { begin, inner: Vec::new() });
                values.push(self.inputs + begin);
                continue;
            };
            // Another output of a network that has been applied already adds no nodes.
            let same = |other: &&(usize, &Node)| other.1.name == node.name && other.1.inputs == node.inputs;
            let earlier: Vec<(usize, &Node)> = graph.nodes()[..places.len()].iter().enumerate().collect();
            let applied = if op.output > 0 { earlier.iter().rev().find(same) } else { None };
            let (begin, inner) = match applied {
                Some(&(earlier, _)) => (places[earlier].begin, places[earlier].inner.clone()),
                None => (begin, self.append(op.graph, arguments, &name, owner)),
            };
            values.push(inner[op.graph.outputs()[op.output].value]);
            places.push(Place { begin, inner });
        }
        values
    }
}

//! Graphs with hooks: cut at the values that are asked for, with an operation at each hook.
//!
//! A hook is a custom layer of the graph that runs. [`crate::run::plan`] cuts a graph at custom layers, so each part between two hooks runs on the engine as a
//! network of its own. Whatever the engine fuses or lays out in another order within a part, the value at its end is the one that the layer defines.

use layercake_ir::{Graph, Node, Op, Port, ops::Custom};

use super::at::Point;

/// A graph up to some values.
pub(super) struct Cut {
    pub graph: Graph,
    /// For each of its tensors, the number in the whole graph.
    pub tensors: Vec<usize>,
}

impl Cut {
    /// The nodes that these values depend on. The inputs stay.
    pub fn of(graph: &Graph, outputs: &[Port]) -> Self {
        let nodes = graph.nodes();
        let mut needed = vec![false; graph.values()];
        outputs.iter().for_each(|port| needed[port.value] = true);
        let mut kept = vec![false; nodes.len()];
        for (index, node) in nodes.iter().enumerate().rev() {
            if node.values().any(|value| needed[value]) {
                kept[index] = true;
                node.inputs().iter().for_each(|&value| needed[value] = true);
            }
        }
        let firsts = graph.first_tensors();
        let mut values: Vec<usize> = (0..graph.inputs().len()).collect();
        values.resize(graph.values(), usize::MAX);
        let (mut list, mut tensors): (Vec<Node>, Vec<usize>) = (Vec::new(), Vec::new());
        let mut next = graph.inputs().len();
        // For each node that owns tensors, the kept node that has them now.
        let mut owners = vec![None; nodes.len()];
        for (index, node) in nodes.iter().enumerate().filter(|(index, _)| kept[*index]) {
            let original = node.shares.unwrap_or(index);
            let shares = owners[original];
            if shares.is_none() {
                owners[original] = Some(list.len());
                tensors.extend((0..node.op.params().as_slice().len()).map(|tensor| firsts[index] + tensor));
            }
            for (value, number) in node.values().zip(next..) {
                values[value] = number;
            }
            let inputs: Vec<usize> = node.inputs().iter().map(|&value| values[value]).collect();
            list.push(Node { inputs: inputs.into(), value: next, shares, ..node.clone() });
            next += node.outputs();
        }
        let outputs: Vec<Port> = outputs.iter().map(|port| Port { value: values[port.value], ..port.clone() }).collect();
        let graph = Graph { name: graph.name.clone(), inputs: graph.inputs.clone(), nodes: list.into(), outputs: outputs.into() };
        Self { graph, tensors }
    }
}

/// The path of the custom layer that stands for point `number`. Names of layers in a declaration have no `#`, and no other graph has custom layers.
fn path(number: usize) -> String {
    format!("hook#{number}")
}

/// The point of such a path.
pub(super) fn point_of(path: &str) -> Option<usize> {
    path.strip_prefix("hook#")?.parse().ok()
}

/// The graph with a custom layer at each point: behind a value, or in front of a node.
pub(super) fn with_points(graph: &Graph, points: &[Point]) -> Graph {
    let mut made = Made { nodes: Vec::new(), values: Vec::new(), owners: Vec::new(), next: graph.inputs().len() };
    for port in graph.inputs() {
        made.values.push(port.value);
    }
    for value in 0..graph.inputs().len() {
        made.behind(graph, points, value);
    }
    for (index, node) in graph.nodes().iter().enumerate() {
        let mut inputs: Vec<usize> = node.inputs().iter().map(|&value| made.values[value]).collect();
        for (number, point) in points.iter().enumerate() {
            if let Point::Edge(at, input) = *point
                && at == index
            {
                inputs[input] = made.push_point(graph, number, node.inputs()[input], inputs[input]);
            }
        }
        let shares = node.shares.map(|owner| made.owners[owner]);
        made.owners.push(made.nodes.len());
        made.values.extend(made.next..made.next + node.outputs());
        made.nodes.push(Node { inputs: inputs.into(), value: made.next, shares, ..node.clone() });
        made.next += node.outputs();
        node.values().for_each(|value| made.behind(graph, points, value));
    }
    let outputs: Vec<Port> = graph.outputs().iter().map(|port| Port { value: made.values[port.value], ..port.clone() }).collect();
    Graph { name: graph.name.clone(), inputs: graph.inputs.clone(), nodes: made.nodes.into(), outputs: outputs.into() }
}

struct Made {
    nodes: Vec<Node>,
    /// For each value of the original graph, the number of what its users receive.
    values: Vec<usize>,
    /// For each original node, its index now.
    owners: Vec<usize>,
    /// The number of the next value.
    next: usize,
}

impl Made {
    /// Puts the points behind a value.
    fn behind(&mut self, graph: &Graph, points: &[Point], value: usize) {
        for number in (0..points.len()).filter(|&number| points[number] == Point::Value(value)) {
            self.values[value] = self.push_point(graph, number, value, self.values[value]);
        }
    }

    /// Appends the custom layer of a point, and returns its output.
    fn push_point(&mut self, graph: &Graph, number: usize, value: usize, input: usize) -> usize {
        let output = *graph.shape(value);
        self.nodes.push(Node {
            name: path(number).into(),
            op: Op::Custom(Custom { output }),
            inputs: vec![input].into(),
            value: self.next,
            output,
            further: Node::NONE,
            shares: Node::OWN,
            init: None,
        });
        self.next += 1;
        self.next - 1
    }
}

//! Resizing: the same network on inputs of other shapes.

use crate::{Graph, Mistake, Op, Shape, Site, check_input};

/// The size that represents, in the constants of a network, a length known only when it runs.
pub const RUNTIME_LENGTH: usize = 64;

impl Graph {
    /// The graph with inputs of these shapes: the same operations with the same tensors. For networks whose lengths are known at run time. Inputs of
    /// token ids remain inputs of token ids.
    ///
    /// # Errors
    /// If a layer does not accept its new input, or a size is 0.
    ///
    /// # Panics
    /// If the number of shapes differs from the number of inputs.
    pub fn resized(&self, inputs: &[Shape]) -> Result<Graph, Mistake> {
        assert_eq!(inputs.len(), self.inputs().len(), "a shape for each input");
        let mut graph = self.clone();
        for (port, shape) in graph.inputs.to_mut().iter_mut().zip(inputs) {
            check_input(&port.name, shape)?;
            port.shape = shape.of_ids(port.shape.is_ids());
        }
        for index in 0..graph.nodes().len() {
            let node = &graph.nodes()[index];
            let values = node.inputs().to_vec();
            let shapes: Vec<Shape> = values.iter().map(|&value| *graph.shape(value)).collect();
            let names: Vec<&str> = values.iter().map(|&value| graph.source(value)).collect();
            let site = Site { layer: &node.name, source: names[0], flattened: None, others: &names[1..], exact: false };
            let (op, output) = node.op.infer(&shapes, &site)?;
            let further: Vec<Shape> = (1..op.outputs()).map(|index| op.output(index, &shapes, &output)).collect();
            let node = &mut graph.nodes.to_mut()[index];
            (node.op, node.output, node.further) = (op, output, further.into());
        }
        let shapes: Vec<Shape> = graph.outputs().iter().map(|port| *graph.shape(port.value)).collect();
        for (port, shape) in graph.outputs.to_mut().iter_mut().zip(shapes) {
            port.shape = shape;
        }
        Ok(graph)
    }

    /// The name of the input or node of a value, for messages; empty for a network's only input.
    pub(crate) const fn source(&self, value: usize) -> &str {
        let inputs = self.inputs();
        match self.producer(value) {
            Some((index, _)) => self.nodes()[index].name(),
            None if inputs.len() == 1 => "",
            None => inputs[value].name(),
        }
    }

    /// Whether the graph contains a custom layer, which only its network can call.
    pub fn has_custom(&self) -> bool {
        self.nodes().iter().any(|node| match node.op {
            Op::Custom(_) => true,
            Op::Subgraph(op) => op.graph.has_custom(),
            _ => false,
        })
    }
}

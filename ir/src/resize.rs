//! The same network on inputs of other shapes, or with other options of its layers.

use crate::{Graph, Mistake, Node, Op, Shape, Site, check_input};

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
        graph.infer_again()?;
        Ok(graph)
    }

    /// The graph with other operations in the place of its own, such as a last layer for more classes: `replace` gets the number of each node and the node. The shapes behind them
    /// follow. A network in the network is one operation; [`Graph::inlined`] expands it. Layers that share their tensors need the same replacement.
    ///
    /// ```
    /// use layercake_ir::{Builder, INFER, Op, Shape, ops::Linear};
    ///
    /// let mut net = Builder::new("Net");
    /// let x = net.input("input", Shape::new(&[8]))?;
    /// let x = net.add("fc", Linear { in_features: INFER, out_features: 2, bias: true }, &[x])?;
    /// let net = net.finish(&[("output", x)]);
    /// let wider = net.with_ops(|_, node| match node.op {
    ///     Op::Linear(linear) => Linear { out_features: 5, ..linear }.into(),
    ///     other => other,
    /// })?;
    /// assert_eq!(wider.outputs()[0].shape, Shape::new(&[5]));
    /// # Ok::<(), layercake_ir::Mistake>(())
    /// ```
    ///
    /// # Errors
    /// If a layer does not accept its options or its new input.
    ///
    /// # Panics
    /// Panics if a replacement has another number of outputs than what it replaces.
    pub fn with_ops(&self, mut replace: impl FnMut(usize, &Node) -> Op) -> Result<Graph, Mistake> {
        let mut graph = self.clone();
        for (index, node) in graph.nodes.to_mut().iter_mut().enumerate() {
            let op = replace(index, node);
            assert_eq!(op.outputs(), node.op.outputs(), "`{}` and its replacement have as many outputs", node.name);
            node.op = op;
        }
        graph.infer_again()?;
        Ok(graph)
    }

    /// Works out all shapes from those of the inputs.
    fn infer_again(&mut self) -> Result<(), Mistake> {
        let graph = self;
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
        Ok(())
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

//! A graph as a part of another one.

use crate::{Builder, Graph, Mistake, Part, Text};

impl Builder {
    /// Adds all operations of a graph, on these values in place of its inputs, and returns its outputs. Their names, and the paths of their tensors, get the prefix
    /// `encoder.` if `name` is `encoder`; an empty name adds no prefix. Networks in the graph are expanded.
    ///
    /// ```
    /// use layercake_ir::{Builder, INFER, Shape, ops::Linear};
    ///
    /// let mut part = Builder::new("Head");
    /// let x = part.input("input", Shape::new(&[8]))?;
    /// let x = part.add("fc", Linear { in_features: INFER, out_features: 2, bias: true }, &[x])?;
    /// let head = part.finish(&[("output", x)]);
    ///
    /// let mut whole = Builder::new("Two heads");
    /// let x = whole.input("input", Shape::new(&[8]))?;
    /// let left = whole.add_graph("left", &head, &[x])?;
    /// let right = whole.add_graph("right", &head, &[x])?;
    /// let whole = whole.finish(&[("left", left[0]), ("right", right[0])]);
    /// assert_eq!(whole.nodes()[1].name(), "right.fc");
    /// # Ok::<(), layercake_ir::Mistake>(())
    /// ```
    ///
    /// # Errors
    /// As [`Builder::add`]; if the number of values is not that of the graph's inputs. The builder then has the operations before the mistake.
    pub fn add_graph(&mut self, name: &str, graph: &Graph, inputs: &[usize]) -> Result<Vec<usize>, Mistake> {
        let ports = graph.inputs().len();
        if ports != inputs.len() {
            let text = Text::new().str("the network ").name(graph.name()).str(" expects ").num(ports);
            let text = text.str(if ports == 1 { " input" } else { " inputs" }).str(", but receives ").num(inputs.len());
            return Err(Mistake::new(Part::Layer, text));
        }
        let graph = graph.inlined();
        let mut values = inputs.to_vec();
        for node in graph.nodes() {
            let path = if name.is_empty() { node.name.to_string() } else { format!("{name}.{}", node.name) };
            let arguments: Vec<usize> = node.inputs().iter().map(|&value| values[value]).collect();
            let value = match node.shares {
                None => self.add(&path, node.op, &arguments)?,
                Some(owner) => self.add_shared(&path, node.op, &arguments, values[graph.value_of(owner)])?,
            };
            if let Some(init) = node.init {
                self.init(value, init)?;
            }
            values.extend(value..value + node.outputs());
        }
        Ok(graph.outputs().iter().map(|port| values[port.value]).collect())
    }
}

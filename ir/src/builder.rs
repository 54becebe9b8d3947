//! Graphs built at run time.

use std::collections::HashMap;

use crate::graph::find;
use crate::{Graph, Init, Mistake, Node, Op, Part, Port, Shape, Site, Text, check_input, check_output};

/// Builds a graph at run time by the same rules as `network!`.
///
/// ```
/// use layercake_ir::{Builder, INFER, Shape, ops::Linear};
///
/// let mut builder = Builder::new("Perceptron");
/// let x = builder.input("input", Shape::new(&[784]))?;
/// let x = builder.add("fc1", Linear { in_features: INFER, out_features: 10, bias: true }, &[x])?;
/// let graph = builder.try_finish(&[("output", x)])?;
/// assert_eq!(graph.params(), 7850);
/// # Ok::<(), layercake_ir::Mistake>(())
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    name: String,
    inputs: Vec<Port>,
    nodes: Vec<Node>,
    /// The first node of each name.
    names: HashMap<String, usize>,
    /// The paths of tensors and the nodes that own them.
    tensors: HashMap<String, usize>,
}

impl Builder {
    /// An empty graph.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), inputs: Vec::new(), nodes: Vec::new(), names: HashMap::new(), tensors: HashMap::new() }
    }

    /// Adds an input and returns its value.
    ///
    /// # Errors
    /// If a size is zero, if an input has that name, or if there are operations already: inputs come first.
    pub fn input(&mut self, name: &str, shape: Shape) -> Result<usize, Mistake> {
        let text = || Text::new().str("the input ").name(name);
        if let Some(node) = self.nodes.first() {
            return Err(Mistake::new(Part::In, text().str(" comes after ").name(&node.name).str("; inputs come before all layers")));
        }
        if self.inputs.iter().any(|port| port.name == name) {
            return Err(Mistake::new(Part::In, text().str(" is already defined; each needs its own name")));
        }
        check_input(name, &shape)?;
        let value = self.inputs.len();
        self.inputs.push(Port { name: name.to_owned().into(), shape, value });
        Ok(value)
    }

    /// Adds an operation on the given values and returns its first output. Other outputs of an operation with several have the next
    /// numbers.
    ///
    /// # Errors
    /// The shape rule's mistake; if a value does not exist yet; if the name or the path of one of its tensors is taken.
    pub fn add(&mut self, name: &str, op: impl Into<Op>, inputs: &[usize]) -> Result<usize, Mistake> {
        self.push(name, op.into(), inputs, None)
    }

    /// Adds an operation that shares the tensors of the one whose output is `layer`. It may have the same name.
    ///
    /// # Errors
    /// As [`Builder::add`]; if `layer` is an input or does not exist yet; if the other operation's tensors have other shapes.
    pub fn add_shared(&mut self, name: &str, op: impl Into<Op>, inputs: &[usize], layer: usize) -> Result<usize, Mistake> {
        let text = || Text::new().name(name).str(" would use the tensors of ");
        if layer >= self.values() {
            return Err(Mistake::new(Part::Layer, self.absent(text(), layer)));
        }
        let Some(index) = self.node_of(layer) else {
            return Err(Mistake::new(Part::Layer, text().str("the input ").name(&self.inputs[layer].name).str(", which has none")));
        };
        let index = self.nodes[index].shares.unwrap_or(index);
        let value = self.push(name, op.into(), inputs, Some(index))?;
        let (own, other) = (self.nodes[self.nodes.len() - 1].op, &self.nodes[index]);
        if own.params() == other.op.params() {
            return Ok(value);
        }
        let text = text().name(&other.name).str(", but needs others for ").shape(self.shape(inputs[0]));
        self.nodes.pop();
        let last = self.nodes.len();
        self.names.retain(|_, node| *node != last);
        Err(Mistake::new(Part::Layer, text))
    }

    /// Sets the initialization of the layer whose output is `layer`.
    ///
    /// # Errors
    /// As [`Init::check`]; if `layer` is an input or does not exist yet, or if its tensors are those of another layer.
    pub fn init(&mut self, layer: usize, init: Init) -> Result<(), Mistake> {
        if layer >= self.values() {
            return Err(Mistake::new(Part::INIT, self.absent(Text::new().str("cannot initialize the weights of "), layer)));
        }
        let Some(index) = self.node_of(layer) else {
            let text = Text::new().str("the input ").name(&self.inputs[layer].name).str(" has no weights to initialize");
            return Err(Mistake::new(Part::INIT, text));
        };
        let node = &self.nodes[index];
        if let Some(owner) = node.shares {
            let text = Text::new().name(&node.name).str(" uses the weights of ").name(&self.nodes[owner].name);
            return Err(Mistake::new(Part::INIT, text.str(", which defines their initialization")));
        }
        init.check(&node.op, &Site { layer: &node.name, source: "", flattened: None, others: &[], exact: false })?;
        self.nodes[index].init = Some(init);
        Ok(())
    }

    fn push(&mut self, name: &str, op: Op, inputs: &[usize], shares: Option<usize>) -> Result<usize, Mistake> {
        if inputs.is_empty() {
            return Err(Mistake::new(Part::Layer, Text::new().name(name).str(" needs an input, but receives none")));
        }
        let most = self.values();
        if let Some(&value) = inputs.iter().find(|&&value| value >= most) {
            return Err(Mistake::new(Part::Layer, self.absent(Text::new().name(name).str(" takes "), value)));
        }
        let shapes: Vec<Shape> = inputs.iter().map(|&value| *self.shape(value)).collect();
        let source = self.node_of(inputs[0]).map(|node| &self.nodes[node]);
        let flattened = source.filter(|node| matches!(node.op, Op::Flatten(_))).map(|node| *self.shape(node.inputs()[0]));
        let others: Vec<&str> = inputs.iter().skip(1).map(|&value| self.value_name(value)).collect();
        let site = Site { layer: name, source: source.map_or("", |node| &node.name), flattened, others: &others, exact: false };
        let (op, output) = op.infer(&shapes, &site)?;
        if self.is_taken(name, shares) {
            let text = Text::new().str("two layers are named ").name(name);
            return Err(Mistake::new(Part::Layer, text.str("; each needs its own name")));
        }
        self.claim(name, &op, shares)?;
        self.names.entry(name.to_owned()).or_insert(self.nodes.len());
        let further: Vec<Shape> = (1..op.outputs()).map(|index| op.output(index, &shapes, &output)).collect();
        self.nodes.push(Node {
            name: name.to_owned().into(),
            op,
            inputs: inputs.to_vec().into(),
            value: most,
            output,
            further: further.into(),
            shares,
            init: None,
        });
        Ok(most)
    }

    /// Whether the name is taken. A reused layer has the name of the first.
    fn is_taken(&self, name: &str, shares: Option<usize>) -> bool {
        let Some(&first) = self.names.get(name) else { return false };
        shares.is_none_or(|owner| owner != self.nodes[first].shares.unwrap_or(first))
    }

    /// Claims the paths of a new node's tensors. Two layers with different names may clash: the weight of `a.out_proj` is `a.out_proj.weight`, and
    /// so is a tensor of the attention layer `a`.
    fn claim(&mut self, name: &str, op: &Op, shares: Option<usize>) -> Result<(), Mistake> {
        if shares.is_some() {
            return Ok(());
        }
        let mut paths = Vec::new();
        own_paths(name, op, &mut paths);
        if let Some((path, other)) = paths.iter().find_map(|path| Some((path, *self.tensors.get(path)?))) {
            let text = Text::new().str("a tensor of ").name(name).str(" would have the path ").name(path).str(", which one of ");
            let text = text.name(&self.nodes[other].name).str(" has; give one of the two layers another name");
            return Err(Mistake::new(Part::Layer, text));
        }
        self.tensors.extend(paths.into_iter().map(|path| (path, self.nodes.len())));
        Ok(())
    }

    /// Appends "value 7, but there are only 3 values before it".
    fn absent(&self, text: Text, value: usize) -> Text {
        let text = text.str("value ").num(value).str(", but there ");
        match self.values() {
            0 => text.str("are no values before it"),
            1 => text.str("is only 1 value before it"),
            most => text.str("are only ").num(most).str(" values before it"),
        }
    }

    /// Like [`Builder::try_finish`], for code whose values are known to exist.
    ///
    /// # Panics
    /// If that returns an error.
    pub fn finish(self, outputs: &[(&str, usize)]) -> Graph {
        match self.try_finish(outputs) {
            Ok(graph) => graph,
            Err(mistake) => panic!("{mistake}"),
        }
    }

    /// The graph with these outputs.
    ///
    /// # Errors
    /// If there are no inputs or no outputs, if a value does not exist, or if two outputs have one name.
    pub fn try_finish(self, outputs: &[(&str, usize)]) -> Result<Graph, Mistake> {
        let none = |what| Mistake::new(Part::Layer, Text::new().str("the network ").name(&self.name).str(" has no ").str(what));
        if self.inputs.is_empty() {
            return Err(none("input"));
        }
        if outputs.is_empty() {
            return Err(none("output"));
        }
        let mut ports: Vec<Port> = Vec::new();
        for &(name, value) in outputs {
            let text = Text::new().str("the output ").name(name);
            if value >= self.values() {
                return Err(Mistake::new(Part::Out, self.absent(text.str(" is "), value)));
            }
            if ports.iter().any(|port| port.name == name) {
                return Err(Mistake::new(Part::Out, text.str(" is already defined; each needs its own name")));
            }
            ports.push(Port { name: name.to_owned().into(), shape: *self.shape(value), value });
        }
        Ok(Graph { name: self.name.into(), inputs: self.inputs.into(), nodes: self.nodes.into(), outputs: ports.into() })
    }

    /// The last node that was added.
    pub fn last(&self) -> Option<&Node> {
        self.nodes.last()
    }

    /// The name of the input or node of a value; empty for an unnamed input.
    fn value_name(&self, value: usize) -> &str {
        match self.node_of(value) {
            None if self.inputs.len() == 1 => "",
            None => &self.inputs[value].name,
            Some(node) => &self.nodes[node].name,
        }
    }

    /// The number of values so far.
    fn values(&self) -> usize {
        self.nodes.last().map_or(self.inputs.len(), |last| last.values().end)
    }

    /// The index of the node that produces a value; None for an input.
    fn node_of(&self, value: usize) -> Option<usize> {
        (value >= self.inputs.len()).then(|| find(&self.nodes, self.inputs.len(), value).0)
    }

    /// The shape of a value.
    ///
    /// # Panics
    /// If there is no value of that number.
    pub fn shape(&self, value: usize) -> &Shape {
        if value < self.inputs.len() {
            return &self.inputs[value].shape;
        }
        let (node, output) = find(&self.nodes, self.inputs.len(), value);
        self.nodes[node].shape(output)
    }
}

impl Graph {
    /// Applies every rule again. A graph of [`Builder`] or `network!` is valid, but its public fields may have been changed.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(&self) -> Result<(), Mistake> {
        let mut builder = Builder::new(&self.name);
        for (i, port) in self.inputs().iter().enumerate() {
            builder.input(&port.name, port.shape)?;
            port_is(port, i)?;
        }
        for (i, node) in self.nodes().iter().enumerate() {
            let value = match node.shares {
                None => builder.add(&node.name, node.op, node.inputs())?,
                Some(owner) => {
                    let owner = builder.nodes.get(owner).map_or(usize::MAX, |owner| owner.value);
                    builder.add_shared(&node.name, node.op, node.inputs(), owner)?
                }
            };
            if let Some(init) = node.init {
                builder.init(value, init)?;
            }
            let built = &builder.nodes[i];
            check_output(&node.output, &built.output, &Site { layer: &node.name, source: "", flattened: None, others: &[], exact: false })?;
            if built != node {
                let text = Text::new().name(&node.name).str(" differs from the result of its shape rule: a size is left to infer");
                return Err(Mistake::new(Part::Layer, text.str(", or it shares the tensors of one that shares another's")));
            }
        }
        let outputs: Vec<(&str, usize)> = self.outputs().iter().map(|port| (&*port.name, port.value)).collect();
        let built = builder.try_finish(&outputs)?;
        for (port, built) in self.outputs().iter().zip(built.outputs()) {
            check_output(&port.shape, &built.shape, &Site { layer: &port.name, source: "", flattened: None, others: &[], exact: false })?;
        }
        Ok(())
    }
}

/// The paths of the tensors of an operation with this name, including those of a nested network.
fn own_paths(name: &str, op: &Op, paths: &mut Vec<String>) {
    let Op::Subgraph(op) = op else {
        paths.extend(op.params().as_slice().iter().map(|param| param.path(name)));
        return;
    };
    for node in op.graph.nodes().iter().filter(|node| node.shares.is_none()) {
        own_paths(&format!("{name}.{}", node.name), &node.op, paths);
    }
}

/// Inputs are the first values, in order.
fn port_is(port: &Port, value: usize) -> Result<(), Mistake> {
    if port.value == value {
        return Ok(());
    }
    let text = Text::new().str("the input ").name(&port.name).str(" has the number ").num(port.value);
    Err(Mistake::new(Part::In, text.str(", but should have ").num(value)))
}

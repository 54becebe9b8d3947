//! The graph of a network, as data.

use std::borrow::Cow;

use crate::{Mistake, Op, Params, Part, Shape, Site, Text};

/// A network as data: what it takes, what it does in which order, what it gives.
///
/// Values are numbered: first the inputs, then the output of each node in order. A node only uses values with smaller numbers, so the
/// order of the nodes is an order in which they can run. `network!` emits one as a constant; [`Builder`] makes one at run time.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The network's name.
    pub name: Cow<'static, str>,
    /// The inputs; `value` counts from 0.
    pub inputs: Cow<'static, [Port]>,
    /// The operations.
    pub nodes: Cow<'static, [Node]>,
    /// The outputs.
    pub outputs: Cow<'static, [Port]>,
}

/// An input or output.
#[derive(Clone, Debug, PartialEq)]
pub struct Port {
    /// Its name: `input` and `output` where the user gave none.
    pub name: Cow<'static, str>,
    /// The shape of one sample.
    pub shape: Shape,
    /// The number of the value.
    pub value: usize,
}

/// One operation in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The layer's name, and the first part of its parameters' paths.
    pub name: Cow<'static, str>,
    /// What it does, nothing left to infer.
    pub op: Op,
    /// The values it takes.
    pub inputs: Cow<'static, [usize]>,
    /// The shape of what it gives, for one sample.
    pub output: Shape,
    /// The earlier node whose tensors it uses, where it has none of its own: a layer that is applied again.
    pub shares: Option<usize>,
}

impl Graph {
    /// The nodes, in an order in which they can run.
    pub const fn nodes(&self) -> &[Node] {
        match &self.nodes {
            Cow::Borrowed(nodes) => nodes,
            Cow::Owned(nodes) => nodes.as_slice(),
        }
    }

    /// The inputs.
    pub const fn inputs(&self) -> &[Port] {
        match &self.inputs {
            Cow::Borrowed(ports) => ports,
            Cow::Owned(ports) => ports.as_slice(),
        }
    }

    /// The outputs.
    pub const fn outputs(&self) -> &[Port] {
        match &self.outputs {
            Cow::Borrowed(ports) => ports,
            Cow::Owned(ports) => ports.as_slice(),
        }
    }

    /// The shape of a value.
    ///
    /// # Panics
    /// If there is no value of that number.
    pub const fn shape(&self, value: usize) -> &Shape {
        let inputs = self.inputs();
        if value < inputs.len() { &inputs[value].shape } else { &self.nodes()[value - inputs.len()].output }
    }

    /// The name of the input or node that gives a value.
    ///
    /// # Panics
    /// If there is no value of that number.
    pub fn value_name(&self, value: usize) -> &str {
        let inputs = self.inputs();
        if value < inputs.len() { &inputs[value].name } else { &self.nodes()[value - inputs.len()].name }
    }

    /// The number of the value that node `index` gives.
    pub const fn value_of(&self, index: usize) -> usize {
        self.inputs().len() + index
    }
}

impl Node {
    /// The values it takes.
    pub const fn inputs(&self) -> &[usize] {
        match &self.inputs {
            Cow::Borrowed(values) => values,
            Cow::Owned(values) => values.as_slice(),
        }
    }

    /// The tensors that the node owns: none if it uses those of another.
    pub const fn params(&self) -> Params {
        if self.shares.is_some() { Params::NONE } else { self.op.params() }
    }
}

/// Builds a graph at run time by the same rules as `network!`.
///
/// ```
/// use layercake_ir::{Builder, INFER, Op, Shape, ops::Linear};
///
/// let mut builder = Builder::new("Perceptron");
/// let x = builder.input("input", Shape::new(&[784]))?;
/// let x = builder.add("fc1", Op::Linear(Linear { in_features: INFER, out_features: 10, bias: true }), &[x])?;
/// let graph = builder.finish(&[("output", x)]);
/// assert_eq!(graph.params(), 7850);
/// # Ok::<(), layercake_ir::Mistake>(())
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    name: String,
    inputs: Vec<Port>,
    nodes: Vec<Node>,
}

impl Builder {
    /// An empty graph.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), inputs: Vec::new(), nodes: Vec::new() }
    }

    /// Adds an input and gives its value.
    ///
    /// # Errors
    /// If a size is zero.
    ///
    /// # Panics
    /// If there are nodes already: inputs come first.
    pub fn input(&mut self, name: &str, shape: Shape) -> Result<usize, Mistake> {
        assert!(self.nodes.is_empty(), "inputs are added before nodes");
        check_input(name, &shape)?;
        let value = self.inputs.len();
        self.inputs.push(Port { name: name.to_owned().into(), shape, value });
        Ok(value)
    }

    /// Adds an operation on the given values and gives its own.
    ///
    /// # Errors
    /// The shape rule's mistake.
    ///
    /// # Panics
    /// If a value does not exist yet.
    pub fn add(&mut self, name: &str, op: Op, inputs: &[usize]) -> Result<usize, Mistake> {
        self.push(name, op, inputs, None)
    }

    /// Adds an operation that uses the tensors of the one that gave `layer`.
    ///
    /// # Errors
    /// The shape rule's mistake, or if the other operation's tensors have other shapes.
    ///
    /// # Panics
    /// If a value does not exist yet, or `layer` is an input.
    pub fn add_shared(&mut self, name: &str, op: Op, inputs: &[usize], layer: usize) -> Result<usize, Mistake> {
        let index = layer.checked_sub(self.inputs.len()).expect("an input has no tensors");
        let index = self.nodes[index].shares.unwrap_or(index);
        let value = self.push(name, op, inputs, Some(index))?;
        let (own, other) = (self.nodes[self.nodes.len() - 1].op, &self.nodes[index]);
        if own.params() == other.op.params() {
            return Ok(value);
        }
        let text = Text::new().name(name).str(" would use the tensors of ").name(&other.name).str(", but needs others for ");
        let text = text.shape(&self.shape(inputs[0]));
        self.nodes.pop();
        Err(Mistake::new(Part::Layer, text))
    }

    fn push(&mut self, name: &str, op: Op, inputs: &[usize], shares: Option<usize>) -> Result<usize, Mistake> {
        let shapes: Vec<Shape> = inputs.iter().map(|&value| self.shape(value)).collect();
        let source = inputs.first().and_then(|value| value.checked_sub(self.inputs.len())).map(|node| &self.nodes[node]);
        let flattened = source.filter(|node| matches!(node.op, Op::Flatten(_))).map(|node| self.shape(node.inputs()[0]));
        let others: Vec<&str> = inputs.iter().skip(1).map(|&value| self.name(value)).collect();
        let site = Site { layer: name, source: source.map_or("", |node| &node.name), flattened, others: &others };
        let (op, output) = op.infer(&shapes, &site)?;
        self.nodes.push(Node { name: name.to_owned().into(), op, inputs: inputs.to_vec().into(), output, shares });
        Ok(self.inputs.len() + self.nodes.len() - 1)
    }

    /// The graph with these outputs.
    ///
    /// # Panics
    /// If a value does not exist.
    pub fn finish(self, outputs: &[(&str, usize)]) -> Graph {
        let outputs: Vec<Port> =
            outputs.iter().map(|&(name, value)| Port { name: name.to_owned().into(), shape: self.shape(value), value }).collect();
        Graph { name: self.name.into(), inputs: self.inputs.into(), nodes: self.nodes.into(), outputs: outputs.into() }
    }

    fn name(&self, value: usize) -> &str {
        match value.checked_sub(self.inputs.len()) {
            None => &self.inputs[value].name,
            Some(node) => &self.nodes[node].name,
        }
    }

    fn shape(&self, value: usize) -> Shape {
        match value.checked_sub(self.inputs.len()) {
            None => self.inputs[value].shape,
            Some(node) => self.nodes[node].output,
        }
    }
}

/// Refuses an input that has an axis of size zero, or more elements than can be counted.
///
/// # Errors
/// On [`Part::In`].
pub const fn check_input(name: &str, shape: &Shape) -> Result<(), Mistake> {
    let text = if is_unnamed(name) { Text::new().str("the network's input") } else { Text::new().str("the input ").name(name) };
    let text = text.str(" has the shape ").shape(shape);
    let mut i = 0;
    while i < shape.rank() {
        if shape.dim(i) == 0 {
            return Err(Mistake::new(Part::In, text.str("; every size must be at least 1")));
        }
        i += 1;
    }
    if shape.len() > crate::ops::MOST {
        return Err(Mistake::new(Part::In, text.str("; that is more than any memory can hold")));
    }
    Ok(())
}

/// The name of an input that the user gave none.
const fn is_unnamed(name: &str) -> bool {
    matches!(name.as_bytes(), b"input")
}

/// Compares the output that the user declared with the one worked out. A declared size of [`crate::INFER`] (`_`) accepts any.
///
/// # Errors
/// On [`Part::Out`]. `what` says whose output it is: "the network gives", "`conv1` gives".
pub const fn check_output(declared: &Shape, found: &Shape, site: &Site) -> Result<(), Mistake> {
    if declared.is_unknown() || found.is_unknown() {
        return Ok(());
    }
    let mut same = declared.rank() == found.rank();
    let mut i = 0;
    while same && i < found.rank() {
        same = declared.dim(i) == found.dim(i) || declared.dim(i) == crate::INFER;
        i += 1;
    }
    if same {
        return Ok(());
    }
    let mut text = Text::new().str("declared as [");
    let mut i = 0;
    while i < declared.rank() {
        text = if i > 0 { text.str(", ") } else { text };
        text = if declared.dim(i) == crate::INFER { text.str("_") } else { text.num(declared.dim(i)) };
        i += 1;
    }
    let text = text.str("], but ");
    let text = if site.layer.is_empty() { text.str("the network's input is ") } else { text.name(site.layer).str(" gives ") };
    let help = Text::new().str("write `-> ").shape(found).str("`, or `_` for a size to be inferred");
    Err(Mistake::new(Part::Out, text.shape(found)).help(help))
}

//! The graph of a network, as data.

use std::borrow::Cow;

use crate::{Init, MAX_VALUES, Mistake, Op, Params, Part, Shape, Site, Text};

/// A network as data: its inputs, its operations in order, and its outputs.
///
/// Values are numbered: first the inputs, then the outputs of each node in order. A node uses only values with smaller numbers, so the
/// nodes can run in order. `network!` emits a graph as a constant; [`crate::Builder`] builds one at run time.
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
    /// Its name: `input` and `output` by default.
    pub name: Cow<'static, str>,
    /// The shape of one sample.
    pub shape: Shape,
    /// The number of the value.
    pub value: usize,
}

/// One operation of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The layer's name, and the first part of its parameters' paths.
    pub name: Cow<'static, str>,
    /// The operation, with all sizes inferred.
    pub op: Op,
    /// The values it takes.
    pub inputs: Cow<'static, [usize]>,
    /// The number of its first output; the other outputs have the next numbers.
    pub value: usize,
    /// The shape of its first output, for one sample.
    pub output: Shape,
    /// The shapes of the outputs after the first: the final states of an LSTM, the other parts of a `Split`. Most operations have none.
    pub further: Cow<'static, [Shape]>,
    /// The earlier node whose tensors it shares: set for a reused layer.
    pub shares: Option<usize>,
    /// The initialization of its weights, if it is not PyTorch's default.
    pub init: Option<Init>,
}

/// All value numbers, from which nodes with one input borrow.
const VALUES: &[usize; MAX_VALUES] = &{
    let mut values = [0; MAX_VALUES];
    let mut i = 0;
    while i < MAX_VALUES {
        values[i] = i;
        i += 1;
    }
    values
};

impl Graph {
    /// The network's name.
    pub const fn name(&self) -> &str {
        match &self.name {
            Cow::Borrowed(name) => name,
            Cow::Owned(name) => name.as_str(),
        }
    }

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
        match self.producer(value) {
            Some((index, output)) => self.nodes()[index].shape(output),
            None => &self.inputs()[value].shape,
        }
    }

    /// The name of the input or node of a value. For a node with several outputs, the name of the output is appended: `lstm.h_n`.
    ///
    /// # Panics
    /// If there is no value of that number.
    pub fn value_name(&self, value: usize) -> Cow<'_, str> {
        match self.producer(value) {
            Some((index, output)) => self.nodes()[index].output_name(output),
            None => Cow::Borrowed(self.inputs()[value].name()),
        }
    }

    /// The number of the first output of node `index`.
    pub const fn value_of(&self, index: usize) -> usize {
        self.nodes()[index].value
    }

    /// For each node, the number of its first tensor in graph order. A node that shares the tensors of another has the other's.
    pub fn first_tensors(&self) -> Vec<usize> {
        let (mut firsts, mut next) = (Vec::with_capacity(self.nodes().len()), 0);
        for node in self.nodes() {
            firsts.push(node.shares.map_or(next, |owner| firsts[owner]));
            next += node.params().as_slice().len();
        }
        firsts
    }

    /// The number of values: the inputs, and the outputs of all nodes.
    pub const fn values(&self) -> usize {
        match self.nodes() {
            [] => self.inputs().len(),
            [.., last] => last.value + last.outputs(),
        }
    }

    /// The index of the node that produces a value, and the index of the output; None for an input.
    ///
    /// # Panics
    /// If there is no value of that number.
    pub const fn producer(&self, value: usize) -> Option<(usize, usize)> {
        let inputs = self.inputs().len();
        if value < inputs { None } else { Some(find(self.nodes(), inputs, value)) }
    }
}

/// The index of the node that produces a value, and the index of the output. `first` is the number of the first node's first output.
pub(crate) const fn find(nodes: &[Node], first: usize, value: usize) -> (usize, usize) {
    // Each node has at least one output. If all earlier nodes have exactly one, the first guess is right.
    let mut high = if value - first < nodes.len() { value - first } else { nodes.len() - 1 };
    let mut low = if nodes[high].value <= value { high } else { 0 };
    while low < high {
        let middle = (low + high).div_ceil(2);
        if nodes[middle].value <= value {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let output = value - nodes[low].value;
    assert!(output < nodes[low].outputs(), "there is no value of this number");
    (low, output)
}

impl Port {
    /// Its name.
    pub const fn name(&self) -> &str {
        match &self.name {
            Cow::Borrowed(name) => name,
            Cow::Owned(name) => name.as_str(),
        }
    }
}

impl Node {
    /// The `shares` of a node with its own tensors.
    pub const OWN: Option<usize> = None;

    /// The `further` of a node with one output.
    pub const NONE: Cow<'static, [Shape]> = Cow::Borrowed(&[]);

    /// A node with one input, one output, its own tensors (or none) and PyTorch's initialization, as most are. A constant built from calls of
    /// this function compiles faster than one with all fields written out.
    ///
    /// # Panics
    /// If `input` is not less than [`MAX_VALUES`].
    pub const fn of_one(name: &'static str, op: Op, input: usize, value: usize, output: Shape) -> Self {
        let inputs = VALUES.split_at(input).1.split_at(1).0;
        Self {
            name: Cow::Borrowed(name),
            op,
            inputs: Cow::Borrowed(inputs),
            value,
            output,
            further: Self::NONE,
            shares: Self::OWN,
            init: Init::DEFAULT,
        }
    }

    /// Its name.
    pub const fn name(&self) -> &str {
        match &self.name {
            Cow::Borrowed(name) => name,
            Cow::Owned(name) => name.as_str(),
        }
    }

    /// The values it takes.
    pub const fn inputs(&self) -> &[usize] {
        match &self.inputs {
            Cow::Borrowed(values) => values,
            Cow::Owned(values) => values.as_slice(),
        }
    }

    /// The number of outputs.
    pub const fn outputs(&self) -> usize {
        1 + self.further().len()
    }

    /// The shapes of the outputs after the first.
    pub const fn further(&self) -> &[Shape] {
        match &self.further {
            Cow::Borrowed(shapes) => shapes,
            Cow::Owned(shapes) => shapes.as_slice(),
        }
    }

    /// The shape of output `index`.
    ///
    /// # Panics
    /// If there is no output of that index.
    pub const fn shape(&self, index: usize) -> &Shape {
        if index == 0 { &self.output } else { &self.further()[index - 1] }
    }

    /// The shapes of all outputs.
    pub fn shapes(&self) -> impl Iterator<Item = &Shape> {
        std::iter::once(&self.output).chain(self.further())
    }

    /// The numbers of its outputs, as values.
    pub fn values(&self) -> std::ops::Range<usize> {
        self.value..self.value + self.outputs()
    }

    /// The name of output `index`: the node's name, followed by the output's if there are several: `lstm.h_n`.
    pub fn output_name(&self, index: usize) -> Cow<'_, str> {
        match self.outputs() {
            1 => Cow::Borrowed(self.name()),
            _ => Cow::Owned(format!("{}.{}", self.name(), self.op.output_name(index))),
        }
    }

    /// The tensors that the node owns: none if it shares those of another.
    pub const fn params(&self) -> Params {
        if self.shares.is_some() { Params::NONE } else { self.op.params() }
    }
}

/// Refuses an input that has an axis of size zero, or more elements than fit in memory.
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
        return Err(Mistake::new(Part::In, text.str(", which does not fit in memory")));
    }
    Ok(())
}

/// Whether this is the default name of an input.
const fn is_unnamed(name: &str) -> bool {
    matches!(name.as_bytes(), b"input")
}

/// Compares the declared output with the inferred one. A declared size of [`crate::INFER`] (`_`) accepts any.
///
/// # Errors
/// On [`Part::Out`], if they differ.
pub const fn check_output(declared: &Shape, found: &Shape, site: &Site) -> Result<(), Mistake> {
    if declared.is_unknown() || found.is_unknown() {
        return Ok(());
    }
    let mut same = declared.rank() == found.rank() && !found.is_ids();
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
    if found.is_ids() && !declared.is_ids() {
        let help = Text::new().str("`Embedding` turns token ids into features");
        return Err(Mistake::new(Part::Out, text.shape(found).str(", token ids, which cannot be an output")).help(help));
    }
    let help = Text::new().str("write `-> ").shape(found).str("`, with `_` for a size to infer");
    Err(Mistake::new(Part::Out, text.shape(found)).help(help))
}

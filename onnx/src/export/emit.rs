//! The nodes and tensors of a file as they come.

use std::collections::{HashMap, HashSet};

use layercake_ir::{Graph, Node, Shape};
use prost::bytes::Bytes;

use crate::Tensor;
use crate::proto::{self, AttributeType, data_type};

/// An attribute of a node.
pub(super) fn int(name: &str, value: impl TryInto<i64>) -> proto::Attribute {
    let i = Some(value.try_into().unwrap_or(i64::MAX));
    proto::Attribute { name: name.to_owned(), i, r#type: AttributeType::Int.into(), ..Default::default() }
}

pub(super) fn ints(name: &str, values: &[usize]) -> proto::Attribute {
    let ints = values.iter().map(|&value| value as i64).collect();
    proto::Attribute { name: name.to_owned(), ints, r#type: AttributeType::Ints.into(), ..Default::default() }
}

pub(super) fn float(name: &str, value: f64) -> proto::Attribute {
    proto::Attribute { name: name.to_owned(), f: Some(value as f32), r#type: AttributeType::Float.into(), ..Default::default() }
}

pub(super) fn text(name: &str, value: &str) -> proto::Attribute {
    let s = Some(Bytes::copy_from_slice(value.as_bytes()));
    proto::Attribute { name: name.to_owned(), s, r#type: AttributeType::String.into(), ..Default::default() }
}

pub(super) fn texts(name: &str, values: &[&str]) -> proto::Attribute {
    let strings = values.iter().map(|value| Bytes::copy_from_slice(value.as_bytes())).collect();
    proto::Attribute { name: name.to_owned(), strings, r#type: AttributeType::Strings.into(), ..Default::default() }
}

pub(super) struct Emitter<'a> {
    tensors: &'a HashMap<String, Tensor>,
    nodes: Vec<proto::Node>,
    initializers: Vec<proto::Tensor>,
    /// All names in the file; each is used once.
    taken: HashSet<String>,
    /// The name of each value of the graph.
    values: Vec<String>,
    /// The learned tensors, and what is computed from them alone: `[1, ..]`, and the name of the same repeated for each sample, once it is needed.
    batchless: HashMap<usize, Option<String>>,
    /// The layer whose nodes are written, and the index of its first node.
    layer: String,
    first: usize,
    /// The first input of the graph, which has the batch's size.
    whole: String,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(graph: &Graph, tensors: &'a HashMap<String, Tensor>) -> Self {
        let values: Vec<String> = graph.inputs().iter().map(|port| port.name().to_owned()).collect();
        let ports = values.iter().cloned().chain(graph.outputs().iter().map(|port| port.name().to_owned()));
        let taken = ports.chain(tensors.keys().cloned()).chain(std::iter::once(String::new())).collect();
        let whole = values[0].clone();
        let (nodes, initializers, batchless) = (Vec::new(), Vec::new(), HashMap::new());
        Self { tensors, nodes, initializers, taken, values, batchless, layer: String::new(), first: 0, whole }
    }

    /// A name that nothing else has.
    fn fresh(&mut self, wish: &str) -> String {
        let mut name = wish.to_owned();
        let mut number = 1;
        while !self.taken.insert(name.clone()) {
            number += 1;
            name = format!("{wish}_{number}");
        }
        name
    }

    pub(super) fn begin(&mut self, node: &Node) {
        node.name().clone_into(&mut self.layer);
        self.first = self.nodes.len();
    }

    /// Names the values of a layer.
    pub(super) fn end(&mut self, node: &Node, names: Vec<String>, batchless: bool) {
        for (index, name) in names.into_iter().enumerate() {
            let wish = node.output_name(index).into_owned();
            let own = self.nodes[self.first..].iter().any(|node| node.output.contains(&name));
            if own && !self.taken.contains(&wish) {
                self.taken.insert(wish.clone());
                self.rename(&name, &wish);
                self.values.push(wish);
            } else {
                self.values.push(name);
            }
            if batchless {
                self.batchless.insert(self.values.len() - 1, None);
            }
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        let names = self.nodes.iter_mut().flat_map(|node| node.input.iter_mut().chain(&mut node.output));
        names.filter(|name| *name == from).for_each(|name| to.clone_into(name));
        self.values.iter_mut().filter(|name| *name == from).for_each(|name| to.clone_into(name));
    }

    pub(super) fn is_batchless(&self, value: usize) -> bool {
        self.batchless.contains_key(&value)
    }

    /// The name of a value that a layer takes; a learned tensor is repeated for each sample unless `broadcast`.
    pub(super) fn input(&mut self, value: usize, shape: &Shape, broadcast: bool) -> String {
        let name = self.values[value].clone();
        match self.batchless.get(&value) {
            Some(Some(repeated)) if !broadcast => return repeated.clone(),
            Some(None) if !broadcast => {}
            _ => return name,
        }
        self.layer.clone_from(&name);
        let whole = self.whole.clone();
        let batch = self.op("Shape", &[&whole], vec![int("start", 0), int("end", 1)]);
        let sizes = self.ints(shape.dims());
        let sizes = self.op("Concat", &[&batch, &sizes], vec![int("axis", 0)]);
        let repeated = self.op("Expand", &[&name, &sizes], vec![]);
        self.batchless.insert(value, Some(repeated.clone()));
        repeated
    }

    /// Gives the outputs of the graph the names of its ports.
    pub(super) fn outputs(&mut self, graph: &Graph) {
        let mut given: HashMap<String, String> = HashMap::new();
        for port in graph.outputs() {
            let name = self.input(port.value, graph.shape(port.value), false);
            let produced = self.nodes.iter().any(|node| node.output.contains(&name));
            if produced && !given.contains_key(&name) && !given.values().any(|other| *other == name) {
                self.rename(&name, port.name());
                given.insert(name, port.name().to_owned());
            } else {
                let name = given.get(&name).unwrap_or(&name).clone();
                let output = vec![port.name().to_owned()];
                let node = proto::Node {
                    input: vec![name],
                    output,
                    name: port.name().to_owned(),
                    op_type: "Identity".to_owned(),
                    ..Default::default()
                };
                self.nodes.push(node);
            }
        }
    }

    /// The values of layers that have a name of their own, once each.
    pub(super) fn named(&self, graph: &Graph) -> Vec<(String, usize)> {
        let ports = graph.inputs().iter().chain(graph.outputs()).map(|port| port.name().to_owned());
        let mut known: HashSet<String> = ports.collect();
        let values = self.values.iter().enumerate().filter(|(value, _)| !self.batchless.contains_key(value));
        values.filter(|(_, name)| known.insert((*name).clone())).map(|(value, name)| (name.clone(), value)).collect()
    }

    pub(super) fn finish(self) -> (Vec<proto::Node>, Vec<proto::Tensor>) {
        (self.nodes, self.initializers)
    }

    /// Adds a node with one output, and returns the output's name. An empty input is one left out.
    pub(super) fn op(&mut self, kind: &str, inputs: &[&str], attributes: Vec<proto::Attribute>) -> String {
        self.op_of(kind, inputs, 1, attributes).remove(0)
    }

    /// Adds a node with several outputs.
    pub(super) fn op_of(&mut self, kind: &str, inputs: &[&str], outputs: usize, attribute: Vec<proto::Attribute>) -> Vec<String> {
        let wish = format!("{}/{kind}", self.layer);
        let output: Vec<String> = (0..outputs).map(|_| self.fresh(&wish)).collect();
        let input = inputs.iter().map(|&name| name.to_owned()).collect();
        let (name, op_type) = (output[0].clone(), kind.to_owned());
        self.nodes.push(proto::Node { input, output: output.clone(), name, op_type, attribute, domain: String::new() });
        output
    }

    /// A tensor of the network, under its own path.
    pub(super) fn tensor(&mut self, path: &str) -> String {
        if self.initializers.iter().all(|tensor| tensor.name != path) {
            let Tensor { dims, data } = &self.tensors[path];
            self.push(path.to_owned(), dims, data);
        }
        path.to_owned()
    }

    /// The numbers of a tensor of the network.
    pub(super) fn numbers(&self, path: &str) -> &'a Tensor {
        &self.tensors[path]
    }

    /// Constant numbers.
    pub(super) fn floats(&mut self, wish: &str, dims: &[usize], data: &[f32]) -> String {
        let name = self.fresh(wish);
        self.push(name.clone(), dims, data);
        name
    }

    /// A constant number.
    pub(super) fn number(&mut self, number: f64) -> String {
        let wish = format!("{}/number", self.layer);
        self.floats(&wish, &[], &[number as f32])
    }

    /// Constant int64 numbers: sizes, axes.
    pub(super) fn ints(&mut self, values: &[usize]) -> String {
        let values: Vec<i64> = values.iter().map(|&value| value as i64).collect();
        self.signed(&[values.len()], &values)
    }

    /// Constant int64 numbers with any number of axes.
    pub(super) fn signed(&mut self, dims: &[usize], values: &[i64]) -> String {
        let name = self.fresh(&format!("{}/sizes", self.layer));
        let dims = dims.iter().map(|&size| size as i64).collect();
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>().into();
        self.initializers.push(proto::Tensor { dims, data_type: data_type::INT64, name: name.clone(), raw_data, ..Default::default() });
        name
    }

    fn push(&mut self, name: String, dims: &[usize], data: &[f32]) {
        let dims = dims.iter().map(|&size| size as i64).collect();
        let raw_data = data.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>().into();
        self.initializers.push(proto::Tensor { dims, data_type: data_type::FLOAT, name, raw_data, ..Default::default() });
    }

    /// Reshapes each sample; the batch stays first.
    pub(super) fn reshape(&mut self, x: &str, sample: &[usize]) -> String {
        // A zero copies the size of the input's axis.
        let sizes: Vec<usize> = std::iter::once(0).chain(sample.iter().copied()).collect();
        let sizes = self.ints(&sizes);
        self.op("Reshape", &[x, &sizes], vec![])
    }
}

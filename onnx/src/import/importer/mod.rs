//! The state of reading: the graph so far, and what the names of the file stand for.

mod access;
mod add;
mod place;
mod uses;
mod walk;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use layercake_ir::{self as ir, Builder};
pub(in crate::import) use place::index;

use super::inputs::{self, Input, LoadOptions};
use super::value::{Const, Data, EachSample, Kind, Outcome, Stop, Value};
use super::{ImportError, integers, literal};
use crate::{Refusal, Refusals, Tensor, proto};
use uses::Uses;

/// The most values that a graph may have.
const MOST_VALUES: usize = ir::MAX_VALUES;

/// What the nodes of a file became.
pub(in crate::import) struct Finished {
    pub graph: ir::Graph,
    pub tensors: Vec<(String, Tensor)>,
    /// The position of the batch among each output's axes in the file.
    pub places: Vec<Option<usize>>,
    /// The outputs that are one number for each sample.
    pub single: Vec<String>,
}

pub(in crate::import) struct Importer {
    pub opset: i64,
    builder: Builder,
    tensors: Vec<(String, Tensor)>,
    values: HashMap<String, Value>,
    uses: Uses,
    /// Outputs of matrix products that have got the bias of the `Add` behind them.
    pub biased: HashSet<String>,
    /// Names of layers, and paths of tensors.
    taken: HashSet<String>,
    parameters: HashMap<(*const Const, Vec<usize>), usize>,
    /// The layer that has a weight of the file: its first output, and its name.
    owners: HashMap<String, (usize, String)>,
    /// Keeps the constants alive whose addresses are keys.
    kept: Vec<Rc<Const>>,
    refusals: Vec<Refusal>,
    /// Whether the inputs have a batch.
    pub batched: bool,
    /// The size that the file fixes for it.
    pub fixed: Option<usize>,
    /// The most rows of a table that the file looks up something in.
    pub vocabulary: Option<usize>,
    /// The number of elements that folding may still create.
    room: usize,
    count: usize,
    /// Values that are a number times another.
    multiples: HashMap<usize, (usize, f64)>,
    /// Values that may be infinite or NaN although what they are computed from is not.
    endless: HashSet<usize>,
    /// Values that are no infinity, with the value that they are NaN with.
    bounded: HashMap<usize, usize>,
}

impl Importer {
    /// Before the first node; and where the batch is in each input of the file.
    pub(in crate::import) fn of(
        graph: &proto::Graph,
        opset: i64,
        bytes: usize,
        options: &LoadOptions,
    ) -> Result<(Self, Vec<Option<usize>>), ImportError> {
        let inputs = inputs::read(graph, options)?;
        let mut builder = Builder::new(if graph.name.is_empty() { "Onnx" } else { &graph.name });
        let mut values = HashMap::new();
        let mut wrong = Vec::new();
        for Input { name, shape, kind, batch, single } in &inputs.ports {
            match builder.input(name, *shape) {
                Ok(value) => {
                    let data = Data { kind: *kind, merged: *single, ..Data::of(value, *batch) };
                    values.insert(name.clone(), Value::Data(data));
                }
                Err(mistake) => wrong.push(mistake.to_string()),
            }
        }
        values.extend(inputs.known.into_iter().map(|(name, found)| (name, Value::Const(Rc::new(found)))));
        for tensor in &graph.initializer {
            match literal::read(tensor) {
                Ok(found) => _ = values.insert(tensor.name.clone(), Value::Const(Rc::new(found))),
                Err(reason) => wrong.push(format!("the tensor `{}`: {reason}", tensor.name)),
            }
        }
        if !wrong.is_empty() {
            return Err(ImportError::Values(wrong));
        }
        let importer = Self {
            opset,
            builder,
            tensors: Vec::new(),
            values,
            uses: Uses::of(graph),
            biased: HashSet::new(),
            taken: HashSet::new(),
            parameters: HashMap::new(),
            owners: HashMap::new(),
            kept: Vec::new(),
            refusals: Vec::new(),
            batched: inputs.batched,
            fixed: inputs.fixed,
            vocabulary: integers::vocabulary(graph),
            room: bytes.saturating_add(1 << 16),
            count: inputs.ports.len(),
            multiples: HashMap::new(),
            endless: HashSet::new(),
            bounded: HashMap::new(),
        };
        Ok((importer, inputs.ports.iter().map(|input| input.batch).collect()))
    }

    pub(in crate::import) fn finish(mut self, graph: proto::Graph) -> Result<Finished, ImportError> {
        self.run(&graph.node, 0);
        if !self.refusals.is_empty() {
            return Err(ImportError::Nodes(Refusals(self.refusals)));
        }
        let mut wrong = Vec::new();
        let (mut outputs, mut places, mut single) = (Vec::new(), Vec::new(), Vec::new());
        for output in &graph.output {
            match self.values.get(&output.name).cloned().unwrap_or(Value::Unknown) {
                Value::Data(data @ Data { merged: true, .. }) if self.dims(data) != [1] => {
                    wrong.push(format!("the output `{}` has the batch and another axis in one", output.name))
                }
                Value::Data(data) => {
                    outputs.push((output.name.as_str(), data.value));
                    places.push(data.batch);
                    single.extend(data.merged.then(|| output.name.clone()));
                }
                Value::Each(EachSample { rest, at, stride: 0 }) => {
                    let mut dims = rest.dims.clone();
                    dims.remove(at);
                    match self.parameter(&rest, dims) {
                        Ok(value) => {
                            outputs.push((output.name.as_str(), value));
                            places.push(Some(at));
                        }
                        Err(Stop::Because(reason)) => wrong.push(format!("the output `{}`: {reason}", output.name)),
                        Err(Stop::Quiet) => {}
                    }
                }
                // Without a batch a constant is an output like any other.
                Value::Const(found) if !self.batched => match self.parameter(&found, found.dims.clone()) {
                    Ok(value) => {
                        outputs.push((output.name.as_str(), value));
                        places.push(None);
                    }
                    Err(Stop::Because(reason)) => wrong.push(format!("the output `{}`: {reason}", output.name)),
                    Err(Stop::Quiet) => {}
                },
                Value::Unknown => wrong.push(format!("nothing computes the output `{}`", output.name)),
                _ => wrong.push(format!("the output `{}` is a constant", output.name)),
            }
        }
        if !wrong.is_empty() {
            return Err(ImportError::Values(wrong));
        }
        let graph = self.builder.try_finish(&outputs).map_err(|mistake| ImportError::Values(vec![mistake.to_string()]))?;
        let order: HashMap<String, usize> = paths(&graph).enumerate().map(|(index, path)| (path, index)).collect();
        self.tensors.sort_by_key(|(path, _)| order.get(path).copied());
        Ok(Finished { graph, tensors: self.tensors, places, single })
    }

    /// Takes from the number of elements that folding may create.
    pub(in crate::import) fn spend(&mut self, elements: usize) -> Outcome<()> {
        match self.room.checked_sub(elements) {
            Some(room) => self.room = room,
            None => return Err("the constants that it takes are many times the size of the file".into()),
        }
        Ok(())
    }

    pub(in crate::import) fn room(&self) -> usize {
        self.room
    }

    /// Notes that a value is a number times another.
    pub(in crate::import) fn note_multiple(&mut self, value: usize, of: usize, scale: f64) {
        self.multiples.insert(value, (of, scale));
    }

    /// Whether a value may be infinite or NaN although what it is computed from is not, such as a logarithm.
    pub(in crate::import) fn is_endless(&self, data: Data) -> bool {
        self.endless.contains(&data.value) && data.kind != Kind::Truth
    }

    /// Notes that a value is no infinity, and NaN exactly where another is.
    pub(in crate::import) fn note_bounded(&mut self, value: usize, with: usize) {
        self.bounded.insert(value, with);
    }

    /// Whether a value is no infinity, and NaN exactly where another is.
    pub(in crate::import) fn is_bounded_as(&self, value: usize, other: usize) -> bool {
        self.bounded.get(&value).is_some_and(|&with| value == other || with == other)
    }

    /// The value that a value is a number times of, and the number.
    pub(in crate::import) fn source(&self, value: usize) -> (usize, f64) {
        self.multiples.get(&value).copied().unwrap_or((value, 1.0))
    }

    /// The number that `x` is multiplied by in `y`, if it is.
    pub(in crate::import) fn multiple(&self, y: Data, x: Data) -> Option<f64> {
        let (source, scale) = self.source(y.value);
        if y.value == x.value { Some(1.0) } else { (source == x.value).then_some(scale) }
    }
}

fn paths(graph: &ir::Graph) -> impl Iterator<Item = String> {
    graph.nodes().iter().flat_map(|node| node.params().as_slice().iter().map(|param| param.path(node.name())).collect::<Vec<_>>())
}

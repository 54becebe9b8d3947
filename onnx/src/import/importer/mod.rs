//! Walks through the nodes of a file.

mod add;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use layercake_ir::{self as ir, Builder, Shape};

use super::attributes::Op;
use super::inputs::{self, LoadOptions};
use super::value::{Const, Data, Int, Outcome, Stop, Value};
use super::{
    ImportError, Imported, activation, convolution, elementwise, fold, literal, moves, norm, pool, product, recurrent, reduce, reshape,
};
use crate::{Refusal, Refusals, Tensor, proto};

/// The most values that a graph may have.
const MOST_VALUES: usize = ir::MAX_VALUES;

/// The most nodes that are refused before the rest is not looked at.
const MOST_REFUSALS: usize = 1000;

pub(in crate::import) struct Importer {
    pub opset: i64,
    builder: Builder,
    tensors: Vec<(String, Tensor)>,
    values: HashMap<String, Value>,
    /// How often each name is used, outputs of the file included.
    uses: HashMap<String, usize>,
    /// For each name that one `Add` uses, its other input.
    added: HashMap<String, String>,
    /// Outputs of matrix products that have got the bias of the `Add` behind them.
    pub biased: HashSet<String>,
    /// Names of layers, and paths of tensors.
    taken: HashSet<String>,
    parameters: HashMap<(*const Const, Vec<usize>), usize>,
    /// Keeps the constants alive whose addresses are keys.
    kept: Vec<Rc<Const>>,
    refusals: Vec<Refusal>,
    /// Whether the first axis of the inputs is the batch.
    pub batched: bool,
    /// The size that the file fixes for it.
    pub fixed: Option<usize>,
    /// The number of elements that folding may still create.
    room: usize,
    count: usize,
    /// Values that are a number times another.
    multiples: HashMap<usize, (usize, f64)>,
}

impl Importer {
    pub(in crate::import) fn of(graph: &proto::Graph, opset: i64, bytes: usize, options: &LoadOptions) -> Result<Self, ImportError> {
        let inputs = inputs::read(graph, options)?;
        let mut builder = Builder::new(if graph.name.is_empty() { "Onnx" } else { &graph.name });
        let mut values = HashMap::new();
        let mut wrong = Vec::new();
        for (name, shape) in &inputs.ports {
            match builder.input(name, *shape) {
                Ok(value) => {
                    let data = Data::of(value, inputs.batched.then_some(0));
                    values.insert(name.clone(), Value::Data(data));
                }
                Err(mistake) => wrong.push(mistake.to_string()),
            }
        }
        for tensor in &graph.initializer {
            match literal::read(tensor) {
                Ok(found) => _ = values.insert(tensor.name.clone(), Value::Const(Rc::new(found))),
                Err(reason) => wrong.push(format!("the tensor `{}`: {reason}", tensor.name)),
            }
        }
        if !wrong.is_empty() {
            return Err(ImportError::Values(wrong));
        }
        let (mut uses, mut added) = (HashMap::new(), HashMap::new());
        tally(graph, &mut uses, &mut added, 0);
        for output in &graph.output {
            *uses.entry(output.name.clone()).or_insert(0) += 1;
        }
        Ok(Self {
            opset,
            builder,
            tensors: Vec::new(),
            values,
            uses,
            added,
            biased: HashSet::new(),
            taken: HashSet::new(),
            parameters: HashMap::new(),
            kept: Vec::new(),
            refusals: Vec::new(),
            batched: inputs.batched,
            fixed: inputs.fixed,
            room: bytes.saturating_add(1 << 16),
            count: inputs.ports.len(),
            multiples: HashMap::new(),
        })
    }

    pub(in crate::import) fn finish(mut self, graph: &proto::Graph) -> Result<Imported, ImportError> {
        self.run(&graph.node, 0);
        if !self.refusals.is_empty() {
            return Err(ImportError::Nodes(Refusals(self.refusals)));
        }
        let mut wrong = Vec::new();
        let mut outputs = Vec::new();
        for output in &graph.output {
            match self.values.get(&output.name).cloned().unwrap_or(Value::Unknown) {
                Value::Data(Data { merged: true, .. }) => {
                    wrong.push(format!("the output `{}` has the batch and another axis in one", output.name))
                }
                // With the batch in front the elements would have another order than the file says.
                Value::Data(data) if data.batch.is_some_and(|at| self.dims(data)[..at].iter().any(|&size| size != 1)) => {
                    wrong.push(format!("the output `{}` has the batch behind other axes", output.name));
                }
                Value::Data(data) => outputs.push((output.name.as_str(), data.value)),
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
        Ok(Imported { graph, tensors: self.tensors })
    }

    fn run(&mut self, nodes: &[proto::Node], depth: usize) {
        for node in nodes {
            if self.refusals.len() >= MOST_REFUSALS {
                return;
            }
            let op = Op::of(node);
            let outcome = self.convert(&op, depth);
            let outcome = match (outcome, op.strange()) {
                (Ok(_), Some(attribute)) => Err(Stop::Because(format!("the attribute `{attribute}` is not supported"))),
                (outcome, _) => outcome,
            };
            let values = match outcome {
                Ok(values) => values,
                Err(stop) => {
                    if let Stop::Because(reason) = stop {
                        self.refuse(node, reason);
                    }
                    Vec::new()
                }
            };
            let values = values.into_iter().chain(std::iter::repeat(Value::Unknown));
            for (name, value) in node.output.iter().zip(values).filter(|(name, _)| !name.is_empty()) {
                self.values.insert(name.clone(), value);
            }
        }
    }

    fn refuse(&mut self, node: &proto::Node, reason: String) {
        let name = if node.name.is_empty() { node.output.first() } else { Some(&node.name) };
        let operator = if node.domain.is_empty() { node.op_type.clone() } else { format!("{}.{}", node.domain, node.op_type) };
        self.refusals.push(Refusal { node: name.cloned().unwrap_or_default(), operator, reason });
    }

    fn convert(&mut self, op: &Op<'_>, depth: usize) -> Outcome {
        if !(op.node.domain.is_empty() || op.node.domain == "ai.onnx") {
            return Err("operators of this domain are not supported".into());
        }
        if op.kind() == "If" {
            return self.branch(op, depth);
        }
        if let Some(folded) = fold::fold(self, op)? {
            for result in &folded {
                self.spend(result.elements.len())?;
            }
            return Ok(folded.into_iter().map(|result| Value::Const(Rc::new(result))).collect());
        }
        let before = self.refusals.len();
        let outcome = None
            .or_else(|| elementwise::convert(self, op))
            .or_else(|| activation::convert(self, op))
            .or_else(|| product::convert(self, op))
            .or_else(|| convolution::convert(self, op))
            .or_else(|| pool::convert(self, op))
            .or_else(|| norm::convert(self, op))
            .or_else(|| reshape::convert(self, op))
            .or_else(|| moves::convert(self, op))
            .or_else(|| reduce::convert(self, op))
            .or_else(|| recurrent::convert(self, op));
        debug_assert_eq!(before, self.refusals.len(), "an operator returns its refusal");
        outcome.unwrap_or_else(|| Err(Stop::from("there is no layer for this operator")))
    }

    /// `If` whose condition is known: the nodes of one branch, in place of the node.
    fn branch(&mut self, op: &Op<'_>, depth: usize) -> Outcome {
        let (yes, no) = (op.find("then_branch"), op.find("else_branch"));
        let condition = self.constant(op, 0)?.single().ok_or("the condition is not a constant")?;
        if depth >= 8 {
            return Err("more than 8 branches in one another".into());
        }
        let branch = if condition != 0.0 { yes } else { no };
        let graph = branch.and_then(|attribute| attribute.g.as_ref()).ok_or("a branch is missing")?;
        for tensor in &graph.initializer {
            let found = literal::read(tensor).map_err(|reason| format!("the tensor `{}`: {reason}", tensor.name))?;
            self.values.insert(tensor.name.clone(), Value::Const(Rc::new(found)));
        }
        self.run(&graph.node, depth + 1);
        Ok(graph.output.iter().map(|output| self.values.get(&output.name).cloned().unwrap_or(Value::Unknown)).collect())
    }

    /// Takes from the number of elements that folding may create.
    pub(in crate::import) fn spend(&mut self, elements: usize) -> Outcome<()> {
        match self.room.checked_sub(elements) {
            Some(room) => self.room = room,
            None => return Err("the constants that it takes are many times the size of the file".into()),
        }
        Ok(())
    }

    /// Whether an input is given.
    pub(in crate::import) fn has(op: &Op<'_>, index: usize) -> bool {
        op.node.input.get(index).is_some_and(|name| !name.is_empty())
    }

    pub(in crate::import) fn input(&self, op: &Op<'_>, index: usize) -> Outcome<Value> {
        let name = op.node.input.get(index).filter(|name| !name.is_empty()).ok_or_else(|| format!("input {index} is missing"))?;
        match self.values.get(name) {
            Some(Value::Unknown) => Err(Stop::Quiet),
            Some(value) => Ok(value.clone()),
            None => Err(format!("nothing computes its input `{name}`").into()),
        }
    }

    pub(in crate::import) fn inputs(&self, op: &Op<'_>) -> Outcome<Vec<Value>> {
        (0..op.node.input.len()).map(|index| self.input(op, index)).collect()
    }

    /// An input that is computed.
    pub(in crate::import) fn data(&mut self, op: &Op<'_>, index: usize) -> Outcome<Data> {
        match self.input(op, index)? {
            Value::Data(data) => Ok(data),
            Value::Filled { dims, number } => self.filled(&dims, number),
            Value::Erf { .. } => Err("the error function is supported as a part of GELU only".into()),
            Value::Above { .. } => Err("a comparison is supported as the condition of a choice only".into()),
            _ => Err(format!("input {index} is a constant").into()),
        }
    }

    /// An input that is known.
    pub(in crate::import) fn constant(&self, op: &Op<'_>, index: usize) -> Outcome<Rc<Const>> {
        match self.input(op, index)? {
            Value::Const(found) => Ok(found),
            _ => Err(format!("input {index} is not a constant").into()),
        }
    }

    /// A known input of numbers.
    pub(in crate::import) fn tensor(&self, op: &Op<'_>, index: usize) -> Outcome<Tensor> {
        let found = self.constant(op, index)?;
        let data = found.as_floats().ok_or_else(|| format!("input {index} has integers"))?;
        Ok(Tensor { dims: found.dims.clone(), data: data.to_vec() })
    }

    /// Integers of an attribute of older versions, or of the input that took its place.
    pub(in crate::import) fn integers(&self, op: &Op<'_>, attribute: &'static str, input: usize) -> Outcome<Option<Vec<i64>>> {
        if let Some(ints) = op.ints(attribute) {
            return Ok(Some(ints.to_vec()));
        }
        if !Self::has(op, input) {
            return Ok(None);
        }
        let found = self.constant(op, input)?;
        Ok(Some(found.as_ints().ok_or_else(|| format!("`{attribute}` depends on the batch"))?))
    }

    /// The sizes of a value in the file.
    pub(in crate::import) fn sizes(&self, data: Data) -> Vec<Int> {
        let mut sizes: Vec<Int> = self.dims(data).iter().map(|&size| Int::from(size as i64)).collect();
        match data.batch {
            Some(at) if data.merged => sizes[at].batch = true,
            Some(at) => sizes.insert(at, Int { number: 1, batch: true }),
            None => {}
        }
        sizes
    }

    /// The number of axes in the file.
    pub(in crate::import) fn rank(&self, data: Data) -> usize {
        self.dims(data).len() + usize::from(data.own_batch().is_some())
    }

    /// The sizes of a sample.
    pub(in crate::import) fn dims(&self, data: Data) -> Vec<usize> {
        self.builder.shape(data.value).dims().to_vec()
    }

    pub(in crate::import) fn shape(&self, data: Data) -> &Shape {
        self.builder.shape(data.value)
    }

    /// The axis of a sample for an axis of the file, which may count from the end; None for the batch.
    pub(in crate::import) fn axis(&self, data: Data, axis: i64) -> Outcome<Option<usize>> {
        let axis = index(axis, self.rank(data))?;
        Ok(match data.batch {
            Some(at) if at == axis => None,
            Some(at) if axis > at && !data.merged => Some(axis - 1),
            _ => Some(axis),
        })
    }

    /// [`Importer::axis`] for an operator that does not work along the batch.
    pub(in crate::import) fn sample_axis(&self, data: Data, axis: i64) -> Outcome<usize> {
        self.axis(data, axis)?.ok_or_else(|| Stop::from("it works along the batch"))
    }

    /// The constant that the only `Add` behind an output adds, if nothing else uses the output.
    pub(in crate::import) fn bias_behind(&self, output: &str) -> Option<Rc<Const>> {
        if self.uses.get(output) != Some(&1) {
            return None;
        }
        match self.values.get(self.added.get(output)?)? {
            Value::Const(found) => Some(Rc::clone(found)),
            _ => None,
        }
    }

    pub(in crate::import) fn room(&self) -> usize {
        self.room
    }

    /// Notes that a value is a number times another.
    pub(in crate::import) fn note_multiple(&mut self, value: usize, of: usize, scale: f64) {
        self.multiples.insert(value, (of, scale));
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

    /// Whether anything uses an output of a node.
    pub(in crate::import) fn is_used(&self, op: &Op<'_>, output: usize) -> bool {
        op.node.output.get(output).is_some_and(|name| self.uses.contains_key(name))
    }
}

/// An index that may count from the end.
pub(in crate::import) fn index(index: i64, len: usize) -> Outcome<usize> {
    let from_start = if index < 0 { index.checked_add(len as i64) } else { Some(index) };
    let found = from_start.and_then(|index| usize::try_from(index).ok()).filter(|&index| index < len);
    found.ok_or_else(|| format!("the axis {index} of {len} axes does not exist").into())
}

/// Counts how often each name is used, in branches too.
fn tally(graph: &proto::Graph, uses: &mut HashMap<String, usize>, added: &mut HashMap<String, String>, depth: usize) {
    for node in &graph.node {
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            *uses.entry(name.clone()).or_insert(0) += 1;
        }
        if let ("Add", [a, b]) = (node.op_type.as_str(), &node.input[..]) {
            added.insert(a.clone(), b.clone());
            added.insert(b.clone(), a.clone());
        }
        for inner in node.attribute.iter().filter_map(|attribute| attribute.g.as_ref()).filter(|_| depth < 8) {
            tally(inner, uses, added, depth + 1);
            for output in &inner.output {
                *uses.entry(output.name.clone()).or_insert(0) += 1;
            }
        }
    }
}

fn paths(graph: &ir::Graph) -> impl Iterator<Item = String> {
    graph.nodes().iter().flat_map(|node| node.params().as_slice().iter().map(|param| param.path(node.name())).collect::<Vec<_>>())
}

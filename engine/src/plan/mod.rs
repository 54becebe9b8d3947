//! The compiler: from a graph, a batch size and a mode to a list of things to do in buffers that are laid out beforehand.

mod buffers;
mod lanes;
mod memory;
mod program;
mod runnable;
mod step;
mod steps;

pub use lanes::Span;
use layercake_ir::{Graph, Shape};
pub use program::{Part, Phase, Task};
pub(crate) use runnable::{At, Framed, Runnable, elementwise, runs_as};
pub use step::{Step, Writes};

use crate::{EngineError, Mode};

/// What a plan is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Samples.
    pub batch: usize,
    /// What the run is for.
    pub mode: Mode,
    /// Are the gradients of the inputs wanted?
    pub input_grad: bool,
}

/// Everything decided before a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the run is for.
    pub mode: Mode,
    /// Samples.
    pub batch: usize,
    /// Are the gradients of the inputs worked out?
    pub input_grad: bool,
    /// The groups of images, in order.
    pub lanes: Vec<Span>,
    /// The graph's values.
    pub values: Vec<Value>,
    /// The tensors of all nodes.
    pub params: Vec<Param>,
    /// What is done, in forward order.
    pub steps: Vec<Step>,
    /// The values of the inputs.
    pub inputs: Vec<usize>,
    /// The values of the outputs.
    pub outputs: Vec<Output>,
    /// Elements of each buffer of a lane, for one image.
    pub slots: Vec<usize>,
    /// Who does what when, forward.
    pub forward: Vec<Phase>,
    /// Who does what when, backward.
    pub backward: Vec<Phase>,
    /// Channels of each batch normalization.
    pub norms: Vec<usize>,
}

/// Where a value is.
#[derive(Clone, Debug)]
pub struct Value {
    /// The shape of one sample.
    pub shape: Shape,
    /// The buffer that holds it.
    pub slot: usize,
    /// The buffer that holds its gradient, if it has any.
    pub grad: Option<usize>,
}

impl Value {
    /// Elements of one sample.
    pub fn len(&self) -> usize {
        self.shape.len()
    }
}

/// A tensor of a node.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its elements.
    pub len: usize,
    /// Whether it has a gradient.
    pub trained: bool,
    /// Is the gradient worked out by all threads together ([`Phase::Weights`]) or added up over the lanes?
    pub wide: bool,
}

/// An output of the graph.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its value.
    pub value: usize,
    /// Was the same value listed before, so that its gradients add?
    pub again: bool,
}

impl Plan {
    /// Plans.
    pub fn new(graph: &Graph, key: Key) -> Result<Self, EngineError> {
        if key.batch == 0 {
            return Err(EngineError::EmptyBatch);
        }
        if let Some(value) = (0..graph.inputs().len() + graph.nodes().len()).find(|&value| graph.shape(value).is_empty()) {
            return Err(EngineError::Empty { name: graph.value_name(value).to_owned() });
        }
        memory::check_layers(graph, key)?;
        let lanes = lanes::split(graph, key.batch);
        let mut params: Vec<Param> = graph
            .nodes()
            .iter()
            .flat_map(|node| node.params().as_slice().to_vec())
            .map(|param| Param { len: param.shape.len(), trained: param.trained, wide: true })
            .collect();
        let (mut steps, norms) = steps::list(graph, key)?;
        let (values, slots) = buffers::assign(graph, key, &mut steps);
        share_out(&mut steps, &mut params, graph, lanes.len());
        let outputs = graph
            .outputs()
            .iter()
            .enumerate()
            .map(|(i, port)| Output { value: port.value, again: graph.outputs()[..i].iter().any(|other| other.value == port.value) })
            .collect();
        let mut plan = Plan {
            mode: key.mode,
            batch: key.batch,
            input_grad: key.input_grad,
            lanes,
            values,
            params,
            steps,
            inputs: graph.inputs().iter().map(|port| port.value).collect(),
            outputs,
            slots,
            forward: Vec::new(),
            backward: Vec::new(),
            norms,
        };
        plan.forward = program::forward(&plan);
        plan.backward = program::backward(&plan);
        memory::check_plan(&plan, graph, key)?;
        Ok(plan)
    }
}

impl Plan {
    /// Elements of an input of the whole batch.
    pub fn input_len(&self, index: usize) -> usize {
        self.batch * self.values[self.inputs[index]].len()
    }

    /// Elements of an output of the whole batch.
    pub fn output_len(&self, index: usize) -> usize {
        self.batch * self.values[self.outputs[index].value].len()
    }

    /// Whether a batch-major value has the layout of the only lane.
    pub fn is_direct(&self, value: &Value) -> bool {
        self.lanes.len() == 1 && (self.batch == 1 || value.len() == 1)
    }

    /// Elements of the buffer through which inputs reach the lanes.
    pub fn staging(&self) -> usize {
        let values = self.inputs.iter().map(|&value| &self.values[value]);
        values.filter(|value| !value.shape.is_ids() && !self.is_direct(value)).map(Value::len).max().unwrap_or(0) * self.batch
    }
}

/// Decides which gradients of tensors the lanes work out by themselves, and who adds to whose.
fn share_out(steps: &mut [Step], params: &mut [Param], graph: &Graph, lanes: usize) {
    let own = |step: &Step| step.first_param..step.first_param + graph.nodes()[step.node].op.params().as_slice().len();
    for step in steps.iter() {
        let trained: usize = params[own(step)].iter().filter(|param| param.trained).map(|param| param.len).sum();
        let together = step.layer.normalization().is_some() || (step.layer.weights().is_some() && lanes::is_wide(trained, lanes));
        params[own(step)].iter_mut().for_each(|param| param.wide &= together);
    }
    let mut written = vec![false; params.len()];
    for step in steps.iter_mut().rev() {
        let Some(first) = own(step).next() else { continue };
        step.wide = params[first].wide && step.layer.weights().is_some();
        step.adds = written[first];
        written[first] |= step.backward;
    }
}

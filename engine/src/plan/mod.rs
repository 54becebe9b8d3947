//! The compiler: from a graph, a batch size and a mode to a list of steps on preassigned buffers.

mod buffers;
mod channels;
mod choice;
mod lanes;
mod memory;
mod program;
mod runnable;
mod step;
mod steps;

pub(crate) use channels::Given;
pub use choice::Layout;
pub use lanes::Span;
use layercake_ir::{Graph, Shape};
pub use program::{Part, Phase, Task};
pub(crate) use runnable::{At, Framed, Runnable, elementwise, runs_as};
pub use step::{Step, Writes};

use crate::{EngineError, Mode, layers::channels::Order, ranks::share};

/// What a plan depends on, besides the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The batch size.
    pub batch: usize,
    /// The mode.
    pub mode: Mode,
    /// Whether the gradients of the inputs are computed.
    pub input_grad: bool,
    /// The layout, if it is not chosen by the shapes.
    pub layout: Option<Layout>,
}

/// Everything that is decided before a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The mode.
    pub mode: Mode,
    /// The batch size.
    pub batch: usize,
    /// Whether the gradients of the inputs are computed.
    pub input_grad: bool,
    /// Which axis of the values is innermost.
    pub layout: Layout,
    /// The lanes, in order.
    pub lanes: Vec<Span>,
    /// The graph's values, followed by the buffers that each hold all outputs of an operation with several.
    pub values: Vec<Value>,
    /// The tensors of all nodes.
    pub params: Vec<Param>,
    /// The steps, in forward order.
    pub steps: Vec<Step>,
    /// The index of each input's value.
    pub inputs: Vec<usize>,
    /// The outputs.
    pub outputs: Vec<Output>,
    /// The number of elements of each buffer of a lane, for one image.
    pub slots: Vec<usize>,
    /// The phases of the forward pass.
    pub forward: Vec<Phase>,
    /// The phases of the backward pass.
    pub backward: Vec<Phase>,
    /// The number of channels of each batch normalization.
    pub norms: Vec<usize>,
}

/// The place of a value.
#[derive(Clone, Debug)]
pub struct Value {
    /// The shape of one sample.
    pub shape: Shape,
    /// The buffer that holds it.
    pub slot: usize,
    /// The buffer that holds its gradient, if it has one.
    pub grad: Option<usize>,
    /// The order of its elements.
    pub order: Order,
}

impl Value {
    /// The number of elements of one sample.
    pub fn len(&self) -> usize {
        self.shape.len()
    }
}

/// A tensor of a node.
#[derive(Clone, Debug)]
pub struct Param {
    /// The number of elements.
    pub len: usize,
    /// Whether it has a gradient.
    pub trained: bool,
    /// Whether all threads together compute its gradient ([`Phase::Weights`]); otherwise each lane computes a copy, and these are summed.
    pub wide: bool,
}

/// An output of the graph.
#[derive(Clone, Debug)]
pub struct Output {
    /// The index of its value.
    pub value: usize,
    /// Whether an earlier output has the same value, so that their gradients are added.
    pub again: bool,
}

impl Plan {
    /// Creates a plan.
    pub fn new(graph: &Graph, key: Key) -> Result<Self, EngineError> {
        if key.batch == 0 {
            return Err(EngineError::EmptyBatch);
        }
        if let Some(value) = (0..graph.values()).find(|&value| graph.shape(value).is_empty()) {
            return Err(EngineError::Empty { name: graph.value_name(value).into_owned() });
        }
        memory::check_layers(graph, key)?;
        let layout = choice::layout(graph, key);
        let lanes = match layout {
            Layout::Images => lanes::split(graph, key.batch),
            Layout::Channels => vec![Span { start: 0, images: key.batch }],
        };
        let mut params: Vec<Param> = graph
            .nodes()
            .iter()
            .flat_map(|node| node.params().as_slice().to_vec())
            .map(|param| Param { len: param.shape.len(), trained: param.trained, wide: true })
            .collect();
        let mut listed = match layout {
            Layout::Images => steps::list(graph, key)?,
            Layout::Channels => channels::list(graph, key)?,
        };
        let (values, slots) = buffers::assign(graph, key, &mut listed);
        let steps::Listed { mut steps, norms, outputs, .. } = listed;
        share_out(&mut steps, &mut params, lanes.len());
        let again = |i: usize| outputs[..i].contains(&outputs[i]);
        let outputs = (0..outputs.len()).map(|i| Output { value: outputs[i], again: again(i) }).collect();
        let mut plan = Plan {
            mode: key.mode,
            batch: key.batch,
            input_grad: key.input_grad,
            layout,
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
    /// The lanes of a rank; none if the pass is not shared. With the channels innermost, where the results of an image do not depend on the others, the only lane is
    /// divided.
    pub fn share(&self, rank: usize, size: usize) -> Option<Vec<Span>> {
        match self.layout {
            _ if size == 1 => None,
            Layout::Images => (self.lanes.len() > 1).then(|| self.lanes[share(self.lanes.len(), rank, size)].to_vec()),
            // A single image may be computed in another order.
            Layout::Channels if self.batch < 2 * size => None,
            Layout::Channels => {
                let images = share(self.batch, rank, size);
                Some(vec![Span { start: images.start, images: images.len() }])
            }
        }
    }

    /// The first image of each rank, and the number of images.
    pub fn bounds(&self, size: usize) -> Vec<usize> {
        let first = |rank: usize| match self.layout {
            Layout::Images => self.lanes.get(share(self.lanes.len(), rank, size).start).map_or(self.batch, |lane| lane.start),
            Layout::Channels => share(self.batch, rank, size).start,
        };
        (0..=size).map(first).collect()
    }

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
        self.lanes.len() == 1 && (self.batch == 1 || value.len() == 1 || value.order == Order::Batch)
    }

    /// Elements of the buffer through which inputs reach the lanes.
    pub fn staging(&self) -> usize {
        let values = self.inputs.iter().map(|&value| &self.values[value]);
        values.filter(|value| !value.shape.is_ids() && !self.is_direct(value)).map(Value::len).max().unwrap_or(0) * self.batch
    }
}

/// Decides which gradients of tensors the lanes work out by themselves, and who adds to whose.
fn share_out(steps: &mut [Step], params: &mut [Param], lanes: usize) {
    let own = |step: &Step| step.first_param..step.first_param + step.tensors;
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

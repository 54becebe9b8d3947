//! Running a plan.

mod backward;
mod forward;
mod lane;
mod norm;
mod profile;

use lane::Lane;
pub use lane::numbers as lane_numbers;
use rayon::prelude::*;

use crate::{
    kernels::{elementwise, layout, memory::zeros},
    layers::{Norm, Shared},
    plan::{Part, Phase, Plan, Task},
};

/// The number of elements from which copying or adding them is worth waking another thread.
const SHARED_WORK: usize = 32 * 1024;

/// Data that is kept with the buffers.
pub type Memo = Box<dyn std::any::Any + Send + Sync>;

/// Everything that one run reads and writes. Allocated once per plan; a pass allocates nothing.
pub struct Workspace {
    /// The inputs, batch-major.
    pub inputs: Vec<Vec<f32>>,
    /// The outputs, batch-major.
    pub outputs: Vec<Vec<f32>>,
    /// The tensors of all nodes.
    pub params: Vec<Vec<f32>>,
    /// The seed of the dropout masks.
    pub seed: u64,
    /// The caller's data that is kept with the buffers.
    pub memo: Option<Memo>,
    lanes: Vec<Lane>,
    norms: Vec<Norm>,
}

impl Workspace {
    /// All buffers, zeroed; none if there is not enough memory.
    pub fn new(plan: &Plan) -> Option<Self> {
        let batch_of = |value: usize| zeros(plan.batch * plan.values[value].len());
        Some(Self {
            inputs: plan.inputs.iter().map(|&value| batch_of(value)).collect::<Option<_>>()?,
            outputs: plan.outputs.iter().map(|output| batch_of(output.value)).collect::<Option<_>>()?,
            params: plan.params.iter().map(|param| zeros(param.len)).collect::<Option<_>>()?,
            seed: 0,
            memo: None,
            lanes: plan.lanes.iter().map(|&span| Lane::new(plan, span)).collect::<Option<_>>()?,
            norms: plan.norms.iter().map(|&channels| Norm::new(channels)).collect(),
        })
    }

    /// Computes the outputs.
    pub fn forward(&mut self, plan: &Plan) {
        let inputs = &self.inputs;
        each(&mut self.lanes, |lane| lane.take_inputs(plan, inputs));
        for phase in &plan.forward {
            match phase {
                Phase::Lanes(tasks) => {
                    let shared = Shared { plan, params: &self.params, norms: &self.norms, seed: self.seed };
                    each(&mut self.lanes, |lane| {
                        tasks.iter().for_each(|&task| profile::timed(plan, "forward", task, || forward::run(lane, task, shared)))
                    });
                }
                Phase::Merge(step) => norm::merge_forward(plan, *step, &self.lanes, &mut self.params, &mut self.norms),
                Phase::Weights(_) => unreachable!("a phase of the backward pass"),
            }
        }
        for (output, to) in plan.outputs.iter().zip(&mut self.outputs) {
            let value = &plan.values[output.value];
            let longest = plan.lanes[0].images * value.len();
            let give = |(lane, to): (&Lane, &mut [f32])| {
                layout::transpose(value.len(), lane.span.images, &lane.slots[value.slot][..to.len()], to, false);
            };
            if to.len() >= SHARED_WORK && self.lanes.len() > 1 {
                self.lanes.par_iter().zip(to.par_chunks_mut(longest)).for_each(give);
            } else {
                self.lanes.iter().zip(to.chunks_mut(longest)).for_each(give);
            }
        }
    }

    /// Computes the gradients, and adds those of the trained tensors to `grads`.
    ///
    /// # Panics
    /// Panics if the number or the lengths of the gradients are wrong.
    pub fn backward(&mut self, plan: &Plan, output_grads: &[&[f32]], grads: &mut [Vec<f32>]) {
        assert_eq!(output_grads.len(), plan.outputs.len(), "a gradient for each output");
        for (grad, output) in output_grads.iter().zip(&self.outputs) {
            assert_eq!(grad.len(), output.len(), "a gradient has the length of its output");
        }
        assert_eq!(grads.len(), plan.params.len(), "a buffer for the gradient of each tensor");
        for (grad, param) in grads.iter().zip(&plan.params).filter(|(_, param)| param.trained) {
            assert_eq!(grad.len(), param.len, "a gradient has the length of its parameter");
        }
        each(&mut self.lanes, |lane| lane.take_output_grads(plan, output_grads));
        for phase in &plan.backward {
            match phase {
                Phase::Lanes(tasks) => {
                    let shared = Shared { plan, params: &self.params, norms: &self.norms, seed: self.seed };
                    each(&mut self.lanes, |lane| {
                        tasks.iter().for_each(|&task| profile::timed(plan, "backward", task, || backward::run(lane, task, shared)))
                    });
                }
                Phase::Merge(step) => {
                    norm::merge_backward(plan, *step, &self.lanes, &self.params, &mut self.norms, grads);
                }
                Phase::Weights(step) => {
                    let task = Task { step: *step, part: Part::Whole };
                    profile::timed(plan, "weights", task, || backward::weights(plan, *step, &self.lanes, grads));
                }
            }
        }
        self.add_up_lanes(plan, grads);
    }

    /// Adds the gradients of the lanes, in order.
    fn add_up_lanes(&self, plan: &Plan, grads: &mut [Vec<f32>]) {
        if plan.backward.is_empty() {
            return;
        }
        for (index, to) in grads.iter_mut().enumerate().filter(|&(index, _)| plan.params[index].trained && !plan.params[index].wide) {
            let add = |(part, to): (usize, &mut [f32])| {
                for lane in self.lanes.iter().filter(|lane| !lane.grads[index].is_empty()) {
                    elementwise::add(&lane.grads[index][part * SHARED_WORK..][..to.len()], to);
                }
            };
            if to.len() > SHARED_WORK {
                to.par_chunks_mut(SHARED_WORK).enumerate().for_each(add);
            } else {
                add((0, to));
            }
        }
    }

    /// Adds the gradient of an input.
    ///
    /// # Panics
    /// Panics if the run was started without `input_grad`, or if the length is wrong.
    pub fn add_input_grad(&self, plan: &Plan, index: usize, into: &mut [f32]) {
        assert!(plan.input_grad, "the run was started without input_grad");
        assert_eq!(into.len(), self.inputs[index].len(), "a gradient has the length of its input");
        let value = &plan.values[plan.inputs[index]];
        // Without a buffer, no output depends on the input.
        let Some(slot) = value.grad else { return };
        for (lane, into) in self.lanes.iter().zip(into.chunks_mut(plan.lanes[0].images * value.len())) {
            layout::transpose(value.len(), lane.span.images, &lane.slots[slot][..into.len()], into, true);
        }
    }
}

/// Runs a function for every lane, on all threads of the pool.
fn each(lanes: &mut [Lane], work: impl Fn(&mut Lane) + Send + Sync) {
    match lanes {
        [lane] => work(lane),
        lanes => lanes.par_iter_mut().for_each(work),
    }
}

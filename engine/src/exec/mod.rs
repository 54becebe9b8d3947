//! Running a plan.

mod backward;
mod forward;
mod lane;
mod norm;
mod profile;
mod together;

use std::{ops::Range, sync::Arc};

use lane::Lane;
pub use lane::numbers as lane_numbers;
use rayon::prelude::*;
use together::{Sums, Team};

use crate::{
    kernels::{elementwise, layout, memory::zeros},
    layers::{Norm, Shared, channels::Order},
    plan::{Layout, Part, Phase, Plan, Span, Task, Value},
    ranks::Ranks,
};

/// The number of elements from which copying or adding them is worth waking another thread.
const SHARED_WORK: usize = 32 * 1024;

/// Data that is kept with the buffers.
pub type Memo = Box<dyn std::any::Any + Send + Sync>;

/// Everything that one run reads and writes. Allocated once per plan; a pass allocates nothing.
pub struct Workspace {
    /// The inputs that were given since the last forward pass.
    given: Vec<bool>,
    /// A batch-major input on its way into the lanes, for a caller that has no slice to lend.
    staging: Vec<f32>,
    /// The tensors of all nodes.
    params: Vec<Vec<f32>>,
    /// Whether the tensors have changed since they were packed.
    stale: bool,
    /// For each step, what its layer has made of the tensors.
    packed: Vec<Vec<f32>>,
    /// The seed of the dropout masks.
    pub seed: u64,
    /// The caller's data that is kept with the buffers.
    pub memo: Option<Memo>,
    /// The lanes that are computed here: all of them, or a rank's.
    lanes: Vec<Lane>,
    /// Those who have the others.
    team: Option<Team>,
    norms: Vec<Norm>,
}

impl Workspace {
    /// All buffers for these lanes, zeroed; none if there is not enough memory.
    pub fn new(plan: &Plan, lanes: &[Span]) -> Option<Self> {
        Some(Self {
            given: vec![false; plan.inputs.len()],
            staging: zeros(plan.staging())?,
            params: plan.params.iter().map(|param| zeros(param.len)).collect::<Option<_>>()?,
            stale: true,
            packed: plan.steps.iter().map(|step| zeros(step.layer.packs())).collect::<Option<_>>()?,
            seed: 0,
            memo: None,
            lanes: lanes.iter().map(|&span| Lane::new(plan, span)).collect::<Option<_>>()?,
            team: None,
            norms: plan.norms.iter().map(|&channels| Norm::new(channels)).collect(),
        })
    }

    /// Whether these are the lanes that are computed here.
    pub fn has(&self, lanes: &[Span]) -> bool {
        self.lanes.iter().map(|lane| lane.span).eq(lanes.iter().copied())
    }

    /// Whether the passes wait for ranks that are threads of this process.
    pub fn waits_for_threads(&self) -> bool {
        self.team.as_ref().is_some_and(|team| team.0.are_threads())
    }

    /// Sets the ranks that compute the other lanes.
    pub fn share_with(&mut self, ranks: Option<Arc<dyn Ranks>>) {
        self.team = ranks.map(Team);
    }

    /// The tensors of all nodes.
    pub fn params(&self) -> &[Vec<f32>] {
        &self.params
    }

    /// The tensors of all nodes, for a change to them.
    pub fn params_mut(&mut self) -> &mut [Vec<f32>] {
        self.stale = true;
        &mut self.params
    }

    /// Packs the tensors, if they have changed.
    fn pack(&mut self, plan: &Plan) {
        if std::mem::take(&mut self.stale) && plan.layout == Layout::Channels {
            let (steps, params) = (plan.steps.par_iter(), &self.params);
            self.packed
                .par_iter_mut()
                .zip(steps)
                .filter(|(packed, _)| !packed.is_empty())
                .for_each(|(packed, step)| step.layer.pack(params, packed));
        }
    }

    /// Forgets what one run set for its passes.
    pub fn reset(&mut self) {
        self.seed = 0;
        self.team = None;
        self.given.fill(false);
    }

    /// Gives the lanes their parts of a batch-major input.
    ///
    /// # Panics
    /// Panics if the length is wrong.
    pub fn set_input(&mut self, plan: &Plan, index: usize, from: &[f32]) {
        assert_eq!(from.len(), plan.input_len(index), "an input has the length of its shape times the batch");
        let value = &plan.values[plan.inputs[index]];
        each(&mut self.lanes, |lane| lane.take(value, from, value.slot, false));
        self.given[index] = true;
    }

    /// [`Workspace::set_input`] of what `fill` writes.
    pub fn fill_input(&mut self, plan: &Plan, index: usize, fill: impl FnOnce(&mut [f32])) {
        let value = &plan.values[plan.inputs[index]];
        let is_direct = plan.is_direct(value) && self.team.is_none();
        if let Some(direct) = is_direct.then(|| &mut self.lanes[0].slots[value.slot][..plan.batch * value.len()]) {
            fill(direct);
            self.given[index] = true;
            return;
        }
        let mut staging = std::mem::take(&mut self.staging);
        // What one rank fills in directly.
        staging.resize(staging.len().max(plan.batch * value.len()), 0.0);
        let from = &mut staging[..plan.batch * value.len()];
        fill(from);
        self.set_input(plan, index, from);
        self.staging = staging;
    }

    /// Gives the lanes their parts of a batch-major input of token ids.
    ///
    /// # Panics
    /// Panics if the length is wrong.
    pub fn set_ids(&mut self, plan: &Plan, index: usize, ids: &[usize]) {
        assert_eq!(ids.len(), plan.input_len(index), "an id for each place of the input");
        let value = &plan.values[plan.inputs[index]];
        each(&mut self.lanes, |lane| lane.take_ids(value.len(), ids, value.slot));
        self.given[index] = true;
    }

    /// Computes the outputs.
    ///
    /// # Panics
    /// Panics if an input was not given since the last forward pass: its buffer has been used for other values.
    pub fn forward(&mut self, plan: &Plan) {
        assert!(self.given.iter_mut().all(std::mem::take), "every input is given before each forward pass");
        self.pack(plan);
        for phase in &plan.forward {
            match phase {
                Phase::Lanes(tasks) => {
                    let shared = Shared { plan, params: &self.params, packed: &self.packed, norms: &self.norms, seed: self.seed };
                    each(&mut self.lanes, |lane| {
                        tasks.iter().for_each(|&task| profile::timed(plan, "forward", task, || forward::run(lane, task, shared)))
                    });
                }
                Phase::Merge(step) => {
                    norm::merge_forward(plan, *step, &self.lanes, &mut self.params, &mut self.norms, self.team.as_ref());
                }
                Phase::Weights(_) => unreachable!("a phase of the backward pass"),
            }
        }
    }

    /// Writes a batch-major output.
    ///
    /// # Panics
    /// Panics if the length is wrong.
    pub fn read_output(&self, plan: &Plan, index: usize, to: &mut [f32]) {
        assert_eq!(to.len(), plan.output_len(index), "an output has the length of its shape times the batch");
        let value = &plan.values[plan.outputs[index].value];
        self.read_lanes(value, to);
        if let Some(team) = &self.team {
            team.complete(plan, to, value.len());
        }
    }

    /// Writes the images of the lanes to their places in a batch-major value.
    fn read_lanes(&self, value: &Value, to: &mut [f32]) {
        let longest = self.longest() * value.len();
        let to = &mut to[self.images().start * value.len()..self.images().end * value.len()];
        let give = |(lane, to): (&Lane, &mut [f32])| {
            let from = &lane.slots[value.slot][..to.len()];
            match value.order {
                Order::Batch => to.copy_from_slice(from),
                _ => layout::transpose(value.len(), lane.span.images, from, to, false),
            }
        };
        if to.len() >= SHARED_WORK && self.lanes.len() > 1 {
            self.lanes.par_iter().zip(to.par_chunks_mut(longest)).for_each(give);
        } else {
            self.lanes.iter().zip(to.chunks_mut(longest)).for_each(give);
        }
    }

    /// Computes the gradients, and adds those of the trained tensors to `grads`.
    ///
    /// # Panics
    /// Panics if the number or the lengths of the gradients are wrong.
    pub fn backward(&mut self, plan: &Plan, output_grads: &[&[f32]], grads: &mut [Vec<f32>]) {
        assert_eq!(output_grads.len(), plan.outputs.len(), "a gradient for each output");
        for (index, grad) in output_grads.iter().enumerate() {
            assert_eq!(grad.len(), plan.output_len(index), "a gradient has the length of its output");
        }
        assert_eq!(grads.len(), plan.params.len(), "a buffer for the gradient of each tensor");
        for (grad, param) in grads.iter().zip(&plan.params).filter(|(_, param)| param.trained) {
            assert_eq!(grad.len(), param.len, "a gradient has the length of its parameter");
        }
        each(&mut self.lanes, |lane| lane.take_output_grads(plan, output_grads));
        if plan.backward.is_empty() {
            return;
        }
        let Some(team) = self.team.clone() else {
            self.backward_phases(plan, grads, None);
            return self.add_up_lanes(plan, grads);
        };
        team.backward(plan, grads, &mut |grads, sums| {
            self.backward_phases(plan, grads, Some(sums));
            sums.finish(plan, &self.lanes, grads);
        });
    }

    fn backward_phases(&mut self, plan: &Plan, grads: &mut [Vec<f32>], mut sums: Option<&mut Sums>) {
        for phase in &plan.backward {
            match phase {
                Phase::Lanes(tasks) => {
                    let shared = Shared { plan, params: &self.params, packed: &self.packed, norms: &self.norms, seed: self.seed };
                    each(&mut self.lanes, |lane| {
                        tasks.iter().for_each(|&task| profile::timed(plan, "backward", task, || backward::run(lane, task, shared)))
                    });
                }
                Phase::Merge(step) => {
                    norm::merge_backward(plan, *step, &self.lanes, &self.params, &mut self.norms, grads, self.team.as_ref());
                }
                Phase::Weights(step) => {
                    let task = Task { step: *step, part: Part::Whole };
                    profile::timed(plan, "weights", task, || match &mut sums {
                        None => backward::weights(plan, *step, &self.lanes, grads),
                        Some(sums) => sums.weights(plan, *step, &self.lanes, grads),
                    });
                }
            }
        }
    }

    /// Adds the gradients of the lanes, in order.
    fn add_up_lanes(&self, plan: &Plan, grads: &mut [Vec<f32>]) {
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
        assert_eq!(into.len(), plan.input_len(index), "a gradient has the length of its input");
        let value = &plan.values[plan.inputs[index]];
        // Without a buffer, no output depends on the input.
        let Some(slot) = value.grad else { return };
        let longest = self.longest() * value.len();
        let give = |into: &mut [f32], add: bool| {
            for (lane, into) in self.lanes.iter().zip(into.chunks_mut(longest)) {
                layout::transpose(value.len(), lane.span.images, &lane.slots[slot][..into.len()], into, add);
            }
        };
        let Some(team) = &self.team else { return give(into, true) };
        let mut all = vec![0.0; into.len()];
        give(&mut all[self.images().start * value.len()..], false);
        team.complete(plan, &mut all, value.len());
        elementwise::add(&all, into);
    }

    /// The most images of a lane, which the first has.
    fn longest(&self) -> usize {
        self.lanes.first().map_or(1, |lane| lane.span.images)
    }

    /// The images of the lanes.
    fn images(&self) -> Range<usize> {
        let [first, last] = [self.lanes.first(), self.lanes.last()].map(|lane| lane.map(|lane| lane.span));
        first.map_or(0, |lane| lane.start)..last.map_or(0, |lane| lane.start + lane.images)
    }
}

/// Runs a function for every lane, on all threads of the pool.
fn each(lanes: &mut [Lane], work: impl Fn(&mut Lane) + Send + Sync) {
    match lanes {
        [lane] => work(lane),
        lanes => lanes.par_iter_mut().for_each(work),
    }
}

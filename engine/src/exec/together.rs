//! What crosses lanes where several ranks make a pass together.

use std::sync::Arc;

use rayon::prelude::*;

use super::{SHARED_WORK, backward, lane::Lane};
use crate::{
    kernels::{batch_norm::Moments, elementwise},
    plan::{Plan, Step},
    ranks::{Ranks, Spread, share},
};

/// A gradient that all threads compute is passed from rank to rank in about this many parts, so that the next rank begins while this one goes on.
const PARTS: usize = 8;

/// The ranks of a pass.
#[derive(Clone)]
pub struct Team(pub Arc<dyn Ranks>);

impl Team {
    /// The first lane of each rank, and the number of lanes, times `len`.
    fn lane_bounds(&self, plan: &Plan, len: usize) -> Vec<usize> {
        (0..=self.0.size()).map(|rank| share(plan.lanes.len(), rank, self.0.size()).start * len).collect()
    }

    /// Completes a batch-major value of which this rank's lanes have written their images.
    pub fn complete(&self, plan: &Plan, data: &mut [f32], len: usize) {
        let bounds: Vec<usize> = plan.bounds(self.0.size()).into_iter().map(|image| image * len).collect();
        self.0.gather(data, &bounds);
    }

    /// The statistics of a batch normalization: of each lane each channel's.
    pub fn moments(&self, plan: &Plan, norm: usize, lanes: &[Lane]) -> Vec<Moments> {
        let pairs = self.pairs(plan, plan.norms[norm], lanes, |lane, channel| {
            let Moments { mean, squares } = lane.moments[norm][channel];
            [mean, squares]
        });
        pairs.into_iter().map(|[mean, squares]| Moments { mean, squares }).collect()
    }

    /// The sums of a batch normalization's backward pass: of each lane each channel's.
    pub fn sums(&self, plan: &Plan, norm: usize, lanes: &[Lane]) -> Vec<[f64; 2]> {
        self.pairs(plan, plan.norms[norm], lanes, |lane, channel| lane.sums[norm][channel])
    }

    fn pairs(&self, plan: &Plan, channels: usize, lanes: &[Lane], of: impl Fn(&Lane, usize) -> [f64; 2]) -> Vec<[f64; 2]> {
        let mut all = vec![0.0; 2 * channels * plan.lanes.len()];
        let bounds = self.lane_bounds(plan, 2 * channels);
        let own = lanes.iter().flat_map(|lane| (0..channels).map(move |channel| (lane, channel)));
        for (to, (lane, channel)) in all[bounds[self.0.rank()]..].chunks_exact_mut(2).zip(own) {
            to.copy_from_slice(&of(lane, channel));
        }
        self.0.gather_wide(&mut all, &bounds);
        all.as_chunks().0.to_vec()
    }

    /// Makes a backward pass, which is given the gradients and what spreads them.
    pub fn backward(&self, plan: &Plan, grads: &mut [Vec<f32>], pass: &mut dyn FnMut(&mut [Vec<f32>], &mut Sums)) {
        let mut taken = Vec::new();
        let lists = self.0.spreading(plan.params.len() + 1, &mut |spread| {
            let mut sums = Sums { team: self, spread, taken: Vec::new() };
            pass(grads, &mut sums);
            taken = sums.taken;
        });
        for (place, list) in taken.into_iter().zip(lists) {
            match place {
                Place::Param(index) => grads[index] = list,
                Place::Small => put_small(plan, &list, grads),
            }
        }
    }
}

/// The gradients of a backward pass on their way to all ranks.
pub struct Sums<'a> {
    /// The ranks.
    pub team: &'a Team,
    spread: Spread<'a>,
    /// What is on its way.
    taken: Vec<Place>,
}

/// Where a list of gradients belongs.
enum Place {
    /// The gradient of a tensor.
    Param(usize),
    /// Those of all tensors that each lane computes by itself.
    Small,
}

impl Sums<'_> {
    /// [`backward::weights`]: rank after rank adds to the sum.
    pub fn weights(&mut self, plan: &Plan, index: usize, lanes: &[Lane], grads: &mut [Vec<f32>]) {
        let (step, ranks) = (&plan.steps[index], &self.team.0);
        let own = step.first_param..step.first_param + step.tensors;
        if ranks.add_in_any_order() {
            return self.own_weights(plan, index, lanes, grads);
        }
        if step.adds {
            // What it adds to is the sum of all ranks.
            grads[own.clone()].iter_mut().for_each(|grad| ranks.spread(grad));
        }
        let weights = step.layer.weights().expect("only a step with weights has wide ones");
        let (weight, bias) = grads[step.first_param..].split_first_mut().expect("a layer with weights owns them");
        let unit = weights.part().iter().product::<usize>();
        let part = (weight.len() / PARTS).next_multiple_of(unit);
        ranks.add_up(weight, part, &mut |first, to| backward::weight_rows(plan, index, lanes, first, to));
        if weights.has_bias() {
            let len = bias[0].len();
            ranks.add_up(&mut bias[0], len, &mut |_, to| backward::bias(plan, index, lanes, to));
        }
        if !is_shared(plan, step) {
            own.for_each(|param| self.take(param, grads));
        }
    }

    /// [`backward::weights`] of this rank's lanes; they are added to those of the others on the way.
    fn own_weights(&mut self, plan: &Plan, index: usize, lanes: &[Lane], grads: &mut [Vec<f32>]) {
        let step = &plan.steps[index];
        let own = step.first_param..step.first_param + step.tensors;
        if !step.adds {
            grads[own.clone()].iter_mut().for_each(|grad| self.of_rank_0(grad));
        }
        backward::weights(plan, index, lanes, grads);
        if !is_shared(plan, step) {
            own.for_each(|param| self.take(param, grads));
        }
    }

    /// Clears what all ranks have alike, so that it is counted once.
    fn of_rank_0(&self, grad: &mut [f32]) {
        if self.team.0.rank() > 0 {
            grad.fill(0.0);
        }
    }

    /// Completes the gradients after the last phase: adds those that each lane computed by itself.
    pub fn finish(&mut self, plan: &Plan, lanes: &[Lane], grads: &mut [Vec<f32>]) {
        let mut sum = small(plan).flat_map(|index| grads[index].iter().copied()).collect::<Vec<f32>>();
        // The gradients of a lane follow one another as they do in `sum`.
        let of_lane: Vec<Vec<f32>> = lanes.iter().map(|lane| small(plan).flat_map(|index| &lane.grads[index]).copied().collect()).collect();
        let add = &mut |first: usize, to: &mut [f32]| {
            to.par_chunks_mut(SHARED_WORK).enumerate().for_each(|(part, to)| {
                for lane in &of_lane {
                    elementwise::add(&lane[first + part * SHARED_WORK..][..to.len()], to);
                }
            });
        };
        if self.team.0.add_in_any_order() {
            self.of_rank_0(&mut sum);
            add(0, &mut sum);
        } else {
            self.team.0.add_up(&mut sum, 2 * SHARED_WORK, add);
        }
        self.taken.push(Place::Small);
        (self.spread)(sum);
        let rest = plan.steps.iter().filter(|step| step.wide && step.backward && !step.adds && is_shared(plan, step));
        rest.flat_map(|step| step.first_param..step.first_param + step.tensors).for_each(|param| self.take(param, grads));
    }

    /// Sends a complete sum on its way.
    fn take(&mut self, param: usize, grads: &mut [Vec<f32>]) {
        self.taken.push(Place::Param(param));
        (self.spread)(std::mem::take(&mut grads[param]));
    }
}

/// Whether several steps add to the gradients of a step's tensors.
fn is_shared(plan: &Plan, step: &Step) -> bool {
    plan.steps.iter().any(|other| other.adds && other.first_param == step.first_param)
}

/// The tensors whose gradients each lane computes by itself.
fn small(plan: &Plan) -> impl Iterator<Item = usize> {
    (0..plan.params.len()).filter(|&index| plan.params[index].trained && !plan.params[index].wide)
}

/// Puts the sums of their gradients where they belong.
fn put_small(plan: &Plan, mut sums: &[f32], grads: &mut [Vec<f32>]) {
    for index in small(plan) {
        let (of, rest) = sums.split_at(grads[index].len());
        grads[index].copy_from_slice(of);
        sums = rest;
    }
}

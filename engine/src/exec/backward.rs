//! The backward pass of one step, on one lane or over all of them.

use std::mem::take;

use rayon::prelude::*;

use super::lane::Lane;
use crate::{
    layers::{Held, Shared, Site, Weights},
    plan::{Part, Plan, Step, Task, Writes},
};

/// Runs one task.
pub fn run(lane: &mut Lane, task: Task, shared: Shared) {
    let step = &shared.plan.steps[task.step];
    let output = &shared.plan.values[step.output];
    let grad_slot = output.grad.expect("a step with a backward pass has a gradient at its output");
    // Taken out, so that the values can be read at the same time.
    let mut buffer = take(&mut lane.slots[grad_slot]);
    let dy = &mut buffer[..lane.span.images * output.len()];
    if let (Some(function), Part::Whole) = (&step.activation, task.part) {
        function.backward(lane.site(shared, task).0.y(), dy);
    }
    if task.part != Part::Rest {
        let (mut at, grads) = lane.site(shared, task);
        param_grads(step, &mut at, dy, grads);
    }
    if task.part != Part::Sums {
        input_grads(step, lane, task, shared, dy);
    }
    lane.slots[grad_slot] = buffer;
}

fn param_grads(step: &Step, at: &mut Site, dy: &[f32], grads: &mut [Vec<f32>]) {
    let Some(weights) = step.layer.weights() else {
        return step.layer.param_grads(at, dy, grads, step.adds);
    };
    if step.wide {
        return weights.prepare(at, dy);
    }
    let (weight, bias) = grads.split_first_mut().expect("a layer with weights owns them");
    weights.alone(at, dy, weight, step.adds);
    if weights.has_bias() {
        let from = Held { images: at.images(), x: at.x(0), dy, scratch: at.scratch, kept: at.kept };
        weights.bias(from, &mut bias[0], step.adds);
    }
}

/// The gradients of the inputs; one that replaces `dy` comes last.
fn input_grads(step: &Step, lane: &mut Lane, task: Task, shared: Shared, dy: &mut [f32]) {
    for (i, &input) in step.inputs.iter().enumerate() {
        let (value, add) = (&shared.plan.values[input], step.writes[i] == Writes::Add);
        let Some(slot) = value.grad.filter(|_| add || step.writes[i] == Writes::Set) else { continue };
        let mut buffer = take(&mut lane.slots[slot]);
        let dx = &mut buffer[..lane.span.images * value.len()];
        step.layer.input_grad(i, &mut lane.site(shared, task).0, dy, dx, add);
        lane.slots[slot] = buffer;
    }
    if let Some(i) = step.writes.iter().position(|&writes| writes == Writes::InPlace) {
        step.layer.through(i, &mut lane.site(shared, task).0, dy);
    }
}

/// Adds the gradients of a step's parameters over all lanes. Each thread takes a part of them, with the lanes in order.
pub fn weights(plan: &Plan, index: usize, lanes: &[Lane], grads: &mut [Vec<f32>]) {
    let step = &plan.steps[index];
    let (weight, bias) = grads[step.first_param..].split_first_mut().expect("a layer with weights owns them");
    weight_rows(plan, index, lanes, 0, weight);
    if wide(step).has_bias() {
        self::bias(plan, index, lanes, &mut bias[0]);
    }
}

/// Adds the gradient of a weight's elements from `first` on, as many as fit into `to`. They are whole parts of [`Weights::part`].
pub fn weight_rows(plan: &Plan, index: usize, lanes: &[Lane], first: usize, to: &mut [f32]) {
    let weights = wide(&plan.steps[index]);
    let [rows, row] = weights.part();
    to.par_chunks_mut(rows * row).enumerate().for_each(|(part, to)| {
        for lane in lanes {
            weights.rows(held(plan, index, lane), first / row + part * rows, to, true);
        }
    });
}

/// Adds the gradient of a bias.
pub fn bias(plan: &Plan, index: usize, lanes: &[Lane], to: &mut [f32]) {
    lanes.iter().for_each(|lane| wide(&plan.steps[index]).bias(held(plan, index, lane), to, true));
}

fn wide(step: &Step) -> &dyn Weights {
    step.layer.weights().expect("only a step with weights has wide ones")
}

/// The state of a lane after the backward pass of a step.
fn held<'a>(plan: &Plan, index: usize, lane: &'a Lane) -> Held<'a> {
    let (step, images) = (&plan.steps[index], lane.span.images);
    let (input, output) = (&plan.values[step.inputs[0]], &plan.values[step.output]);
    let grad_slot = output.grad.expect("a step with a backward pass has a gradient at its output");
    let (x, dy) = (&lane.slots[input.slot][..images * input.len()], &lane.slots[grad_slot][..images * output.len()]);
    Held { images, x, dy, scratch: &lane.scratch, kept: &lane.kept[index] }
}

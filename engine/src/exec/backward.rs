//! The backward pass of one step, on one lane or over all of them.

use std::mem::take;

use rayon::prelude::*;

use super::{Shared, conv2d, forward::drop_out, lane::Lane, linear};
use crate::{
    kernels::{activation, batch_norm, dropout, layout, pool2d, softmax},
    plan::{Kernel, Part, Plan, Step, Task, Writes, softmax_axes},
};

/// Runs one task.
pub fn run(lane: &mut Lane, task: Task, shared: Shared) {
    let step = &shared.plan.steps[task.step];
    let (input, output) = (&shared.plan.values[step.input], &shared.plan.values[step.output]);
    let images = lane.span.images;
    let grad_slot = output.grad.expect("a step with a backward pass has a gradient at its output");
    // Taken out, so that the values can be read meanwhile.
    let mut dy_buffer = take(&mut lane.slots[grad_slot]);
    let dy = &mut dy_buffer[..images * output.len()];
    if let (Some(function), Part::Whole) = (step.activation, task.part) {
        activation::backward(function, &lane.slots[output.slot][..dy.len()], dy);
    }
    if step.writes == Writes::InPlace {
        through(lane, step, dy, shared);
        lane.slots[grad_slot] = dy_buffer;
        return;
    }
    let dx_slot = input.grad.filter(|_| step.writes != Writes::Nothing);
    let mut dx_buffer = dx_slot.map(|slot| take(&mut lane.slots[slot]));
    let dx = dx_buffer.as_mut().map(|buffer| &mut buffer[..images * input.len()]);
    let add = step.writes == Writes::Add;
    let weights = &shared.params[step.first_param..];
    let x = &lane.slots[input.slot];
    match &step.kernel {
        Kernel::Alias => {
            if let Some(dx) = dx {
                layout::put(dy, dx, add);
            }
        }
        Kernel::Activation { .. } | Kernel::Softmax { .. } | Kernel::Dropout { .. } => {
            if let Some(dx) = dx {
                let mut scratch = take(&mut lane.scratch);
                // The step's own scratch comes first.
                let rest = scratch.len() - dy.len();
                let (own, moved) = scratch.split_at_mut(rest);
                moved.copy_from_slice(dy);
                through_with(lane, step, moved, own, shared);
                layout::put(moved, dx, add);
                lane.scratch = scratch;
            }
        }
        Kernel::Flatten => {
            if let Some(dx) = dx {
                let [channels, inner] = input.split();
                layout::swap(images, channels, inner, dy, dx, add);
            }
        }
        Kernel::Linear(dense) => {
            let x = &x[..images * input.len()];
            if !step.wide {
                linear::weight_grads(dense, images, x, dy, &mut lane.grads[step.first_param..]);
            }
            if let Some(dx) = dx {
                linear::input_grad(dense, images, &weights[0], dy, dx, add);
            }
        }
        Kernel::Conv2d(conv) => {
            let x = &x[..images * input.len()];
            if !step.wide {
                conv2d::weight_grads(conv, images, x, dy, &mut lane.grads[step.first_param..], &mut lane.scratch);
            }
            if let Some(dx) = dx {
                conv2d::input_grad(conv, images, &weights[0], dy, dx, add, &mut lane.scratch);
            }
        }
        Kernel::MaxPool2d(slide) => {
            if let Some(dx) = dx {
                if !add {
                    dx.fill(0.0);
                }
                pool2d::max_backward(slide, &x[..dx.len()], dy, dx);
            }
        }
        Kernel::AvgPool2d(pool) => {
            if let Some(dx) = dx {
                pool2d::mean_backward(pool, dy, dx, add);
            }
        }
        Kernel::BatchNorm(norm) => {
            let (of, x) = (&shared.norms[norm.index], &x[..images * input.len()]);
            if task.part == Part::Sums {
                batch_norm::gradient_sums(norm.axes(images), &of.mean, x, dy, &mut lane.sums[norm.index]);
            } else if let Some(dx) = dx {
                batch_norm::gradient(norm.axes(images), &of.mean, &of.gradient, x, dy, dx, add);
            }
        }
    }
    if let (Some(slot), Some(buffer)) = (dx_slot, dx_buffer) {
        lane.slots[slot] = buffer;
    }
    lane.slots[grad_slot] = dy_buffer;
}

/// The gradient of an elementwise step, in place.
fn through(lane: &mut Lane, step: &Step, grad: &mut [f32], shared: Shared) {
    let mut scratch = take(&mut lane.scratch);
    through_with(lane, step, grad, &mut scratch, shared);
    lane.scratch = scratch;
}

fn through_with(lane: &Lane, step: &Step, grad: &mut [f32], scratch: &mut [f32], shared: Shared) {
    let (input, output) = (&shared.plan.values[step.input], &shared.plan.values[step.output]);
    let images = lane.span.images;
    match &step.kernel {
        Kernel::Activation { function: activation::Activation::LeakyRelu(slope), by_input: true } => {
            activation::leaky_backward(*slope, &lane.slots[input.slot][..grad.len()], grad);
        }
        Kernel::Activation { function, .. } => activation::backward(*function, &lane.slots[output.slot][..grad.len()], grad),
        Kernel::Softmax { axis, log } => {
            let axes = softmax_axes(output, *axis, images);
            softmax::backward(axes, *log, &lane.slots[output.slot][..grad.len()], grad, scratch);
        }
        Kernel::Dropout { p } => {
            drop_out(dropout::Mask { seed: shared.seed, node: step.node, p: *p }, output, lane.span.start, images, grad);
        }
        _ => {}
    }
}

/// The gradients of a step's parameters over all lanes, each part of them by one thread, the lanes in order.
pub fn weights(plan: &Plan, step: usize, lanes: &[Lane], grads: &mut [Vec<f32>], parts: &mut [Vec<f32>]) {
    let step = &plan.steps[step];
    let (input, output) = (&plan.values[step.input], &plan.values[step.output]);
    let grad_slot = output.grad.expect("a step with a backward pass has a gradient at its output");
    let lanes_of = || {
        lanes.iter().enumerate().map(|(index, lane)| {
            let images = lane.span.images;
            (index, images, &lane.slots[input.slot][..images * input.len()], &lane.slots[grad_slot][..images * output.len()])
        })
    };
    let (weight, bias) = grads[step.first_param..].split_first_mut().expect("a wide step has weights");
    match &step.kernel {
        Kernel::Linear(dense) => {
            let rows = linear::part_rows(dense);
            weight.par_chunks_mut(rows * dense.inputs).enumerate().for_each(|(part, to)| {
                for (lane, images, x, dy) in lanes_of() {
                    linear::weight_rows(dense, images, part * rows, x, dy, to, lane > 0);
                }
            });
            if dense.bias {
                for (lane, images, _, dy) in lanes_of() {
                    linear::bias_grad(dense, images, dy, &mut bias[0], lane > 0);
                }
            }
        }
        Kernel::Conv2d(conv) => {
            let rows = conv2d::part_rows(conv);
            weight.par_chunks_mut(rows * conv.depth()).zip(parts).enumerate().for_each(|(part, (to, scratch))| {
                for (lane, images, x, dy) in lanes_of() {
                    conv2d::weight_rows(conv, images, part * rows, x, dy, to, scratch, lane > 0);
                }
            });
            if conv.bias {
                for (lane, images, _, dy) in lanes_of() {
                    conv2d::bias_grad(conv, images, dy, &mut bias[0], lane > 0);
                }
            }
        }
        _ => unreachable!("only matrix products have wide weights"),
    }
}

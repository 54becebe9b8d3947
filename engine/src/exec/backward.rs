//! The backward pass of one step, on one lane or over all of them.

use std::mem::take;

use rayon::prelude::*;

use super::{Shared, conv2d, lane::Lane, linear};
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
                let mut spare = take(&mut lane.spare);
                let moved = &mut spare[..dy.len()];
                moved.copy_from_slice(dy);
                through(lane, step, moved, shared);
                layout::put(moved, dx, add);
                lane.spare = spare;
            }
        }
        Kernel::Linear(dense) => {
            let turned = linear::turned(dense, images, &x[..images * input.len()], &mut lane.scratch);
            if !step.wide {
                let (weight, bias) = lane.grads[step.first_param..].split_first_mut().expect("weights");
                linear::weight_rows(dense, images, 0, turned, dy, weight, false);
                if dense.bias {
                    linear::bias_grad(dense, images, dy, &mut bias[0], false);
                }
            }
            if let Some(dx) = dx {
                linear::input_grad(dense, images, &weights[0], dy, dx, add);
            }
        }
        Kernel::Conv2d(conv) => {
            let framed = conv2d::framed(conv, images, &x[..images * input.len()], &mut lane.scratch);
            if !step.wide {
                let (weight, bias) = lane.grads[step.first_param..].split_first_mut().expect("weights");
                conv2d::weight_rows(conv, images, 0, framed, dy, weight, false);
                if conv.bias {
                    conv2d::bias_grad(dy, &mut bias[0], false);
                }
            }
            if let Some(dx) = dx {
                conv2d::input_grad(conv, images, &weights[0], dy, dx, add, &mut lane.spare);
            }
        }
        Kernel::MaxPool2d(slide) => {
            if let Some(dx) = dx {
                if !add {
                    dx.fill(0.0);
                }
                pool2d::max_backward(slide, images, &x[..dx.len()], dy, dx);
            }
        }
        Kernel::AvgPool2d(pool) => {
            if let Some(dx) = dx {
                pool2d::mean_backward(pool, images, dy, dx, add);
            }
        }
        Kernel::BatchNorm(norm) => {
            let (of, x) = (&shared.norms[norm.index], &x[..images * input.len()]);
            if task.part == Part::Sums {
                batch_norm::gradient_sums(&of.mean, x, dy, &mut lane.sums[norm.index]);
            } else if let Some(dx) = dx {
                batch_norm::gradient(&of.mean, &of.gradient, x, dy, dx, add);
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
    let (input, output) = (&shared.plan.values[step.input], &shared.plan.values[step.output]);
    let images = lane.span.images;
    match &step.kernel {
        Kernel::Activation { function: activation::Activation::LeakyRelu(slope), by_input: true } => {
            activation::leaky_backward(*slope, &lane.slots[input.slot][..grad.len()], grad);
        }
        Kernel::Activation { function, .. } => activation::backward(*function, &lane.slots[output.slot][..grad.len()], grad),
        Kernel::Softmax { axis, log } => {
            let axes = softmax_axes(output, *axis, images);
            softmax::backward(axes, *log, &lane.slots[output.slot][..grad.len()], grad, &mut lane.scratch);
        }
        Kernel::Dropout { p } => {
            dropout::apply(dropout::Mask { seed: shared.seed, node: step.node, p: *p }, lane.span.start, images, grad);
        }
        _ => {}
    }
}

/// The gradients of a step's parameters over all lanes, each part of them by one thread, the lanes in order. The lanes' scratch still
/// has the input as the product takes it.
pub fn weights(plan: &Plan, step: usize, lanes: &[Lane], grads: &mut [Vec<f32>]) {
    let step = &plan.steps[step];
    let (input, output) = (&plan.values[step.input], &plan.values[step.output]);
    let grad_slot = output.grad.expect("a step with a backward pass has a gradient at its output");
    let (weight, bias) = grads[step.first_param..].split_first_mut().expect("a wide step has weights");
    let dy = |lane: &'_ Lane| lane.span.images * output.len();
    match &step.kernel {
        Kernel::Linear(dense) => {
            let rows = linear::part_rows(dense);
            weight.par_chunks_mut(rows * dense.inputs).enumerate().for_each(|(part, to)| {
                for (index, lane) in lanes.iter().enumerate() {
                    let dy = &lane.slots[grad_slot][..dy(lane)];
                    linear::weight_rows(dense, lane.span.images, part * rows, &lane.scratch, dy, to, index > 0);
                }
            });
            for (index, lane) in lanes.iter().enumerate().filter(|_| dense.bias) {
                linear::bias_grad(dense, lane.span.images, &lane.slots[grad_slot][..dy(lane)], &mut bias[0], index > 0);
            }
        }
        Kernel::Conv2d(conv) => {
            let rows = conv2d::part_rows(conv);
            weight.par_chunks_mut(rows * conv.depth()).enumerate().for_each(|(part, to)| {
                for (index, lane) in lanes.iter().enumerate() {
                    let dy = &lane.slots[grad_slot][..dy(lane)];
                    let framed = if conv.frame.is_plain() { &lane.slots[input.slot] } else { &lane.scratch };
                    conv2d::weight_rows(conv, lane.span.images, part * rows, framed, dy, to, index > 0);
                }
            });
            for (index, lane) in lanes.iter().enumerate().filter(|_| conv.bias) {
                conv2d::bias_grad(&lane.slots[grad_slot][..dy(lane)], &mut bias[0], index > 0);
            }
        }
        _ => unreachable!("only matrix products have wide weights"),
    }
}

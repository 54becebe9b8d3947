//! The forward pass of one step on one lane.

use std::mem::take;

use super::{Shared, conv2d, lane::Lane, linear};
use crate::{
    kernels::{activation, batch_norm, dropout, pool2d, softmax},
    plan::{Kernel, Part, Step, Task, Value, softmax_axes},
};

/// Runs one task.
pub fn run(lane: &mut Lane, task: Task, shared: Shared) {
    let step = &shared.plan.steps[task.step];
    let (input, output) = (&shared.plan.values[step.input], &shared.plan.values[step.output]);
    if step.in_place {
        // Elementwise kernels only.
        let mut x = take(&mut lane.slots[output.slot]);
        in_place(lane, step, output, &mut x, shared);
        lane.slots[output.slot] = x;
        return;
    }
    let images = lane.span.images;
    // Taken out, so that the input can be read meanwhile.
    let mut buffer = take(&mut lane.slots[output.slot]);
    let y = &mut buffer[..images * output.len()];
    let x = &lane.slots[input.slot][..images * input.len()];
    match &step.kernel {
        Kernel::Alias => unreachable!("an alias is no task"),
        Kernel::Activation { .. } | Kernel::Softmax { .. } | Kernel::Dropout { .. } => {
            y.copy_from_slice(x);
            in_place(lane, step, output, &mut buffer, shared);
        }
        Kernel::Linear(dense) => linear::forward(dense, images, &shared.params[step.first_param..], x, y),
        Kernel::Conv2d(conv) => conv2d::forward(conv, images, &shared.params[step.first_param..], x, y, &mut lane.scratch),
        Kernel::MaxPool2d(slide) => pool2d::max_forward(slide, images, x, y),
        Kernel::AvgPool2d(pool) => pool2d::mean_forward(pool, images, x, y),
        Kernel::BatchNorm(norm) => match task.part {
            Part::Sums => batch_norm::moments(x, &mut lane.moments[norm.index]),
            _ => {
                let of = &shared.norms[norm.index];
                batch_norm::normalise(&of.mean, &of.scale, &of.shift, x, y);
            }
        },
    }
    if let Some(function) = step.activation {
        activation::forward(function, &mut buffer[..images * output.len()]);
    }
    lane.slots[output.slot] = buffer;
}

/// An elementwise step on its buffer.
fn in_place(lane: &mut Lane, step: &Step, value: &Value, buffer: &mut [f32], shared: Shared) {
    let images = lane.span.images;
    let x = &mut buffer[..images * value.len()];
    match &step.kernel {
        Kernel::Activation { function, .. } => activation::forward(*function, x),
        Kernel::Softmax { axis, log } => softmax::forward(softmax_axes(value, *axis, images), *log, x, &mut lane.scratch),
        Kernel::Dropout { p } => {
            dropout::apply(dropout::Mask { seed: shared.seed, node: step.node, p: *p }, lane.span.start, images, x);
        }
        _ => {}
    }
}

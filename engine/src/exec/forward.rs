//! The forward pass of one step on one lane.

use std::mem::take;

use super::lane::Lane;
use crate::{
    layers::Shared,
    plan::{Part, Task},
};

/// Runs one task.
pub fn run(lane: &mut Lane, task: Task, shared: Shared) {
    let step = &shared.plan.steps[task.step];
    let output = &shared.plan.values[step.output];
    // Taken out, so that the inputs can be read at the same time.
    let mut buffer = take(&mut lane.slots[output.slot]);
    let y = &mut buffer[..lane.span.images * output.len()];
    step.layer.forward(&mut lane.site(shared, task).0, y);
    if let (Some(function), Part::Whole) = (&step.activation, task.part) {
        function.forward(y);
    }
    lane.slots[output.slot] = buffer;
}

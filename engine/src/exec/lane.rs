//! A group of images with everything that is needed to take them through the network.

use crate::{
    kernels::{batch_norm::Moments, layout},
    plan::{Kernel, Plan, Span, Step, softmax_axes},
};

use super::conv2d;

/// A lane's own buffers.
pub struct Lane {
    /// Its images.
    pub span: Span,
    /// The values and their gradients.
    pub slots: Vec<Vec<f32>>,
    /// For use within a step, and for what it leaves to [`crate::plan::Phase::Weights`].
    pub scratch: Vec<f32>,
    /// For use within a step.
    pub spare: Vec<f32>,
    /// The gradients of the trained tensors over this lane's images; empty where all threads work them out together.
    pub grads: Vec<Vec<f32>>,
    /// Of each batch normalisation, the statistics of this lane's images.
    pub moments: Vec<Vec<Moments>>,
    /// Of each batch normalisation, the sums that its backward needs.
    pub sums: Vec<Vec<[f64; 2]>>,
}

impl Lane {
    /// Buffers for a plan, zeroed.
    pub fn new(plan: &Plan, span: Span) -> Self {
        let own = |param: &crate::plan::Param| if param.trained && !param.wide && !plan.backward.is_empty() { param.len } else { 0 };
        Self {
            span,
            slots: plan.slots.iter().map(|len| vec![0.0; len * span.images]).collect(),
            scratch: vec![0.0; plan.steps.iter().map(|step| scratch(plan, step, span.images)).max().unwrap_or(0)],
            spare: vec![0.0; plan.steps.iter().map(|step| spare(plan, step) * span.images).max().unwrap_or(0)],
            grads: plan.params.iter().map(|param| vec![0.0; own(param)]).collect(),
            moments: plan.norms.iter().map(|&channels| vec![Moments::default(); channels]).collect(),
            sums: plan.norms.iter().map(|&channels| vec![[0.0; 2]; channels]).collect(),
        }
    }

    /// Copies this lane's part of the inputs.
    pub fn take_inputs(&mut self, plan: &Plan, inputs: &[Vec<f32>]) {
        for (&value, input) in plan.inputs.iter().zip(inputs) {
            let value = &plan.values[value];
            self.take(value.len(), input, value.slot, false);
        }
    }

    /// Copies this lane's part of the outputs' gradients.
    pub fn take_output_grads(&mut self, plan: &Plan, grads: &[&[f32]]) {
        for (output, grad) in plan.outputs.iter().zip(grads) {
            let value = &plan.values[output.value];
            if let Some(slot) = value.grad {
                self.take(value.len(), grad, slot, output.again);
            }
        }
    }

    /// Copies (adds) its part of a batch-major slice into a buffer.
    fn take(&mut self, len: usize, from: &[f32], slot: usize, add: bool) {
        let Span { start, images } = self.span;
        layout::transpose(images, len, &from[start * len..][..images * len], &mut self.slots[slot][..images * len], add);
    }
}

/// Elements of scratch that a step needs.
fn scratch(plan: &Plan, step: &Step, images: usize) -> usize {
    let value = &plan.values[step.input];
    match &step.kernel {
        Kernel::Conv2d(_) => conv2d::scratch(step)[0] * images,
        Kernel::Linear(_) if step.backward => value.len() * images,
        Kernel::Softmax { axis, .. } => softmax_axes(value, *axis, images).scratch(),
        _ => 0,
    }
}

/// Elements for one image of the second scratch.
fn spare(plan: &Plan, step: &Step) -> usize {
    match &step.kernel {
        Kernel::Conv2d(_) => conv2d::scratch(step)[1],
        // A gradient that is added to another is made here first.
        kernel if kernel.is_elementwise() && step.backward => plan.values[step.input].len(),
        _ => 0,
    }
}

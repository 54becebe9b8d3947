//! The data of a layer on one lane.

use super::Norm;
use crate::{
    kernels::batch_norm::Moments,
    plan::{Part, Plan, Span, Step, Value},
};

/// What all lanes read.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The tensors of all nodes.
    pub params: &'a [Vec<f32>],
    /// For each step, what its layer has made of the tensors.
    pub packed: &'a [Vec<f32>],
    /// The batch normalizations.
    pub norms: &'a [Norm],
    /// The seed of the random masks.
    pub seed: u64,
}

/// A step on one lane.
pub struct Site<'a> {
    /// The lane's images.
    pub span: Span,
    /// The part of the step.
    pub part: Part,
    /// The seed of the random masks.
    pub seed: u64,
    /// The index of the node.
    pub node: usize,
    /// The tensors from the node's first one on.
    pub params: &'a [Vec<f32>],
    /// What the layer has made of the tensors ([`super::Layer::pack`]).
    pub packed: &'a [f32],
    /// The batch normalizations.
    pub norms: &'a [Norm],
    /// For each batch normalization, the statistics of this lane's images.
    pub moments: &'a mut [Vec<Moments>],
    /// For each batch normalization, the sums that its backward pass needs.
    pub sums: &'a mut [Vec<[f64; 2]>],
    /// Scratch memory for a step, also for what it passes to [`super::Weights::rows`].
    pub scratch: &'a mut [f32],
    /// Scratch memory for one call.
    pub spare: &'a mut [f32],
    /// The step's data: what forward stores here, backward reads.
    pub kept: &'a mut [f32],
    /// In the forward pass, the input whose buffer the output takes: `y` holds it, and [`Site::x`] does not.
    pub held: Option<usize>,
    step: &'a Step,
    values: &'a [Value],
    slots: &'a [Vec<f32>],
}

/// The buffers of a lane for a step, besides those of values.
pub struct Buffers<'a> {
    /// See [`Site`].
    pub moments: &'a mut [Vec<Moments>],
    /// See [`Site`].
    pub sums: &'a mut [Vec<[f64; 2]>],
    /// See [`Site`].
    pub scratch: &'a mut [f32],
    /// See [`Site`].
    pub spare: &'a mut [f32],
    /// See [`Site`].
    pub kept: &'a mut [f32],
}

impl<'a> Site<'a> {
    /// The site of a step with these buffers.
    pub fn new(shared: Shared<'a>, index: usize, part: Part, span: Span, slots: &'a [Vec<f32>], buffers: Buffers<'a>) -> Self {
        let Buffers { moments, sums, scratch, spare, kept } = buffers;
        let step = &shared.plan.steps[index];
        Self {
            span,
            part,
            seed: shared.seed,
            node: step.node,
            params: &shared.params[step.first_param..],
            packed: &shared.packed[index],
            norms: shared.norms,
            moments,
            sums,
            scratch,
            spare,
            kept,
            held: step.in_place,
            step,
            values: &shared.plan.values,
            slots,
        }
    }

    /// The number of images.
    pub fn images(&self) -> usize {
        self.span.images
    }

    /// An input.
    pub fn x(&self, input: usize) -> &'a [f32] {
        self.value(self.step.inputs[input])
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.step.inputs.len()
    }

    /// The output, in the backward pass.
    pub fn y(&self) -> &'a [f32] {
        self.value(self.step.output)
    }

    fn value(&self, value: usize) -> &'a [f32] {
        let value = &self.values[value];
        &self.slots[value.slot][..value.len() * self.span.images]
    }
}

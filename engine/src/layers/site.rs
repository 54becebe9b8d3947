//! What a layer works with on one lane.

use super::Norm;
use crate::{
    kernels::batch_norm::Moments,
    plan::{Part, Plan, Span, Step, Value},
};

/// What all lanes read.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    /// What is carried out.
    pub plan: &'a Plan,
    /// The tensors of all nodes.
    pub params: &'a [Vec<f32>],
    /// The batch normalizations.
    pub norms: &'a [Norm],
    /// The seed of the dropout masks.
    pub seed: u64,
}

/// A step on one lane.
pub struct Site<'a> {
    /// The lane's images.
    pub span: Span,
    /// The part of the step.
    pub part: Part,
    /// The seed of the dropout masks.
    pub seed: u64,
    /// The node's index.
    pub node: usize,
    /// The node's tensors, and those after them.
    pub params: &'a [Vec<f32>],
    /// The batch normalizations.
    pub norms: &'a [Norm],
    /// Of each batch normalization, the statistics of this lane's images.
    pub moments: &'a mut [Vec<Moments>],
    /// Of each batch normalization, the sums that its backward needs.
    pub sums: &'a mut [Vec<[f64; 2]>],
    /// For use within a step, and for what it leaves to [`super::Weights::rows`].
    pub scratch: &'a mut [f32],
    /// For use within one call.
    pub spare: &'a mut [f32],
    /// The step's own: what forward leaves here, backward finds.
    pub kept: &'a mut [f32],
    /// Forward: the input whose buffer the output takes, so that `y` holds it and [`Site::x`] does not.
    pub held: Option<usize>,
    step: &'a Step,
    values: &'a [Value],
    slots: &'a [Vec<f32>],
}

/// The buffers of a lane that a step uses besides those of values.
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
    /// A step where these buffers are.
    pub fn new(shared: Shared<'a>, step: &'a Step, part: Part, span: Span, slots: &'a [Vec<f32>], buffers: Buffers<'a>) -> Self {
        let Buffers { moments, sums, scratch, spare, kept } = buffers;
        Self {
            span,
            part,
            seed: shared.seed,
            node: step.node,
            params: &shared.params[step.first_param..],
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

    /// How many inputs there are.
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

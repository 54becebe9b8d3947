//! `LayerNorm`, `RMSNorm`, `GroupNorm` and `InstanceNorm2d`: samples are independent, so lanes need not wait.

use layercake_ir::{Shape, ops};

use super::{Layer, Reads, Site};
use crate::{
    kernels::sample_norm::{self, Groups, STATISTICS},
    plan::runs_as,
};

/// Normalizes groups of elements of each sample.
#[derive(Clone, Copy, Debug)]
pub struct SampleNorm {
    /// The groups.
    groups: Groups,
    /// The number of groups.
    count: usize,
    /// Added to the variance.
    eps: f64,
    /// Whether it has a scale and a shift.
    affine: bool,
}

impl SampleNorm {
    /// Over the last axes, with a weight per element.
    pub fn layer(op: &ops::LayerNorm, input: &Shape) -> Self {
        let len = op.shape.as_slice().iter().product();
        Self { groups: Groups { len, stretch: 1, centered: true }, count: input.len() / len, eps: op.eps, affine: op.affine }
    }

    /// By the root mean square over the last axes, with a weight per element.
    pub fn rms(op: &ops::RmsNorm, input: &Shape) -> Self {
        let len = op.shape.as_slice().iter().product();
        Self { groups: Groups { len, stretch: 1, centered: false }, count: input.len() / len, eps: op.eps, affine: op.affine }
    }

    /// Over groups of channels, with a weight per channel.
    pub fn group(op: &ops::GroupNorm, input: &Shape) -> Self {
        Self::channels(input, op.groups, op.eps, op.affine)
    }

    /// Over each channel.
    pub fn instance(op: &ops::InstanceNorm2d, input: &Shape) -> Self {
        Self::channels(input, input.dim(0), op.eps, op.affine)
    }

    fn channels(input: &Shape, count: usize, eps: f64, affine: bool) -> Self {
        Self { groups: Groups { len: input.len() / count, stretch: input.len() / input.dim(0), centered: true }, count, eps, affine }
    }

    fn statistics<'a>(&self, at: &'a mut Site) -> &'a [f32] {
        let (images, x) = (at.images(), at.x(0));
        let to = &mut at.scratch[..STATISTICS * self.count * images];
        sample_norm::statistics(&self.groups, images, self.eps, x, to);
        to
    }
}

impl Layer for SampleNorm {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn scratch(&self, images: usize, _: bool) -> [usize; 2] {
        [STATISTICS * self.count * images, 0]
    }

    fn takes_activation(&self) -> bool {
        true
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let (images, x, params) = (at.images(), at.x(0), at.params);
        // Without centering there is no bias.
        let affine: [&[f32]; 2] = match (self.affine, self.groups.centered) {
            (true, true) => [&params[0], &params[1]],
            (true, false) => [&params[0], &[]],
            (false, _) => [&[], &[]],
        };
        sample_norm::forward(&self.groups, images, self.statistics(at), affine, x, y);
    }

    /// Computes the statistics in the scratch memory.
    fn param_grads(&self, at: &mut Site, dy: &[f32], grads: &mut [Vec<f32>], add: bool) {
        let (images, x) = (at.images(), at.x(0));
        let statistics = self.statistics(at);
        let of = |to: [&mut [f32]; 2]| sample_norm::weight_grads(&self.groups, images, statistics, [x, dy], to, add);
        match (self.affine, self.groups.centered, grads) {
            (true, true, [weight, bias, ..]) => of([weight, bias]),
            (true, false, [weight, ..]) => of([weight, &mut []]),
            _ => {}
        }
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        let statistics = &at.scratch[..STATISTICS * self.count * at.images()];
        let weights: &[f32] = if self.affine { &at.params[0] } else { &[] };
        sample_norm::input_grad(&self.groups, at.images(), statistics, weights, [at.x(0), dy], dx, add);
    }
}

runs_as! {
    LayerNorm: |op, at| SampleNorm::layer(op, at.input());
    RmsNorm: |op, at| SampleNorm::rms(op, at.input());
    GroupNorm: |op, at| SampleNorm::group(op, at.input());
    InstanceNorm2d: |op, at| SampleNorm::instance(op, at.input());
}

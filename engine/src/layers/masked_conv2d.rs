//! `MaskedConv2d`: a convolution whose masked weights count as zeros and get no gradient.

use std::sync::Arc;

use layercake_ir::{
    Shape,
    ops::{self, Conv2d},
};

use super::{Convolution, Held, Layer, Reads, Site, Tiled, Weights, conv2d};
use crate::{
    EngineError,
    plan::{At, Framed, Runnable},
};

/// A masked convolution.
#[derive(Clone, Debug)]
pub struct MaskedConvolution {
    conv: Convolution,
    /// For each weight, whether it is kept.
    seen: Vec<bool>,
}

impl MaskedConvolution {
    /// Computes the tables and the mask.
    pub fn new(op: &ops::MaskedConv2d, input: &Shape, output: &Shape) -> Self {
        let window = op.window();
        let conv = Conv2d {
            in_channels: op.in_channels,
            out_channels: op.out_channels,
            kernel: op.kernel,
            stride: window.stride,
            padding: window.padding,
            dilation: op.dilation,
            groups: 1,
            bias: op.bias,
        };
        let [height, width] = op.kernel;
        let weights = op.out_channels * op.in_channels * height * width;
        let sees = |at: usize| {
            let (column, row, channel) = (at % width, at / width % height, at / width / height);
            op.sees(channel / op.in_channels, channel % op.in_channels, row, column)
        };
        Self { conv: Convolution::new(&conv, input, output), seen: (0..weights).map(sees).collect() }
    }

    /// Sets the masked weights of the rows from `first` on to zero.
    fn mask(&self, first: usize, to: &mut [f32]) {
        for (to, seen) in to.iter_mut().zip(&self.seen[first * self.conv.depth()..]) {
            *to = if *seen { *to } else { 0.0 };
        }
    }

    /// The masked weights, and the rest of the buffer.
    fn masked<'a>(&self, weights: &[f32], spare: &'a mut [f32]) -> (&'a [f32], &'a mut [f32]) {
        let (to, rest) = spare.split_at_mut(self.seen.len());
        for ((to, weight), seen) in to.iter_mut().zip(weights).zip(&self.seen) {
            *to = if *seen { *weight } else { 0.0 };
        }
        (to, rest)
    }
}

impl Layer for MaskedConvolution {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        let [scratch, spare] = self.conv.scratch(images, backward);
        [scratch, self.seen.len() + spare]
    }

    fn keeps(&self, images: usize) -> usize {
        self.conv.keeps(images)
    }

    fn takes_activation(&self) -> bool {
        true
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let (images, params, x) = (at.images(), at.params, at.x(0));
        let (weight, rest) = self.masked(&params[0], at.spare);
        conv2d::whole(&self.conv, images, [weight, if self.conv.bias { &params[1] } else { &[] }], x, y, [at.scratch, rest], at.kept);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        let images = at.images();
        let (weight, rest) = self.masked(&at.params[0], at.spare);
        conv2d::whole_back(&self.conv, images, weight, dy, dx, add, rest, at.kept);
    }

    fn weights(&self) -> Option<&dyn Weights> {
        Some(self)
    }
}

impl Weights for MaskedConvolution {
    fn part(&self) -> [usize; 2] {
        self.conv.part()
    }

    fn has_bias(&self) -> bool {
        self.conv.bias
    }

    fn prepare(&self, at: &mut Site, dy: &[f32]) {
        self.conv.prepare(at, dy);
    }

    fn alone(&self, at: &mut Site, dy: &[f32], to: &mut [f32], add: bool) {
        self.conv.alone(at, dy, to, add);
        self.mask(0, to);
    }

    fn rows(&self, from: Held, first: usize, to: &mut [f32], add: bool) {
        self.conv.rows(from, first, to, add);
        self.mask(first, to);
    }

    fn bias(&self, from: Held, to: &mut [f32], add: bool) {
        Weights::bias(&self.conv, from, to, add);
    }
}

impl Runnable for ops::MaskedConv2d {
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
        Ok(Arc::new(MaskedConvolution::new(self, at.input(), at.output())))
    }

    fn transforms(&self) -> bool {
        Tiled::suits(self.window(), 1, [self.in_channels, self.out_channels])
    }

    fn framed<'a>(&self, input: &'a Shape, output: &'a Shape) -> Option<Framed<'a>> {
        Some(Framed { window: self.window(), large: input, small: output, channels: self.in_channels })
    }
}

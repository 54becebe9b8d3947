//! `ConvTranspose2d`: the transpose of a convolution. Its forward pass is that convolution's gradient of the input, its gradient of the
//! input is that convolution's forward pass, and the weights are the same.

use std::sync::Arc;

use layercake_ir::{
    Shape,
    ops::{self, Conv2d, Window},
};

use super::{Convolution, Held, Layer, Phased, Reads, Site, conv2d, phases::Pass};
use crate::{
    EngineError,
    kernels::{
        reduce,
        winograd::{Begin, bounds},
    },
    plan::{At, Framed, Runnable},
};

/// A transposed convolution.
#[derive(Clone, Debug)]
pub struct ConvTranspose {
    /// The convolution, from the output to the input.
    conv: Convolution,
    /// Whether it has a bias.
    bias: bool,
}

impl ConvTranspose {
    /// Computes the tables.
    pub fn new(op: &ops::ConvTranspose2d, input: &Shape, output: &Shape) -> Self {
        let conv = Conv2d {
            in_channels: op.out_channels,
            out_channels: op.in_channels,
            kernel: op.kernel,
            stride: op.stride,
            padding: op.padding,
            dilation: op.dilation,
            groups: op.groups,
            bias: false,
        };
        Self { conv: Convolution::new(&conv, output, input).untiled(), bias: op.bias }
    }

    /// Whether this number of images is computed phase by phase.
    #[cfg(test)]
    pub fn is_phased(&self, images: usize) -> bool {
        self.conv.phased(images).is_some()
    }

    /// The gradient of the output in its frame, as [`Layer::param_grads`] stored it.
    fn framed<'a>(&self, dy: &'a [f32], scratch: &'a [f32]) -> &'a [f32] {
        if self.conv.frame.is_plain() { dy } else { scratch }
    }
}

impl Layer for ConvTranspose {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        if let Some(phased) = self.conv.phased(images) {
            // The maxima of one channel.
            let [output, input] = [self.conv.slide.input_len() * images, self.conv.slide.output_len() * images];
            return [0, phased.spare(images, backward).max(input).max(if backward { output } else { 0 })];
        }
        [if backward { self.conv.framed() * images } else { 0 }, self.conv.back_scratch() * images]
    }

    /// The limits of the input, and of the gradient of the output.
    fn keeps(&self, images: usize) -> usize {
        if self.conv.is_fast(images) { 2 * bounds::kept(images) } else { 0 }
    }

    fn takes_activation(&self) -> bool {
        true
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        if let Some(phased) = self.conv.phased(at.images()) {
            let (images, x, params) = (at.images(), at.x(0), at.params);
            bounds::find(self.conv.outputs, images, x, at.spare, at.kept);
            let begin = if self.bias { Begin::Bias(&params[1]) } else { Begin::Zero };
            let [limits, _] = bounds::both(images, at.kept);
            return phased.scatter(Pass { images, weight: &params[0], begin, limits }, x, y, at.spare);
        }
        if self.bias {
            let channel = y.len() / at.params[1].len();
            y.chunks_exact_mut(channel).zip(&at.params[1]).for_each(|(y, &bias)| y.fill(bias));
        }
        conv2d::input_grad(&self.conv, at.images(), &at.params[0], at.x(0), y, self.bias, at.spare);
    }

    fn param_grads(&self, at: &mut Site, dy: &[f32], grads: &mut [Vec<f32>], add: bool) {
        // The input and the output of the convolution; the layer's input is the gradient of the latter.
        if let Some(phased) = self.conv.phased(at.images()) {
            conv2d::bound_grad(&self.conv, self.conv.inputs, dy, at);
            let [input, gradient] = bounds::both(at.images(), at.kept);
            phased.weight_grads(at.images(), [dy, at.x(0)], [gradient, input], &mut grads[0], add, at.spare);
        } else {
            conv2d::framed(&self.conv, at.images(), dy, at.scratch);
            let held = Held { images: at.images(), x: dy, dy: at.x(0), scratch: at.scratch, kept: &[] };
            conv2d::weight_rows(&self.conv, held, 0, &mut grads[0], add);
        }
        if self.bias {
            reduce::stretches(dy, &mut grads[1], add);
        }
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        if let Some(phased) = self.conv.phased(at.images()) {
            let begin = if add { Begin::Sum } else { Begin::Zero };
            let [_, limits] = bounds::both(at.images(), at.kept);
            return phased.gather(Pass { images: at.images(), weight: &at.params[0], begin, limits }, dy, dx, at.spare);
        }
        conv2d::forward(&self.conv, at.images(), &at.params[0], None, self.framed(dy, at.scratch), dx, add);
    }
}

impl Runnable for ops::ConvTranspose2d {
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
        Ok(Arc::new(ConvTranspose::new(self, at.input(), at.output())))
    }

    fn transforms(&self) -> bool {
        Phased::suits(reversed(self), self.groups, [self.in_channels, self.out_channels])
    }

    fn framed<'a>(&self, input: &'a Shape, output: &'a Shape) -> Option<Framed<'a>> {
        Some(Framed { window: reversed(self), large: output, small: input, channels: self.out_channels })
    }
}

/// The window of the convolution that it transposes.
fn reversed(op: &ops::ConvTranspose2d) -> Window {
    Window { kernel: op.kernel, stride: op.stride, padding: op.padding, dilation: op.dilation, ceil: false }
}

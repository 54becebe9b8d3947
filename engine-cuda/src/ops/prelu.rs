//! `PReLU`: one slope, or one for each channel.

use layercake_ir::Shape;

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel};

use super::{Operation, threads};

#[derive(Clone, Copy, Debug)]
pub struct Prelu {
    channels: usize,
    /// Elements of a channel, in a sample.
    len: usize,
}

impl Prelu {
    pub fn new(parameters: usize, input: &Shape) -> Self {
        Self { channels: parameters, len: input.len() / parameters }
    }

    fn sizes(&self) -> [Arg; 2] {
        [int(self.channels), int(self.len)]
    }
}

impl Operation for Prelu {
    fn forward(&mut self, at: &mut At) {
        let body = include_str!("../kernels/prelu_forward.cu");
        let kernel =
            Kernel::new("prelu_forward", "const float *x, const float *slopes, float *out, int n, int channels, int len", &at.act(), body);
        let args = [&[at.x(0), at.param(0), at.y(0), int(at.len())][..], &self.sizes()].concat();
        at.each(kernel, at.len(), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let signature = "const float *x, const float *g, const float *y, float *slopes, int batch, int channels, int len";
        let kernel = Kernel::new("prelu_slope_grad", signature, &at.pull(), include_str!("../kernels/prelu_slope_grad.cu"));
        let args = [&[at.x(0), g, y, at.param_grad(0), int(at.batch())][..], &self.sizes()].concat();
        at.launch(kernel, [self.channels, 1, 1], threads(at.batch() * self.len), args);
        let Some([dx, add]) = at.dx(0) else { return };
        let signature =
            "const float *x, const float *g, const float *y, const float *slopes, float *dx, int add, int n, int channels, int len";
        let kernel = Kernel::new("prelu_backward", signature, &at.pull(), include_str!("../kernels/prelu_backward.cu"));
        let args = [&[at.x(0), g, y, at.param(0), dx, add, int(at.len())][..], &self.sizes()].concat();
        at.each(kernel, at.len(), args);
    }
}

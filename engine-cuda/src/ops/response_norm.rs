//! `LocalResponseNorm`: each element by the squares of its neighbors in other channels.

use layercake_ir::{Shape, ops};

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel, Place};

use super::Operation;

pub struct ResponseNorm {
    op: ops::LocalResponseNorm,
    channels: usize,
    /// Elements of a channel, in a sample.
    len: usize,
    /// What is raised to the power, for each element.
    bases: Arg,
}

const OPTIONS: &str = "int size, float alpha, float beta, int channels, int len, int n";

impl ResponseNorm {
    pub fn new(op: &ops::LocalResponseNorm, input: &Shape) -> Self {
        let (channels, len) = (input.dim(0), input.len() / input.dim(0));
        Self { op: *op, channels, len, bases: Arg::At(Place::Nowhere) }
    }

    /// The factor of the squares, and the sizes.
    fn args(&self, n: usize) -> [Arg; 6] {
        let alpha = self.op.alpha / self.op.size as f64;
        // Beyond all channels there is nothing.
        let size = self.op.size.min(2 * self.channels + 1);
        [int(size), Arg::Float(alpha as f32), Arg::Float(self.op.beta as f32), int(self.channels), int(self.len), int(n)]
    }
}

impl Operation for ResponseNorm {
    fn forward(&mut self, at: &mut At) {
        if at.is_recorded() {
            self.bases = at.buffer(at.len());
        }
        let signature = format!("const float *x, float *out, float *bases, float k, {OPTIONS}");
        let kernel = Kernel::new("response_norm_forward", &signature, &at.act(), include_str!("../kernels/response_norm_forward.cu"));
        let args = [&[at.x(0), at.y(0), self.bases, Arg::Float(self.op.k as f32)][..], &self.args(at.len())].concat();
        at.each(kernel, at.len(), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let Some([dx, add]) = at.dx(0) else { return };
        let signature = format!("const float *x, const float *bases, const float *g, const float *y, float *dx, int add, {OPTIONS}");
        let kernel = Kernel::new("response_norm_backward", &signature, &at.pull(), include_str!("../kernels/response_norm_backward.cu"));
        let args = [&[at.x(0), self.bases, g, y, dx, add][..], &self.args(at.len())].concat();
        at.each(kernel, at.len(), args);
    }
}

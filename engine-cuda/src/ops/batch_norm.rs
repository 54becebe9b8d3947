//! Batch normalization: the statistics of each channel by one block, and a launch for all elements.

use layercake_ir::Shape;

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel, Place};

use super::Operation;

pub struct BatchNorm {
    eps: f32,
    momentum: f32,
    affine: bool,
    channels: usize,
    /// Elements of a channel, in a sample.
    len: usize,
    /// The statistics by which the forward pass has normalized: the mean, and the inverse deviation or the running variance.
    by: Option<[Arg; 2]>,
}

const NOWHERE: Arg = Arg::At(Place::Nowhere);
const TEXT: &str = include_str!("../kernels/batch_norm.cuh");
const THREADS: usize = 256;

impl BatchNorm {
    pub fn new(eps: f64, momentum: f64, affine: bool, input: &Shape) -> Self {
        let (channels, len) = (input.dim(0), input.len() / input.dim(0));
        Self { eps: eps as f32, momentum: momentum as f32, affine, channels, len, by: None }
    }

    /// Weight and bias.
    fn affine(&self, at: &At) -> [Arg; 2] {
        if self.affine { [at.param(0), at.param(1)] } else { [NOWHERE; 2] }
    }

    fn sizes(&self, at: &At) -> [Arg; 4] {
        [int(at.batch()), int(self.channels), int(self.len), Arg::Float(self.eps)]
    }

    /// Statistics of the batch, and running ones that follow them.
    fn statistics(&self, at: &mut At) -> [Arg; 2] {
        let first = if self.affine { 2 } else { 0 };
        let old = [0, 1].map(|i| at.statistic(first + i));
        let new = [0, 1].map(|i| at.update(first + i, self.channels));
        let by = [0; 2].map(|_| at.buffer(self.channels));
        let signature = "const float *x, const float *old_mean, const float *old_var, float *new_mean, float *new_var, float *mean, \
                         float *deviation, float momentum, int batch, int channels, int len, float eps";
        let kernel = Kernel::new("batch_norm_statistics", signature, "", include_str!("../kernels/batch_norm_statistics.cu"));
        let args = [&[at.x(0)], &old[..], &new, &by, &[Arg::Float(self.momentum)], &self.sizes(at)].concat();
        at.launch(kernel, [self.channels, 1, 1], THREADS, args);
        by
    }

    fn head(&self, at: &At) -> String {
        format!("#define RUNNING {}\n{TEXT}", u8::from(!at.trains()))
    }
}

/// Batch normalization by the running statistics, in the launch before it.
#[derive(Clone, Copy, Debug)]
pub struct Norm {
    /// The index of the node's first tensor.
    pub first_param: usize,
    pub affine: bool,
    pub eps: f64,
}

impl Norm {
    /// Behind the other parameters of a launch.
    pub const SIGNATURE: &str = ", const float *mean, const float *variance, const float *norm_weight, const float *norm_bias, float eps";
    /// `NORMED(x, channel)`, as `batch_norm.cuh` has it.
    pub const HEAD: &str = "#define NORMED(x, channel) \\
    (((x) - mean[channel]) * (1.0f / sqrtf(variance[channel] + eps)) * (norm_weight ? norm_weight[channel] : 1.0f) + \\
        (norm_bias ? norm_bias[channel] : 0.0f))
";

    /// The arguments for [`Norm::SIGNATURE`].
    pub fn args(&self) -> Vec<Arg> {
        let tensor = |i: usize| Arg::At(Place::Param(self.first_param + i));
        let places = if self.affine { [2, 3, 0, 1].map(tensor) } else { [tensor(0), tensor(1), NOWHERE, NOWHERE] };
        places.into_iter().chain([Arg::Float(self.eps as f32)]).collect()
    }
}

impl Operation for BatchNorm {
    fn forward(&mut self, at: &mut At) {
        let first = if self.affine { 2 } else { 0 };
        let by = if at.trains() { self.statistics(at) } else { [0, 1].map(|i| at.statistic(first + i)) };
        self.by = Some(by);
        let signature = "const float *x, const float *mean, const float *scale, const float *weight, const float *bias, float *out, int n, \
                         int batch, int channels, int len, float eps";
        let head = format!("{}{}", self.head(at), at.act());
        let kernel = Kernel::new("batch_norm_forward", signature, &head, include_str!("../kernels/batch_norm_forward.cu"));
        let args = [&[at.x(0)], &by[..], &self.affine(at), &[at.y(0), int(at.len())], &self.sizes(at)].concat();
        at.each(kernel, at.len(), args);
    }

    fn backward(&mut self, at: &mut At) {
        let (Some([g, y]), Some(by)) = (at.dy(0), self.by) else { return };
        let head = format!("{}{}", self.head(at), at.pull());
        let gradients = if self.affine { [at.param_grad(0), at.param_grad(1)] } else { [NOWHERE; 2] };
        let sums = at.buffer(2 * self.channels);
        if self.affine || at.trains() {
            let signature = "const float *x, const float *g, const float *y, const float *mean, const float *scale, float *weight_grad, \
                             float *bias_grad, float *sums, int batch, int channels, int len, float eps";
            let kernel = Kernel::new("batch_norm_sums", signature, &head, include_str!("../kernels/batch_norm_sums.cu"));
            let args = [&[at.x(0), g, y], &by[..], &gradients, &[sums], &self.sizes(at)].concat();
            at.launch(kernel, [self.channels, 1, 1], THREADS, args);
        }
        let Some([dx, add]) = at.dx(0) else { return };
        let signature = "const float *x, const float *g, const float *y, const float *mean, const float *scale, const float *weight, \
                         const float *sums, float *dx, int add, int n, int batch, int channels, int len, float eps";
        let kernel = Kernel::new("batch_norm_backward", signature, &head, include_str!("../kernels/batch_norm_backward.cu"));
        let x = if at.trains() { at.x(0) } else { NOWHERE };
        let sums = if at.trains() { sums } else { NOWHERE };
        let args = [&[x, g, y], &by[..], &[self.affine(at)[0], sums, dx, add, int(at.len())], &self.sizes(at)].concat();
        at.each(kernel, at.len(), args);
    }
}

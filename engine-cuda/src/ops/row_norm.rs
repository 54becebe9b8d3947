//! Normalizations within a sample: of its last axes, or of groups of channels. One block for each row of elements that are normalized together.

use layercake_ir::Shape;

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel, Place};

use super::{Operation, threads};

pub struct RowNorm {
    eps: f32,
    /// Whether the mean is subtracted.
    centered: bool,
    /// The tensors: weight and bias, a weight, or none.
    tensors: usize,
    /// Elements of a row.
    len: usize,
    /// Rows of a sample; each has `channels` weights, and each weight `span` elements.
    groups: usize,
    channels: usize,
    span: usize,
    /// The mean and the inverse deviation of each row.
    by: Option<[Arg; 2]>,
}

const NOWHERE: Arg = Arg::At(Place::Nowhere);
const SIZES: &str = "int len, int groups, int channels, int span";
const TEXT: &str = include_str!("../kernels/row_norm.cuh");

impl RowNorm {
    /// Of the last axes, with a weight for each element.
    pub fn of_last(sizes: &[usize], eps: f64, centered: bool, tensors: usize) -> Self {
        let len = sizes.iter().product();
        Self { eps: eps as f32, centered, tensors, len, groups: 1, channels: len, span: 1, by: None }
    }

    /// Of groups of channels, with a weight for each channel.
    pub fn of_groups(groups: usize, eps: f64, affine: bool, input: &Shape) -> Self {
        let (channels, span) = (input.dim(0) / groups, input.len() / input.dim(0));
        Self {
            eps: eps as f32,
            centered: true,
            tensors: if affine { 2 } else { 0 },
            len: channels * span,
            groups,
            channels,
            span,
            by: None,
        }
    }

    fn tensor(&self, at: &At, tensor: usize) -> Arg {
        if tensor < self.tensors { at.param(tensor) } else { NOWHERE }
    }

    fn sizes(&self) -> [Arg; 4] {
        [self.len, self.groups, self.channels, self.span].map(int)
    }

    fn head(&self, more: String) -> String {
        format!("#define CENTERED {}\n{more}{TEXT}", u8::from(self.centered))
    }
}

impl Operation for RowNorm {
    fn forward(&mut self, at: &mut At) {
        let rows = at.len() / self.len;
        let by = if at.is_recorded() { [0; 2].map(|_| at.buffer(rows)) } else { [NOWHERE; 2] };
        self.by = Some(by);
        let signature = format!(
            "const float *x, const float *weight, const float *bias, float *out, float *mean, float *deviation, float eps, {SIZES}"
        );
        let kernel = Kernel::new("row_norm_forward", &signature, &self.head(at.act()), include_str!("../kernels/row_norm_forward.cu"));
        let args = [&[at.x(0), self.tensor(at, 0), self.tensor(at, 1), at.y(0)][..], &by, &[Arg::Float(self.eps)], &self.sizes()].concat();
        at.launch(kernel, [rows, 1, 1], threads(self.len), args);
    }

    fn backward(&mut self, at: &mut At) {
        let (Some([g, y]), Some(by)) = (at.dy(0), self.by) else { return };
        let rows = at.len() / self.len;
        let head = self.head(at.pull());
        if self.tensors > 0 {
            let signature = format!(
                "const float *x, const float *g, const float *y, const float *mean, const float *deviation, float *weight, float *bias, int rows, {SIZES}"
            );
            let kernel = Kernel::new("row_norm_weight_grad", &signature, &head, include_str!("../kernels/row_norm_weight_grad.cu"));
            let bias = if self.tensors > 1 { at.param_grad(1) } else { NOWHERE };
            let args = [&[at.x(0), g, y][..], &by, &[at.param_grad(0), bias, int(rows)], &self.sizes()].concat();
            let each = rows / self.groups * self.span;
            at.launch(kernel, [self.groups * self.channels, 1, 1], threads(each), args);
        }
        let Some([dx, add]) = at.dx(0) else { return };
        let signature = format!(
            "const float *x, const float *g, const float *y, const float *mean, const float *deviation, const float *weight, float *dx, int add, {SIZES}"
        );
        let kernel = Kernel::new("row_norm_backward", &signature, &head, include_str!("../kernels/row_norm_backward.cu"));
        let args = [&[at.x(0), g, y][..], &by, &[self.tensor(at, 0), dx, add], &self.sizes()].concat();
        at.launch(kernel, [rows, 1, 1], threads(self.len), args);
    }
}

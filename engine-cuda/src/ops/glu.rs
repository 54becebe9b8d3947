//! `GLU`: the first half along an axis times the logistic function of the second.

use layercake_ir::Shape;

use crate::emit::{At, int};
use crate::kernel::Kernel;

use super::Operation;

#[derive(Clone, Copy, Debug)]
pub struct Glu {
    /// Elements of a half that follow one another.
    half: usize,
}

impl Glu {
    pub fn new(axis: usize, input: &Shape) -> Self {
        Self { half: input.dims()[axis..].iter().product::<usize>() / 2 }
    }
}

impl Operation for Glu {
    fn forward(&mut self, at: &mut At) {
        let body = include_str!("../kernels/glu_forward.cu");
        let kernel = Kernel::new("glu_forward", "const float *x, float *out, int half, int n", &at.act(), body);
        let args = [at.x(0), at.y(0), int(self.half), int(at.len())];
        at.each(kernel, at.len(), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let Some([dx, add]) = at.dx(0) else { return };
        let signature = "const float *x, const float *g, const float *y, float *dx, int add, int half, int n";
        let kernel = Kernel::new("glu_backward", signature, &at.pull(), include_str!("../kernels/glu_backward.cu"));
        let args = [at.x(0), g, y, dx, add, int(self.half), int(at.len())];
        at.each(kernel, at.len(), args);
    }
}

//! `Parameter`: a tensor as a value, the same for each sample.

use crate::emit::{At, int};
use crate::kernel::Kernel;

use super::Operation;

pub struct Parameter;

impl Operation for Parameter {
    fn forward(&mut self, at: &mut At) {
        let body = "extern \"C\" __global__ void KERNEL(SIGNATURE) {\n    FOR_EACH(i, n)\n    out[i] = ACT(tensor[i % len]);\n}\n";
        let kernel = Kernel::new("parameter_forward", "const float *tensor, float *out, int len, int n", &at.act(), body);
        let args = [at.param(0), at.y(0), int(at.output(0).len()), int(at.len())];
        at.each(kernel, at.len(), args);
    }

    /// The input only tells the size of the batch.
    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let signature = "const float *g, const float *y, float *tensor, int batch, int n";
        let kernel = Kernel::new("parameter_backward", signature, &at.pull(), include_str!("../kernels/parameter_backward.cu"));
        let n = at.output(0).len();
        at.each(kernel, n, [g, y, at.param_grad(0), int(at.batch()), int(n)]);
    }
}

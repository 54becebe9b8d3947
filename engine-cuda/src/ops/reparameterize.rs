//! `Reparameterize` in training: the mean plus noise times the deviation. In inference it is another name for the mean.

use crate::emit::{At, int};
use crate::kernel::Kernel;

use super::Operation;

#[derive(Clone, Copy, Debug)]
pub struct Reparameterize {
    /// The node's index, on which the noise depends.
    pub node: usize,
}

const TEXT: &str = include_str!("../kernels/normal.cuh");

impl Operation for Reparameterize {
    fn forward(&mut self, at: &mut At) {
        let head = format!("{TEXT}{}", at.act());
        let signature = "const float *mean, const float *logvar, float *out, int node, int n, unsigned long long seed";
        let kernel = Kernel::new("reparameterize_forward", signature, &head, include_str!("../kernels/reparameterize_forward.cu"));
        let args = [at.x(0), at.x(1), at.y(0), int(self.node), int(at.len()), crate::Arg::Seed];
        at.each(kernel, at.len(), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let none = [crate::Arg::At(crate::Place::Nowhere), crate::Arg::Int(0)];
        let [dmean, add_mean] = at.dx(0).unwrap_or(none);
        let [dlogvar, add_logvar] = at.dx(1).unwrap_or(none);
        let head = format!("{TEXT}{}", at.pull());
        let signature = "const float *logvar, const float *g, const float *y, float *dmean, int add_mean, float *dlogvar, int add_logvar, int node, \
                         int n, unsigned long long seed";
        let kernel = Kernel::new("reparameterize_backward", signature, &head, include_str!("../kernels/reparameterize_backward.cu"));
        let args = [at.x(1), g, y, dmean, add_mean, dlogvar, add_logvar, int(self.node), int(at.len()), crate::Arg::Seed];
        at.each(kernel, at.len(), args);
    }
}

//! Embeddings of token ids, which are integers of 32 bits on the device.

use layercake_ir::{INFER, ops};

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel};

use super::Operation;

#[derive(Clone, Copy, Debug)]
pub struct Embedding {
    rows: usize,
    features: usize,
    /// The row that gets no gradient; -1 if all get one.
    padding: i32,
}

impl Embedding {
    pub fn new(op: &ops::Embedding) -> Self {
        let padding = if op.padding_idx == INFER { -1 } else { i32::try_from(op.padding_idx).expect("a table has at most 2^30 rows") };
        Self { rows: op.num_embeddings, features: op.embedding_dim, padding }
    }
}

impl Operation for Embedding {
    fn forward(&mut self, at: &mut At) {
        let body = include_str!("../kernels/embedding_forward.cu");
        let kernel =
            Kernel::new("embedding_forward", "const int *ids, const float *table, float *out, int features, int n", &at.act(), body);
        let args = [at.x(0), at.param(0), at.y(0), int(self.features), int(at.len())];
        at.each(kernel, at.len(), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let body = include_str!("../kernels/embedding_backward.cu");
        let signature = "const int *ids, const float *g, const float *y, float *table, int count, int features, int padding, int n";
        let kernel = Kernel::new("embedding_backward", signature, &at.pull(), body);
        let n = self.rows * self.features;
        let args = [at.x(0), g, y, at.param_grad(0), int(at.len() / self.features), int(self.features), Arg::Int(self.padding), int(n)];
        at.each(kernel, n, args);
    }
}

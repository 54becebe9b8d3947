//! Weights whose elements are multiplied by a mask before they are used: a weight of its own, and a gradient that goes back through the mask.

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel, Place};

/// What each element `i` is multiplied by, as an expression in CUDA C, which may read the pass's `seed`.
pub struct Mask {
    pub factor: String,
    /// The number of elements.
    pub len: usize,
}

impl Mask {
    /// The weight times the mask, in a buffer.
    pub fn apply(&self, at: &mut At, weight: Arg) -> Arg {
        let masked = at.buffer(self.len);
        self.launch(at, "mask_weight", weight, masked, false);
        masked
    }

    /// A gradient of the masked weight, of zeros so far; none if the weight needs none.
    pub fn gradient(&self, at: &mut At) -> Arg {
        let gradient = at.buffer(self.len);
        at.zero(gradient, self.len);
        gradient
    }

    /// Adds the gradient of the masked weight to that of the weight.
    pub fn give(&self, at: &mut At, gradient: Arg, weight: Arg) {
        debug_assert!(weight != Arg::At(Place::Nowhere));
        self.launch(at, "mask_gradient", gradient, weight, true);
    }

    fn launch(&self, at: &mut At, name: &'static str, from: Arg, to: Arg, add: bool) {
        let body = format!(
            "extern \"C\" __global__ void KERNEL(SIGNATURE) {{\n    FOR_EACH(i, n)\n    const float factor = {};\n    GIVE(to[i], factor == 0.0f ? 0.0f : \
             from[i] * factor, add);\n}}\n",
            self.factor
        );
        let kernel = Kernel::new(name, "const float *from, float *to, int add, int n, unsigned long long seed", "", &body);
        at.each(kernel, self.len, [from, to, Arg::Int(add.into()), int(self.len), Arg::Seed]);
    }
}

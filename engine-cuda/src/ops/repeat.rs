//! Values that are repeated along axes: where the elements come from, and the gradient, which adds up the repetitions.

use layercake_ir::Shape;

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel};

use super::Operation;

/// The axes of the result, without the batch, and along which of them one element is repeated.
#[derive(Clone, Copy, Debug)]
pub struct Repeat {
    sizes: [usize; 5],
    repeats: [bool; 5],
}

impl Repeat {
    /// A value that is repeated to the shape of a result, along its axes of size 1.
    pub fn to(own: &Shape, result: &Shape) -> Self {
        let size = |shape: &Shape, axis: usize| shape.dims().get(axis).copied().unwrap_or(1);
        let sizes = std::array::from_fn(|axis| size(result, axis));
        Self { sizes, repeats: std::array::from_fn(|axis| size(own, axis) != sizes[axis]) }
    }

    /// Whether nothing is repeated.
    pub fn is_plain(&self) -> bool {
        !self.repeats.contains(&true)
    }

    /// Elements of a sample before they are repeated.
    pub fn len(&self) -> usize {
        (0..5).filter(|&axis| !self.repeats[axis]).map(|axis| self.sizes[axis]).product()
    }

    /// The index of the element that element `i` of the result repeats, in CUDA C.
    pub fn source(&self) -> String {
        if self.is_plain() {
            return "i".to_owned();
        }
        let (mut terms, mut step, mut own) = (Vec::new(), 1, 1);
        for axis in (0..5).rev() {
            if !self.repeats[axis] && self.sizes[axis] > 1 {
                terms.push(format!("i / {step} % {} * {own}", self.sizes[axis]));
                own *= self.sizes[axis];
            }
            step *= self.sizes[axis];
        }
        terms.push(format!("i / {step} * {own}"));
        terms.join(" + ")
    }

    /// Writes the gradient of what is repeated from that of the result: `g`, with the functions after the node as [`At::pull`] says.
    pub fn backward(&self, at: &mut At, [g, y]: [Arg; 2], [dx, add]: [Arg; 2], pull: &str) {
        let signature = "const float *g, const float *y, float *dx, int add, int n, int size1, int size2, int size3, int size4, int size5, int times1, \
                         int times2, int times3, int times4, int times5";
        let kernel = Kernel::new("repeat_backward", signature, pull, include_str!("../kernels/repeat_backward.cu"));
        let n = at.batch() * self.len();
        let own = (0..5).map(|axis| if self.repeats[axis] { 1 } else { self.sizes[axis] });
        let times = (0..5).map(|axis| if self.repeats[axis] { self.sizes[axis] } else { 1 });
        let args = [g, y, dx, add, int(n)].into_iter().chain(own.chain(times).map(int));
        at.each(kernel, n, args);
    }
}

/// Upsampling by repetition.
pub struct Upsample(Repeat);

impl Upsample {
    pub fn new(scale: [usize; 2], input: &Shape) -> Self {
        let [channels, height, width] = [0, 1, 2].map(|axis| input.dim(axis));
        let repeat = Repeat { sizes: [channels, height, scale[0], width, scale[1]], repeats: [false, false, true, false, true] };
        Self(repeat)
    }
}

impl Operation for Upsample {
    fn forward(&mut self, at: &mut At) {
        let body = format!(
            "extern \"C\" __global__ void KERNEL(SIGNATURE) {{\n    FOR_EACH(i, n)\n    out[i] = ACT(x[{}]);\n}}\n",
            self.0.source()
        );
        let kernel = Kernel::new("repeat_forward", "const float *x, float *out, int n", &at.act(), &body);
        let args = [at.x(0), at.y(0), int(at.len())];
        at.each(kernel, at.len(), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some(dy) = at.dy(0) else { return };
        let Some(dx) = at.dx(0) else { return };
        let pull = at.pull();
        self.0.backward(at, dy, dx, &pull);
    }
}

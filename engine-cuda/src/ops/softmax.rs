//! Softmax and its relatives along an axis: one block for each vector.

use layercake_ir::Shape;

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel};

use super::{Operation, threads};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    Plain,
    /// The logarithm.
    Log,
    /// Of the negated elements.
    Min,
}

#[derive(Clone, Copy, Debug)]
pub struct Softmax {
    form: Form,
    /// The length of a vector, and the distance of its elements.
    size: usize,
    step: usize,
}

impl Softmax {
    pub fn new(form: Form, axis: usize, input: &Shape) -> Self {
        Self { form, size: input.dim(axis), step: input.dims()[axis + 1..].iter().product() }
    }

    fn launch(&self, at: &mut At, name: &'static str, pointers: &str, body: &str, mut args: Vec<Arg>) {
        let (log, sign) = (u8::from(self.form == Form::Log), if self.form == Form::Min { "-" } else { "" });
        let head = format!("#define LOG {log}\n#define SIGN {sign}\n");
        let kernel = Kernel::new(name, &format!("{pointers}, int size, int step"), &head, body);
        args.extend([int(self.size), int(self.step)]);
        at.launch(kernel, [at.len() / self.size, 1, 1], threads(self.size), args);
    }
}

impl Operation for Softmax {
    /// Its backward pass reads its own output.
    fn takes_functions(&self) -> bool {
        false
    }

    fn forward(&mut self, at: &mut At) {
        let args = vec![at.x(0), at.y(0)];
        self.launch(at, "softmax_forward", "const float *x, float *out", include_str!("../kernels/softmax_forward.cu"), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, _]) = at.dy(0) else { return };
        let Some([dx, add]) = at.dx(0) else { return };
        let args = vec![at.y(0), g, dx, add];
        let pointers = "const float *y, const float *g, float *dx, int add";
        self.launch(at, "softmax_backward", pointers, include_str!("../kernels/softmax_backward.cu"), args);
    }
}

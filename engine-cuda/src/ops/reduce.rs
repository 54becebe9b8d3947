//! Mean, sum, maximum and minimum over neighboring axes.

use layercake_ir::ops::Sizes;
use layercake_ir::{Op, Shape};

use crate::emit::{At, int};
use crate::kernel::Kernel;

use super::{Operation, threads};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Mean,
    Sum,
    /// The maximum or the minimum: the largest element, or the largest negated one.
    Extreme(bool),
}

#[derive(Clone, Copy, Debug)]
pub struct Reduce {
    form: Form,
    /// The number of elements of each result, and the distance between them.
    size: usize,
    step: usize,
}

impl Reduce {
    /// None if it is another operation, or if other axes are between those that are reduced.
    pub fn new(op: &Op, input: &Shape) -> Option<Self> {
        let (form, axes): (Form, &Sizes) = match op {
            Op::Mean(op) => (Form::Mean, &op.axes),
            Op::Sum(op) => (Form::Sum, &op.axes),
            Op::Amax(op) => (Form::Extreme(false), &op.axes),
            Op::Amin(op) => (Form::Extreme(true), &op.axes),
            _ => return None,
        };
        let (first, last) = (axes.as_slice().iter().copied().min()?, axes.as_slice().iter().copied().max()?);
        let whole = (first..=last).all(|axis| axes.contains(axis) || input.dim(axis) == 1);
        let (size, step) = (input.dims()[first..=last].iter().product(), input.dims()[last + 1..].iter().product());
        whole.then_some(Self { form, size, step })
    }
}

impl Operation for Reduce {
    /// The gradient of an extreme reads the output.
    fn takes_functions(&self) -> bool {
        !matches!(self.form, Form::Extreme(_))
    }

    fn forward(&mut self, at: &mut At) {
        let (text, head) = match self.form {
            Form::Mean => (include_str!("../kernels/sum_forward.cu"), "#define SHARE / size\n"),
            Form::Sum => (include_str!("../kernels/sum_forward.cu"), "#define SHARE\n"),
            Form::Extreme(false) => (include_str!("../kernels/extreme_forward.cu"), "#define SIGN\n"),
            Form::Extreme(true) => (include_str!("../kernels/extreme_forward.cu"), "#define SIGN -\n"),
        };
        let kernel = Kernel::new("reduce_forward", "const float *x, float *out, int size, int step", &format!("{head}{}", at.act()), text);
        let args = [at.x(0), at.y(0), int(self.size), int(self.step)];
        at.launch(kernel, [at.len(), 1, 1], threads(self.size), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let Some([dx, add]) = at.dx(0) else { return };
        if let Form::Extreme(_) = self.form {
            let signature = "const float *x, const float *y, const float *g, float *dx, int add, int size, int step";
            let kernel = Kernel::new("extreme_backward", signature, "", include_str!("../kernels/extreme_backward.cu"));
            let args = [at.x(0), at.y(0), g, dx, add, int(self.size), int(self.step)];
            return at.launch(kernel, [at.len(), 1, 1], threads(self.size), args);
        }
        let share = if self.form == Form::Mean { "#define SHARE / size\n" } else { "#define SHARE\n" };
        let signature = "const float *g, const float *y, float *dx, int add, int n, int size, int step";
        let kernel = Kernel::new("sum_backward", signature, &format!("{share}{}", at.pull()), include_str!("../kernels/sum_backward.cu"));
        let n = at.len() * self.size;
        at.each(kernel, n, [g, y, dx, add, int(n), int(self.size), int(self.step)]);
    }
}

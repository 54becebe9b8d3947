//! Mean, sum, maximum and minimum over axes.

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

#[derive(Clone, Debug)]
pub struct Reduce {
    form: Form,
    /// The number of elements of each result, and the distance between them, if they are neighbors but for that.
    size: usize,
    step: usize,
    /// Where the elements are otherwise: definitions in CUDA C.
    places: Option<String>,
}

/// `BASE(o)`: the first element of result `o`. `OFFSET(j)`: how far its element `j` is behind it. `RESULT(i)`: the result of an element.
pub const NEIGHBORS: &str = "#define BASE(o) ((o) / step * size * step + (o) % step)
#define OFFSET(j) ((j) * step)
#define RESULT(i) ((i) / (size * step) * step + (i) % step)
";

impl Reduce {
    /// None if it is another operation.
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
        let step = input.dims()[last + 1..].iter().product();
        let size = (first..=last).filter(|&axis| axes.contains(axis)).map(|axis| input.dim(axis)).product();
        Some(Self { form, size, step, places: (!whole).then(|| places(axes, input)) })
    }

    fn places(&self) -> &str {
        self.places.as_deref().unwrap_or(NEIGHBORS)
    }
}

/// The definitions for axes that are not neighbors.
fn places(axes: &Sizes, input: &Shape) -> String {
    // An index that counts along some axes, the last one fastest, as a sum of the places along other strides.
    let terms = |name: &str, own: &dyn Fn(usize) -> bool, from: &[usize], to: &[usize]| {
        let each = (0..input.rank()).filter(|&axis| own(axis));
        each.map(|axis| format!(" + ({name}) / {} % {} * {}", from[axis], input.dim(axis), to[axis])).collect::<String>()
    };
    let strides = |own: &dyn Fn(usize) -> bool| -> Vec<usize> {
        (0..input.rank()).map(|axis| (axis + 1..input.rank()).filter(|&other| own(other)).map(|other| input.dim(other)).product()).collect()
    };
    let (kept, reduced) = (|axis: usize| !axes.contains(axis), |axis: usize| axes.contains(axis));
    let (whole, of_kept, of_reduced) = (strides(&|_| true), strides(&kept), strides(&reduced));
    let results: usize = (0..input.rank()).filter(|&axis| kept(axis)).map(|axis| input.dim(axis)).product();
    format!(
        "#define BASE(o) ((o) / {results} * {}{})\n#define OFFSET(j) (0{})\n#define RESULT(i) ((i) / {} * {results}{})\n",
        input.len(),
        terms("o", &kept, &of_kept, &whole),
        terms("j", &reduced, &of_reduced, &whole),
        input.len(),
        terms("i", &kept, &whole, &of_kept),
    )
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
        let kernel = Kernel::new(
            "reduce_forward",
            "const float *x, float *out, int size, int step",
            &format!("{}{head}{}", self.places(), at.act()),
            text,
        );
        let args = [at.x(0), at.y(0), int(self.size), int(self.step)];
        at.launch(kernel, [at.len(), 1, 1], threads(self.size), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let Some([dx, add]) = at.dx(0) else { return };
        if let Form::Extreme(_) = self.form {
            let signature = "const float *x, const float *y, const float *g, float *dx, int add, int size, int step";
            let kernel = Kernel::new("extreme_backward", signature, self.places(), include_str!("../kernels/extreme_backward.cu"));
            let args = [at.x(0), at.y(0), g, dx, add, int(self.size), int(self.step)];
            return at.launch(kernel, [at.len(), 1, 1], threads(self.size), args);
        }
        let share = if self.form == Form::Mean { "#define SHARE / size\n" } else { "#define SHARE\n" };
        let signature = "const float *g, const float *y, float *dx, int add, int n, int size, int step";
        let kernel = Kernel::new(
            "sum_backward",
            signature,
            &format!("{}{share}{}", self.places(), at.pull()),
            include_str!("../kernels/sum_backward.cu"),
        );
        let n = at.len() * self.size;
        at.each(kernel, n, [g, y, dx, add, int(n), int(self.size), int(self.step)]);
    }
}

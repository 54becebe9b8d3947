//! Products of the matrices in the last two axes of two values. Where the axes before them have a size of 1 in one of them, its matrices are repeated.

use layercake_ir::Shape;

use crate::emit::At;
use crate::kernel::{Arg, Place};

use super::affine::PLAIN;
use super::product::Product;
use super::repeat::Repeat;
use super::{Operation, is_counted};

#[derive(Clone, Copy, Debug)]
pub struct MatMul {
    /// Products of a sample.
    count: usize,
    rows: usize,
    depth: usize,
    cols: usize,
    /// Which matrix of each value a product takes.
    matrices: [Repeat; 2],
    /// How the elements of the values are repeated, if each product had its own.
    elements: [Repeat; 2],
}

/// Blocks along the third axis of a launch.
const MOST: usize = 65535;

impl MatMul {
    /// None if there are more products than a launch takes.
    pub fn new(a: &Shape, b: &Shape, result: &Shape, batch: usize) -> Option<Self> {
        let leads = result.rank() - 2;
        let ([rows, depth], cols) = ([a.dim(leads), a.dim(leads + 1)], b.dim(leads + 1));
        let lead = |shape: &Shape| Shape::new(&shape.dims()[..leads]);
        let whole = |of: [usize; 2]| Shape::new(&[&result.dims()[..leads], &of[..]].concat());
        let count = result.dims()[..leads].iter().product::<usize>();
        let all = batch.checked_mul(count)?;
        let fits = all <= MOST && is_counted(all.checked_mul(rows.max(cols).checked_mul(depth)?)?);
        fits.then(|| Self {
            count,
            rows,
            depth,
            cols,
            matrices: [a, b].map(|shape| Repeat::to(&lead(shape), &lead(result))),
            elements: [Repeat::to(a, &whole([rows, depth])), Repeat::to(b, &whole([depth, cols]))],
        })
    }

    fn product(&self, at: &At, name: &'static str, signature: &str, head: String, by_depth: [bool; 2], size: [usize; 3]) -> Product {
        Product { name, signature: signature.to_owned(), head, by_depth, size, parts: at.batch() * self.count }
    }

    /// `OF(z)`: the matrix of a value that product `z` takes.
    fn matrix(&self, name: &str, input: usize) -> String {
        format!("__device__ static int {name}(int i) {{ return {}; }}\n", self.matrices[input].source())
    }

    /// The gradient of a value: of a repeated one for each product first, and then `finish` adds up.
    fn gradient(&self, at: &mut At, input: usize) -> Option<([Arg; 2], impl FnOnce(&mut At) + use<>)> {
        let dx = at.dx(input)?;
        let repeat = self.elements[input];
        let len = at.batch() * self.count * if input == 0 { self.rows * self.depth } else { self.depth * self.cols };
        let written = if repeat.is_plain() { dx } else { [at.buffer(len), Arg::Int(0)] };
        Some((written, move |at: &mut At| {
            if !repeat.is_plain() {
                repeat.backward(at, [written[0], Arg::At(Place::Nowhere)], dx, PLAIN);
            }
        }))
    }
}

impl Operation for MatMul {
    fn forward(&mut self, at: &mut At) {
        let head = format!(
            "{}{}{}#define A(row, k) a[(matrix_a(z) * rows + (row)) * depth + (k)]
#define B(k, col) b[(matrix_b(z) * depth + (k)) * cols + (col)]
#define STORE(row, col, sum) out[(z * rows + (row)) * cols + (col)] = ACT(sum)
",
            self.matrix("matrix_a", 0),
            self.matrix("matrix_b", 1),
            at.act()
        );
        let signature = "const float *a, const float *b, float *out";
        let product = self.product(at, "matmul_forward", signature, head, [true, false], [self.rows, self.cols, self.depth]);
        let args: Vec<Arg> = vec![at.x(0), at.x(1), at.y(0)];
        product.launch(at, args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        // da = dy b^T: `depth` columns, summed over the columns of dy.
        if let Some(([dx, add], finish)) = self.gradient(at, 0) {
            let head = format!(
                "{}{}#define A(row, k) DY((z * rows + (row)) * depth + (k))
#define B(k, col) b[(matrix_b(z) * cols + (col)) * depth + (k)]
#define STORE(row, col, sum) GIVE(dx[(z * rows + (row)) * cols + (col)], sum, add)
",
                self.matrix("matrix_b", 1),
                at.pull()
            );
            let signature = "const float *b, const float *g, const float *y, float *dx, int add";
            let product = self.product(at, "matmul_left_grad", signature, head, [true, true], [self.rows, self.depth, self.cols]);
            let args = vec![at.x(1), g, y, dx, add];
            product.launch(at, args);
            finish(at);
        }
        // db = a^T dy.
        if let Some(([dx, add], finish)) = self.gradient(at, 1) {
            let head = format!(
                "{}{}#define A(row, k) a[(matrix_a(z) * depth + (k)) * rows + (row)]
#define B(k, col) DY((z * depth + (k)) * cols + (col))
#define STORE(row, col, sum) GIVE(dx[(z * rows + (row)) * cols + (col)], sum, add)
",
                self.matrix("matrix_a", 0),
                at.pull()
            );
            let signature = "const float *a, const float *g, const float *y, float *dx, int add";
            let product = self.product(at, "matmul_right_grad", signature, head, [false, false], [self.depth, self.cols, self.rows]);
            let args = vec![at.x(0), g, y, dx, add];
            product.launch(at, args);
            finish(at);
        }
    }
}

//! Products of the matrices in the last two axes of two values.

use layercake_ir::Shape;

use crate::emit::At;
use crate::kernel::Arg;

use super::Operation;
use super::product::Product;

#[derive(Clone, Copy, Debug)]
pub struct MatMul {
    /// Matrices of a sample.
    count: usize,
    rows: usize,
    depth: usize,
    cols: usize,
}

/// Blocks along the third axis of a launch.
const MOST: usize = 65535;

impl MatMul {
    /// None if matrices are repeated, or if there are more than a launch takes.
    pub fn new(a: &Shape, b: &Shape, batch: usize) -> Option<Self> {
        let leads = a.rank() - 2;
        let count = a.dims()[..leads].iter().product::<usize>();
        let fits = b.rank() == a.rank() && a.dims()[..leads] == b.dims()[..leads] && batch * count <= MOST;
        fits.then(|| Self { count, rows: a.dim(leads), depth: a.dim(leads + 1), cols: b.dim(leads + 1) })
    }

    fn product(&self, at: &At, name: &'static str, signature: &str, head: String, by_depth: [bool; 2], size: [usize; 3]) -> Product {
        Product { name, signature: signature.to_owned(), head, by_depth, size, parts: at.batch() * self.count }
    }
}

impl Operation for MatMul {
    fn forward(&mut self, at: &mut At) {
        let head = format!(
            "{}#define A(row, k) a[(z * rows + (row)) * depth + (k)]
#define B(k, col) b[(z * depth + (k)) * cols + (col)]
#define STORE(row, col, sum) out[(z * rows + (row)) * cols + (col)] = ACT(sum)
",
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
        if let Some([dx, add]) = at.dx(0) {
            let head = format!(
                "{}#define A(row, k) DY((z * rows + (row)) * depth + (k))
#define B(k, col) b[(z * cols + (col)) * depth + (k)]
#define STORE(row, col, sum) GIVE(dx[(z * rows + (row)) * cols + (col)], sum, add)
",
                at.pull()
            );
            let signature = "const float *b, const float *g, const float *y, float *dx, int add";
            let product = self.product(at, "matmul_left_grad", signature, head, [true, true], [self.rows, self.depth, self.cols]);
            let args = vec![at.x(1), g, y, dx, add];
            product.launch(at, args);
        }
        // db = a^T dy.
        if let Some([dx, add]) = at.dx(1) {
            let head = format!(
                "{}#define A(row, k) a[(z * depth + (k)) * rows + (row)]
#define B(k, col) DY((z * depth + (k)) * cols + (col))
#define STORE(row, col, sum) GIVE(dx[(z * rows + (row)) * cols + (col)], sum, add)
",
                at.pull()
            );
            let signature = "const float *a, const float *g, const float *y, float *dx, int add";
            let product = self.product(at, "matmul_right_grad", signature, head, [false, false], [self.depth, self.cols, self.rows]);
            let args = vec![at.x(0), g, y, dx, add];
            product.launch(at, args);
        }
    }
}

//! The products of a linear layer: vectors times a weight `[out, in]`, and their gradients.

use crate::emit::At;
use crate::kernel::{Arg, Place};

use super::product::{Product, WeightGrad};

/// The sizes: so many vectors, and their features before and after.
#[derive(Clone, Copy, Debug)]
pub struct Affine {
    pub vectors: usize,
    pub inputs: usize,
    pub outputs: usize,
}

/// A gradient as it is written by others.
pub const PLAIN: &str = "#define DY(i) g[i]\n";
/// No function after the product.
pub const ALONE: &str = "#define ACT(x) (x)\n";

impl Affine {
    /// `out = ACT(x weight^T + bias)`, with `ACT` as `act` defines it.
    pub fn forward(self, at: &mut At, [x, weight, bias, out]: [Arg; 4], act: &str) {
        let product = Product {
            name: "linear_forward",
            signature: "const float *x, const float *weight, const float *bias, float *out".to_owned(),
            head: format!(
                "{act}#define A(row, k) x[(row) * depth + (k)]
#define B(k, col) weight[(col) * depth + (k)]
#define STORE(row, col, sum) out[(row) * cols + (col)] = ACT((sum) + (bias ? bias[col] : 0.0f))
"
            ),
            by_depth: [true, true],
            size: [self.vectors, self.outputs, self.inputs],
            parts: 1,
        };
        product.launch(at, vec![x, weight, bias, out]);
    }

    /// Adds to the gradients of the weight and of the bias, which may be nowhere. `DY(i)` of `g` and `y` is as `pull` defines it.
    pub fn weight_grad(self, at: &mut At, x: Arg, [g, y]: [Arg; 2], [weight, bias]: [Arg; 2], pull: &str) {
        let biased = bias != Arg::At(Place::Nowhere);
        let product = Product {
            name: "linear_weight_grad",
            signature: "const float *x, const float *g, const float *y, float *weight, float *bias, int width, int parts".to_owned(),
            head: format!(
                "{pull}#define A(row, k) DY((k) * rows + (row))
#define B(k, col) ((col) < width ? x[(k) * width + (col)] : 1.0f)
"
            ),
            by_depth: [false, false],
            size: [self.outputs, self.inputs + usize::from(biased), self.vectors],
            parts: 1,
        };
        WeightGrad { product, width: self.inputs, gradients: [weight, bias] }.launch(at, vec![x, g, y]);
    }

    /// The gradient of the vectors, by the gradient of the results.
    pub fn input_grad(self, at: &mut At, weight: Arg, [g, y]: [Arg; 2], [dx, add]: [Arg; 2], pull: &str) {
        let product = Product {
            name: "linear_input_grad",
            signature: "const float *weight, const float *g, const float *y, float *dx, int add".to_owned(),
            head: format!(
                "{pull}#define A(row, k) DY((row) * depth + (k))
#define B(k, col) weight[(k) * cols + (col)]
#define STORE(row, col, sum) GIVE(dx[(row) * cols + (col)], sum, add)
"
            ),
            by_depth: [true, false],
            size: [self.vectors, self.inputs, self.outputs],
            parts: 1,
        };
        product.launch(at, vec![weight, g, y, dx, add]);
    }
}

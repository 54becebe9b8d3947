//! Linear layers: products of all vectors of the batch with the weight `[out, in]`.

use layercake_ir::{Shape, ops};

use crate::emit::At;
use crate::kernel::{Arg, Place};

use super::Operation;
use super::product::{Product, WeightGrad};

#[derive(Clone, Copy, Debug)]
pub struct Linear {
    /// Vectors of a sample.
    vectors: usize,
    inputs: usize,
    outputs: usize,
    bias: bool,
}

impl Linear {
    pub fn new(op: &ops::Linear, input: &Shape) -> Self {
        Self { vectors: input.len() / op.in_features, inputs: op.in_features, outputs: op.out_features, bias: op.bias }
    }
}

impl Operation for Linear {
    fn forward(&mut self, at: &mut At) {
        let product = Product {
            name: "linear_forward",
            signature: "const float *x, const float *weight, const float *bias, float *out".to_owned(),
            head: format!(
                "{}#define A(row, k) x[(row) * depth + (k)]
#define B(k, col) weight[(col) * depth + (k)]
#define STORE(row, col, sum) out[(row) * cols + (col)] = ACT((sum) + (bias ? bias[col] : 0.0f))
",
                at.act()
            ),
            by_depth: [true, true],
            size: [at.batch() * self.vectors, self.outputs, self.inputs],
            parts: 1,
        };
        let bias = if self.bias { at.param(1) } else { Arg::At(Place::Nowhere) };
        let args = vec![at.x(0), at.param(0), bias, at.y(0)];
        product.launch(at, args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let all = at.batch() * self.vectors;
        let weight = WeightGrad {
            product: Product {
                name: "linear_weight_grad",
                signature: "const float *x, const float *g, const float *y, float *weight, float *bias, int width, int parts".to_owned(),
                head: format!(
                    "{}#define A(row, k) DY((k) * rows + (row))
#define B(k, col) ((col) < width ? x[(k) * width + (col)] : 1.0f)
",
                    at.pull()
                ),
                by_depth: [false, false],
                size: [self.outputs, self.inputs + usize::from(self.bias), all],
                parts: 1,
            },
            width: self.inputs,
        };
        let x = at.x(0);
        weight.launch(at, vec![x, g, y]);
        let Some([dx, add]) = at.dx(0) else { return };
        let product = Product {
            name: "linear_input_grad",
            signature: "const float *weight, const float *g, const float *y, float *dx, int add".to_owned(),
            head: format!(
                "{}#define A(row, k) DY((row) * depth + (k))
#define B(k, col) weight[(k) * cols + (col)]
#define STORE(row, col, sum) GIVE(dx[(row) * cols + (col)], sum, add)
",
                at.pull()
            ),
            by_depth: [true, false],
            size: [all, self.inputs, self.outputs],
            parts: 1,
        };
        product.launch(at, vec![at.param(0), g, y, dx, add]);
    }
}

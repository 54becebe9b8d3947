//! Attention with the weights of all heads in memory, `[batch, heads, length, steps]`: of heads that have more features than tiles hold.

use crate::emit::{At, int};
use crate::function::number;
use crate::kernel::{Arg, Kernel};

use super::super::product::Product;
use super::super::threads;
use super::{Attention, NOWHERE};

impl Attention {
    /// A product for each head.
    fn product(&self, name: &'static str, signature: &str, head: String, by_depth: [bool; 2], size: [usize; 3]) -> Product {
        let signature = format!("{signature}, int heads, int features, int size, unsigned long long seed");
        let dropped = match self.dropout {
            0.0 => "#define DROPPED(value, i) (value)\n".to_owned(),
            p => format!(
                "#define DROPPED(value, i) (drawn(seed, {}ull, i) >> 11 >= {}ull ? (value) * {} : 0.0f)\n",
                self.node,
                (p * (1u64 << 53) as f64) as u64,
                number(1.0 / (1.0 - p))
            ),
        };
        let head = format!("{}{dropped}{head}", include_str!("../../kernels/attention.cuh"));
        Product { name, signature, head, by_depth, size, parts: self.heads() }
    }

    fn launch(&self, at: &mut At, product: Product, mut args: Vec<Arg>) {
        args.extend([int(self.op.heads), int(self.op.features), int(self.size()), Arg::Seed]);
        product.launch(at, args);
    }

    /// The softmax of each row of the weights, in place; or its gradient, in place.
    fn softmax(&self, at: &mut At, name: &'static str, signature: &str, body: &str, mut args: Vec<Arg>) {
        let kernel = Kernel::new(name, signature, "#define LOG 0\n#define SIGN\n", body);
        args.extend([int(self.steps), int(1)]);
        at.launch(kernel, [self.heads() * self.length, 1, 1], threads(self.steps), args);
    }

    /// From the projections to `mixed`. Returns the weights.
    pub fn forward_whole(&self, at: &mut At) -> Arg {
        let [queries, keys, values] = self.projections;
        let (length, steps, size) = (self.length, self.steps, self.size());
        let weights = at.buffer(self.heads() * length * steps);
        let causal = if self.op.causal { " + ((col) > (row) ? -1e30f : 0.0f)" } else { "" };
        let mask = if self.op.mask { " + mask[(IMAGE * rows + (row)) * cols + (col)]" } else { "" };
        let head = format!(
            "#define A(row, k) QUERY(queries, rows, row, k)
#define B(k, col) KEY(keys, cols, col, k)
#define STORE(row, col, sum) weights[(z * rows + (row)) * cols + (col)] = (sum) * {}{causal}{mask}
",
            self.scale()
        );
        let signature = "const float *queries, const float *keys, const float *mask, float *weights";
        let product = self.product("attention_scores", signature, head, [true, true], [length, steps, size]);
        let mask = self.mask().map_or(NOWHERE, |input| at.x(input));
        self.launch(at, product, vec![queries, keys, mask, weights]);

        let signature = "const float *x, float *out, int size, int step";
        self.softmax(at, "attention_softmax", signature, include_str!("../../kernels/softmax_forward.cu"), vec![weights, weights]);

        let head = "#define A(row, k) DROPPED(weights[(z * rows + (row)) * depth + (k)], (z * rows + (row)) * depth + (k))
#define B(k, col) VALUE(values, depth, k, col)
#define STORE(row, col, sum) MIXED(mixed, rows, row, col) = (sum)
";
        let signature = "const float *weights, const float *values, float *mixed";
        let product = self.product("attention_mixed", signature, head.to_owned(), [true, false], [length, size, steps]);
        self.launch(at, product, vec![weights, values, self.mixed]);
        weights
    }

    /// From the gradient of `mixed` to those of the projections, and of the mask.
    pub fn backward_whole(&self, at: &mut At, weights: Arg, dmixed: Arg, [dqueries, dkeys, dvalues]: [Arg; 3]) {
        let [queries, keys, values] = self.projections;
        let (length, steps, size) = (self.length, self.steps, self.size());
        let scores = at.buffer(self.heads() * length * steps);

        let head = "#define A(row, k) MIXED(dmixed, rows, row, k)
#define B(k, col) VALUE(values, cols, col, k)
#define STORE(row, col, sum) scores[(z * rows + (row)) * cols + (col)] = DROPPED(sum, (z * rows + (row)) * cols + (col))
";
        let product = self.product(
            "attention_weight_grad",
            "const float *dmixed, const float *values, float *scores",
            head.to_owned(),
            [true, true],
            [length, steps, size],
        );
        self.launch(at, product, vec![dmixed, values, scores]);

        let head = "#define A(row, k) DROPPED(weights[(z * depth + (k)) * rows + (row)], (z * depth + (k)) * rows + (row))
#define B(k, col) MIXED(dmixed, depth, k, col)
#define STORE(row, col, sum) VALUE(out, rows, row, col) = (sum)
";
        let signature = "const float *weights, const float *dmixed, float *out";
        let product = self.product("attention_value_grad", signature, head.to_owned(), [false, false], [steps, size, length]);
        self.launch(at, product, vec![weights, dmixed, dvalues]);

        let signature = "const float *y, const float *g, float *dx, int add, int size, int step";
        let args = vec![weights, scores, scores, Arg::Int(0)];
        self.softmax(at, "attention_softmax_backward", signature, include_str!("../../kernels/softmax_backward.cu"), args);
        if let Some([dmask, add]) = self.mask().and_then(|input| at.dx(input)) {
            let signature = "const float *scores, float *dmask, int add, int heads, int len, int n";
            let kernel = Kernel::new("attention_mask_grad", signature, "", include_str!("../../kernels/attention_mask_grad.cu"));
            let n = self.batch * length * steps;
            at.each(kernel, n, [scores, dmask, add, int(self.op.heads), int(length * steps), int(n)]);
        }

        let head = format!(
            "#define A(row, k) scores[(z * rows + (row)) * depth + (k)]
#define B(k, col) KEY(keys, depth, k, col)
#define STORE(row, col, sum) QUERY(out, rows, row, col) = (sum) * {}
",
            self.scale()
        );
        let product = self.product(
            "attention_query_grad",
            "const float *scores, const float *keys, float *out",
            head,
            [true, false],
            [length, size, steps],
        );
        self.launch(at, product, vec![scores, keys, dqueries]);
        let head = format!(
            "#define A(row, k) scores[(z * depth + (k)) * rows + (row)]
#define B(k, col) QUERY(queries, depth, k, col)
#define STORE(row, col, sum) KEY(out, rows, row, col) = (sum) * {}
",
            self.scale()
        );
        let product = self.product(
            "attention_key_grad",
            "const float *scores, const float *queries, float *out",
            head,
            [false, false],
            [steps, size, length],
        );
        self.launch(at, product, vec![scores, queries, dkeys]);
    }
}

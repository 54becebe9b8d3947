//! Multi-head attention. The weights of all heads are in memory: `[batch, heads, length, steps]`.

use layercake_engine::Mode;
use layercake_ir::{Shape, ops};

use crate::emit::{At, int};
use crate::function::number;
use crate::kernel::{Arg, Kernel, Place};
use crate::plan::Key;

use super::affine::{ALONE, Affine, PLAIN};
use super::product::Product;
use super::{Operation, is_counted, threads};

pub struct Attention {
    op: ops::MultiheadAttention,
    batch: usize,
    node: usize,
    /// The probability of dropping a weight.
    dropout: f64,
    /// Queries, and what they look at.
    length: usize,
    steps: usize,
    /// For queries, keys and values: the number of the input that is projected, and its projection.
    from: [usize; 3],
    projections: [Arg; 3],
    weights: Arg,
    mixed: Arg,
}

const NOWHERE: Arg = Arg::At(Place::Nowhere);
/// Blocks along the third axis of a launch.
const MOST: usize = 65535;

impl Attention {
    /// None if there are more heads than a launch takes, or more elements than are counted.
    pub fn new(op: &ops::MultiheadAttention, inputs: &[&Shape], node: usize, key: Key) -> Option<Self> {
        let (keys, length) = (usize::from(op.key), inputs[0].dim(0));
        let from = [0, keys, keys + usize::from(op.value)];
        let dropout = if key.mode == Mode::Train { op.dropout } else { 0.0 };
        let steps = inputs[keys].dim(0);
        let most = [key.batch, op.heads, length, steps].iter().try_fold(1usize, |all, &size| all.checked_mul(size))?;
        let projected = key.batch.checked_mul(length.max(steps))?.checked_mul(3 * op.features)?;
        (key.batch * op.heads <= MOST && is_counted(most) && is_counted(projected)).then_some(Self {
            op: *op,
            batch: key.batch,
            node,
            dropout,
            length,
            steps,
            from,
            projections: [NOWHERE; 3],
            weights: NOWHERE,
            mixed: NOWHERE,
        })
    }

    fn heads(&self) -> usize {
        self.batch * self.op.heads
    }

    fn size(&self) -> usize {
        self.op.features / self.op.heads
    }

    /// The number of the mask's input.
    fn mask(&self) -> Option<usize> {
        self.op.mask.then_some(self.from[2] + 1)
    }

    fn scale(&self) -> String {
        number(1.0 / (self.size() as f64).sqrt())
    }

    /// The projection to queries, keys and values at once.
    fn inward(&self, steps: usize) -> Affine {
        Affine { vectors: self.batch * steps, inputs: self.op.features, outputs: 3 * self.op.features }
    }

    fn outward(&self) -> Affine {
        Affine { vectors: self.batch * self.length, inputs: self.op.features, outputs: self.op.features }
    }

    /// The tensors: weight and bias inward, weight and bias outward.
    fn tensors(&self, of: impl Fn(usize) -> Arg) -> [[Arg; 2]; 2] {
        match self.op.bias {
            true => [[of(0), of(1)], [of(2), of(3)]],
            false => [[of(0), NOWHERE], [of(1), NOWHERE]],
        }
    }

    /// The inputs that are projected, each with its length.
    fn projected(&self) -> Vec<(usize, usize)> {
        let mut inputs: Vec<(usize, usize)> = vec![(0, self.length), (self.from[1], self.steps), (self.from[2], self.steps)];
        inputs.dedup_by_key(|(input, _)| *input);
        inputs
    }

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
        let head = format!("{}{dropped}{head}", include_str!("../kernels/attention.cuh"));
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
}

impl Operation for Attention {
    fn forward(&mut self, at: &mut At) {
        let [inward, outward] = self.tensors(|tensor| at.param(tensor));
        for (input, steps) in self.projected() {
            let (x, all) = (at.x(input), at.buffer(self.batch * steps * 3 * self.op.features));
            self.inward(steps).forward(at, [x, inward[0], inward[1], all], ALONE);
            (0..3).filter(|&part| self.from[part] == input).for_each(|part| self.projections[part] = all);
        }
        let [queries, keys, values] = self.projections;
        let (length, steps, size) = (self.length, self.steps, self.size());
        self.weights = at.buffer(self.heads() * length * steps);
        self.mixed = at.buffer(self.batch * length * self.op.features);

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
        self.launch(at, product, vec![queries, keys, mask, self.weights]);

        let signature = "const float *x, float *out, int size, int step";
        self.softmax(at, "attention_softmax", signature, include_str!("../kernels/softmax_forward.cu"), vec![self.weights, self.weights]);

        let head = "#define A(row, k) DROPPED(weights[(z * rows + (row)) * depth + (k)], (z * rows + (row)) * depth + (k))
#define B(k, col) VALUE(values, depth, k, col)
#define STORE(row, col, sum) MIXED(mixed, rows, row, col) = (sum)
";
        let signature = "const float *weights, const float *values, float *mixed";
        let product = self.product("attention_mixed", signature, head.to_owned(), [true, false], [length, size, steps]);
        self.launch(at, product, vec![self.weights, values, self.mixed]);
        let (y, act) = (at.y(0), at.act());
        self.outward().forward(at, [self.mixed, outward[0], outward[1], y], &act);
    }

    fn backward(&mut self, at: &mut At) {
        let Some(dy) = at.dy(0) else { return };
        let [_, outward] = self.tensors(|tensor| at.param(tensor));
        let [inward_grads, outward_grads] = self.tensors(|tensor| at.param_grad(tensor));
        let (length, steps, size, pull) = (self.length, self.steps, self.size(), at.pull());
        self.outward().weight_grad(at, self.mixed, dy, outward_grads, &pull);
        let dmixed = at.buffer(self.batch * length * self.op.features);
        self.outward().input_grad(at, outward[0], dy, [dmixed, Arg::Int(0)], &pull);

        // The gradients of the projections; of those to parts that are not asked for, zeros.
        let projected = self.projected();
        let gradients: Vec<Arg> = projected.iter().map(|&(_, steps)| at.buffer(self.batch * steps * 3 * self.op.features)).collect();
        if projected.len() > 1 {
            for (&gradient, &(_, steps)) in gradients.iter().zip(&projected) {
                at.zero(gradient, self.batch * steps * 3 * self.op.features);
            }
        }
        let of =
            |part: usize| gradients[projected.iter().position(|&(input, _)| input == self.from[part]).expect("each part is projected")];
        let [queries, keys, values] = self.projections;
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
        self.launch(at, product, vec![self.weights, dmixed, of(2)]);

        let signature = "const float *y, const float *g, float *dx, int add, int size, int step";
        let args = vec![self.weights, scores, scores, Arg::Int(0)];
        self.softmax(at, "attention_softmax_backward", signature, include_str!("../kernels/softmax_backward.cu"), args);
        if let Some([dmask, add]) = self.mask().and_then(|input| at.dx(input)) {
            let signature = "const float *scores, float *dmask, int add, int heads, int len, int n";
            let kernel = Kernel::new("attention_mask_grad", signature, "", include_str!("../kernels/attention_mask_grad.cu"));
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
        self.launch(at, product, vec![scores, keys, of(0)]);
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
        self.launch(at, product, vec![scores, queries, of(1)]);

        let weight = at.param(0);
        for (&gradient, &(input, steps)) in gradients.iter().zip(&projected) {
            let x = at.x(input);
            self.inward(steps).weight_grad(at, x, [gradient, NOWHERE], inward_grads, PLAIN);
            if let Some(dx) = at.dx(input) {
                self.inward(steps).input_grad(at, weight, [gradient, NOWHERE], dx, PLAIN);
            }
        }
    }
}

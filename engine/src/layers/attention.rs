//! `MultiheadAttention` on the buffers of a lane. Images are processed one by one, because each has its own matrix products: `[images,
//! length, features]`.

use std::sync::Arc;

use layercake_ir::{Shape, ops, ops::MultiheadAttention};

use super::{Held, Layer, Reads, Site, Weights, linear, linear::Dense};
use crate::{
    EngineError,
    kernels::{
        layout,
        product::{Every, Inner, Left, Outer, Start, inner, outer},
        softmax::{self, Axes},
    },
    plan::{At, Runnable},
    rng,
};

/// Self-attention with several heads.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    op: ops::MultiheadAttention,
    length: usize,
    /// The probability of dropping an attention weight; 0 outside training.
    dropout: f64,
}

/// The parts of the data kept for the backward pass, or of their gradients.
struct Parts<'a> {
    /// The input.
    x: &'a mut [f32],
    /// Queries, keys and values, `[images, length, 3, features]`.
    all: &'a mut [f32],
    /// The attention weights (the softmax), `[images, heads, length, length]`.
    seen: &'a mut [f32],
    /// The concatenated outputs of the heads, `[images, length, features]`.
    mixed: &'a mut [f32],
}

impl Attention {
    /// The layer for an input of this shape.
    pub fn new(op: &ops::MultiheadAttention, input: &Shape, train: bool) -> Self {
        Self { op: *op, length: input.dim(0), dropout: if train { op.dropout } else { 0.0 } }
    }

    /// The number of elements of each part.
    fn sizes(&self, images: usize) -> [usize; 4] {
        let value = self.length * self.op.features * images;
        [value, 3 * value, self.op.heads * self.length * self.length * images, value]
    }

    fn parts<'a>(&self, images: usize, all: &'a mut [f32]) -> (Parts<'a>, &'a mut [f32]) {
        let [x, three, seen, mixed] = self.sizes(images);
        let (x, rest) = all.split_at_mut(x);
        let (all, rest) = rest.split_at_mut(three);
        let (seen, rest) = rest.split_at_mut(seen);
        let (mixed, rest) = rest.split_at_mut(mixed);
        (Parts { x, all, seen, mixed }, rest)
    }

    /// The two linear layers, with all steps of all images as rows.
    fn maps(&self, images: usize) -> [Dense; 2] {
        let (rows, inputs, bias) = (self.length * images, self.op.features, self.op.bias);
        [Dense { rows, inputs, outputs: 3 * inputs, bias }, Dense { rows, inputs, outputs: inputs, bias }]
    }

    /// For each head of each image, the positions at which its queries and its output begin.
    fn heads(&self, images: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (length, features, heads) = (self.length, self.op.features, self.op.heads);
        let size = features / heads;
        (0..images * heads).map(move |i| {
            let (image, head) = (i / heads, i % heads);
            (image * length * 3 * features + head * size, image * length * features + head * size)
        })
    }

    /// Applies dropout to the attention weights of one head, or to their gradients.
    fn drop(&self, at: &Site, head: usize, seen: &mut [f32]) {
        if self.dropout == 0.0 {
            return;
        }
        let scale = (1.0 / (1.0 - self.dropout)) as f32;
        let first = (at.span.start * self.op.heads + head) * seen.len();
        for (i, x) in seen.iter_mut().enumerate() {
            *x *= if rng::keep(at.seed, at.node, (first + i) as u64, self.dropout) { scale } else { 0.0 };
        }
    }

    fn row_axes(&self) -> Axes {
        Axes { outer: self.length, len: self.length, inner: 1 }
    }
}

impl Layer for Attention {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn keeps(&self, images: usize) -> usize {
        self.sizes(images).iter().sum()
    }

    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        let square = self.length * self.length;
        // Backward: the gradients of all parts but the input, the gradient of the output, and space for products. Forward: the output, and
        // the weights of one head after dropout.
        let [value, three, _, _] = self.sizes(images);
        [square + self.row_axes().scratch() + if backward { three + 2 * value + square } else { value }, 0]
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let images = at.images();
        let (kept, scratch) = (std::mem::take(&mut at.kept), std::mem::take(&mut at.scratch));
        let (length, features, size) = (self.length, self.op.features, self.op.features / self.op.heads);
        let (parts, _) = self.parts(images, kept);
        let square = length * length;
        let (dropped, rest) = scratch.split_at_mut(square);
        let (line, out) = rest.split_at_mut(self.row_axes().scratch());
        layout::transpose(length * features, images, at.x(0), parts.x, false);
        let [ins, outs] = self.maps(images);
        let second = if self.op.bias { 2 } else { 1 };
        let bias = |first: usize| self.op.bias.then(|| &*at.params[first + 1]);
        linear::forward(&ins, 1, &at.params[0], bias(0), parts.x, parts.all);
        let scale = 1.0 / (size as f32).sqrt();
        for (head, (queries, to)) in self.heads(images).enumerate() {
            let seen = &mut parts.seen[head * square..][..square];
            let scores = Inner {
                m: length,
                n: length,
                len: size,
                segments: 1,
                left: &parts.all[queries..],
                left_row: 3 * features,
                left_segment: 0,
                right: &parts.all[queries + features..],
                rows: Every(3 * features),
                right_segment: 0,
                out_row: length,
                start: Start::Zero,
            };
            inner(scores, seen);
            for (step, row) in seen.chunks_exact_mut(length).enumerate() {
                for (other, score) in row.iter_mut().enumerate() {
                    *score = if self.op.causal && other > step { f32::NEG_INFINITY } else { *score * scale };
                }
            }
            softmax::forward(self.row_axes(), false, seen, line);
            dropped.copy_from_slice(seen);
            self.drop(at, head, dropped);
            let mix =
                Outer::new([length, length, size], Left::rows(dropped, length), &parts.all[queries + 2 * features..], Every(3 * features))
                    .out_row(features);
            outer(mix, &mut parts.mixed[to..]);
        }
        let out = &mut out[..length * features * images];
        linear::forward(&outs, 1, &at.params[second], bias(second), parts.mixed, out);
        layout::transpose(images, length * features, out, y, false);
        (at.kept, at.scratch) = (kept, scratch);
    }

    /// Computes the gradients of queries, keys and values in the scratch memory.
    fn param_grads(&self, at: &mut Site, dy: &[f32], grads: &mut [Vec<f32>], add: bool) {
        let images = at.images();
        let (kept, scratch) = (std::mem::take(&mut at.kept), std::mem::take(&mut at.scratch));
        let (length, features, size) = (self.length, self.op.features, self.op.features / self.op.heads);
        let (parts, _) = self.parts(images, kept);
        let square = length * length;
        let [value, three, _, _] = self.sizes(images);
        let (dall, rest) = scratch.split_at_mut(three);
        let (dout, rest) = rest.split_at_mut(value);
        let (dmixed, rest) = rest.split_at_mut(value);
        let (dropped, rest) = rest.split_at_mut(square);
        let (dseen, line) = rest.split_at_mut(square);
        layout::transpose(length * features, images, dy, dout, false);
        let [ins, outs] = self.maps(images);
        let second = if self.op.bias { 2 } else { 1 };
        let (first_grads, second_grads) = grads.split_at_mut(second);
        let held = Held { images: 1, x: parts.mixed, dy: dout, scratch: parts.mixed, kept: &[] };
        map_grads(&outs, held, second_grads, add);
        linear::input_grad(&outs, 1, &at.params[second], dout, dmixed, false);
        let scale = 1.0 / (size as f32).sqrt();
        for (head, (queries, from)) in self.heads(images).enumerate() {
            let seen = &parts.seen[head * square..][..square];
            dropped.copy_from_slice(seen);
            self.drop(at, head, dropped);
            // dV = P^T dO, dP = dO V^T.
            let values =
                Outer::new([length, length, size], Left::columns(dropped, length), &dmixed[from..], Every(features)).out_row(3 * features);
            outer(values, &mut dall[queries + 2 * features..]);
            let weights = Inner {
                m: length,
                n: length,
                len: size,
                segments: 1,
                left: &dmixed[from..],
                left_row: features,
                left_segment: 0,
                right: &parts.all[queries + 2 * features..],
                rows: Every(3 * features),
                right_segment: 0,
                out_row: length,
                start: Start::Zero,
            };
            inner(weights, dseen);
            self.drop(at, head, dseen);
            softmax::backward(self.row_axes(), false, seen, dseen, line);
            dseen.iter_mut().for_each(|d| *d *= scale);
            // dQ = dS K, dK = dS^T Q.
            for (left_row, left_cols, right, to) in [(length, 1, features, 0), (1, length, 0, features)] {
                let product = Outer::new(
                    [length, length, size],
                    Left { elements: dseen, row: left_row, cols: Every(left_cols) },
                    &parts.all[queries + right..],
                    Every(3 * features),
                )
                .out_row(3 * features);
                outer(product, &mut dall[queries + to..]);
            }
        }
        let held = Held { images: 1, x: parts.x, dy: dall, scratch: parts.x, kept: &[] };
        map_grads(&ins, held, first_grads, add);
        (at.kept, at.scratch) = (kept, scratch);
    }

    fn input_grad(&self, _: usize, at: &mut Site, _: &[f32], dx: &mut [f32], add: bool) {
        let images = at.images();
        let [value, three, _, _] = self.sizes(images);
        let (dall, rest) = at.scratch.split_at_mut(three);
        let turned = &mut rest[..value];
        linear::input_grad(&self.maps(images)[0], 1, &at.params[0], dall, turned, false);
        layout::transpose(images, self.length * self.op.features, turned, dx, add);
    }
}

/// The gradients of a linear layer's tensors.
fn map_grads(map: &Dense, from: Held, grads: &mut [Vec<f32>], add: bool) {
    map.rows(from, 0, &mut grads[0], add);
    if map.bias {
        // Rows are in the place of images here.
        for (row, dy) in from.dy.chunks_exact(map.outputs).enumerate() {
            layout::put(dy, &mut grads[1], add || row > 0);
        }
    }
}

impl Runnable for MultiheadAttention {
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
        Ok(Arc::new(Attention::new(self, at.input(), at.trains())))
    }

    fn kept(&self, input: &Shape, _: &Shape) -> u128 {
        let length = input.dim(0) as u128;
        length.saturating_mul(length).saturating_mul(self.heads as u128).saturating_add((input.len() as u128).saturating_mul(5))
    }
}

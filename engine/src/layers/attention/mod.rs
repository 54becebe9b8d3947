//! `MultiheadAttention` on the buffers of a lane. Images are processed one by one, because each has its own matrix products.

mod places;
#[cfg(test)]
mod tests;
mod weights;

use std::sync::Arc;

use layercake_ir::{Shape, ops, ops::MultiheadAttention};

use super::{Held, Layer, Reads, Site, Weights, linear, linear::Dense};
use crate::{
    EngineError,
    kernels::{
        layout,
        product::{Every, Left, Outer, outer},
    },
    plan::{At, Runnable},
};

/// Attention with several heads.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    op: ops::MultiheadAttention,
    length: usize,
    /// The number of steps that are looked at.
    steps: usize,
    /// The probability of dropping an attention weight; 0 outside training.
    dropout: f64,
}

impl Attention {
    /// The layer for an input of this length, which looks at so many steps.
    pub fn new(op: &ops::MultiheadAttention, length: usize, steps: usize, train: bool) -> Self {
        Self { op: *op, length, steps, dropout: if train { op.dropout } else { 0.0 } }
    }

    /// The number of scores of a head.
    fn square(&self) -> usize {
        self.length * self.steps
    }

    /// The number of features of a head.
    fn size(&self) -> usize {
        self.op.features / self.op.heads
    }

    /// The map of the heads' outputs.
    fn last(&self, images: usize) -> Dense {
        Dense { rows: self.length * images, inputs: self.op.features, outputs: self.op.features, bias: self.op.bias }
    }

    /// Image and head, in the order of [`places::Parts::seen`].
    fn heads(&self, images: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let heads = self.op.heads;
        (0..images * heads).map(move |i| (i / heads, i % heads))
    }

    /// Where the gradients begin in the scratch memory of the backward pass: those of queries, keys and values, and that of the mask.
    fn gradients<'a>(&self, images: usize, scratch: &'a mut [f32]) -> [&'a mut [f32]; 3] {
        let (all, rest) = scratch.split_at_mut(self.sizes(images)[1]);
        let (mask, rest) = rest.split_at_mut(if self.op.mask { self.square() * images } else { 0 });
        [all, mask, rest]
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
        let (square, [_, all, _, value]) = (self.square(), self.sizes(images));
        // Backward: the gradients of all parts but the inputs, of the mask and of the output, and space for products. Forward: the output, and the
        // weights of one head after dropout. Both: the keys or the values of one head, twice.
        let turned = 2 * self.steps * self.size();
        if !backward {
            return [square + turned + value, 0];
        }
        let mask = if self.op.mask { square * images } else { 0 };
        [2 * square + turned + all + mask + 2 * value, self.length.max(self.steps) * self.op.features * images]
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let images = at.images();
        let (kept, scratch) = (std::mem::take(&mut at.kept), std::mem::take(&mut at.scratch));
        let (length, steps, features, size, square) = (self.length, self.steps, self.op.features, self.size(), self.square());
        let parts = self.parts(images, kept);
        let (dropped, rest) = scratch.split_at_mut(square);
        let (turned, out) = rest.split_at_mut(2 * steps * size);
        for projection in self.projections(images) {
            let Dense { rows, outputs, .. } = projection.map;
            let x = &mut parts.x[projection.x..][..rows * features];
            // Keys and values may come from one input.
            if projection.row < 2 * features || projection.input == 2 {
                layout::transpose(rows / images * features, images, at.x(projection.input), x, false);
            }
            let bias = self.op.bias.then(|| &at.params[1][projection.row..projection.row + outputs]);
            let to = &mut parts.all[projection.to..][..rows * outputs];
            linear::forward(&projection.map, 1, projection.weight(&at.params[0]), bias, x, to);
        }
        let [queries, keys, values] = self.places(images);
        for (at_head, (image, head)) in self.heads(images).enumerate() {
            let seen = &mut parts.seen[at_head * square..][..square];
            let query = &parts.all[queries.of(image, head, size)..];
            let right = self.turned(&parts.all[keys.of(image, head, size)..], keys.row, turned);
            for rows in self.blocks(length) {
                let left = Left::rows(&query[rows.start * queries.row..], queries.row);
                let scores = Outer::new([rows.len(), size, self.looks(&rows)], left, right, Every(steps)).out_row(steps);
                outer(scores, &mut seen[rows.start * steps..]);
            }
            self.weights(at, image, seen);
            let weights = self.dropped(at, at_head, seen, dropped);
            let right = &parts.all[values.of(image, head, size)..];
            let mixed = &mut parts.mixed[image * length * features + head * size..];
            for rows in self.blocks(length) {
                let left = Left::rows(&weights[rows.start * steps..], steps);
                let mix = Outer::new([rows.len(), self.looks(&rows), size], left, right, Every(values.row)).out_row(features);
                outer(mix, &mut mixed[rows.start * features..]);
            }
        }
        let out = &mut out[..length * features * images];
        let second = if self.op.bias { 2 } else { 1 };
        let bias = self.op.bias.then(|| &*at.params[second + 1]);
        linear::forward(&self.last(images), 1, &at.params[second], bias, parts.mixed, out);
        layout::transpose(images, length * features, out, y, false);
        (at.kept, at.scratch) = (kept, scratch);
    }

    /// Computes the gradients of queries, keys, values and mask in the scratch memory.
    fn param_grads(&self, at: &mut Site, dy: &[f32], grads: &mut [Vec<f32>], add: bool) {
        let images = at.images();
        let (kept, scratch) = (std::mem::take(&mut at.kept), std::mem::take(&mut at.scratch));
        let (length, steps, features, size, square) = (self.length, self.steps, self.op.features, self.size(), self.square());
        let parts = self.parts(images, kept);
        let value = length * features * images;
        let [dall, dmask, rest] = self.gradients(images, scratch);
        let (dout, rest) = rest.split_at_mut(value);
        let (dmixed, rest) = rest.split_at_mut(value);
        let (dropped, rest) = rest.split_at_mut(square);
        let (dseen, rest) = rest.split_at_mut(square);
        let turned = &mut rest[..2 * steps * size];
        layout::transpose(length * features, images, dy, dout, false);
        let (last, second) = (self.last(images), if self.op.bias { 2 } else { 1 });
        let (first_grads, second_grads) = grads.split_at_mut(second);
        let (weight, bias) = second_grads.split_at_mut(1);
        let held = Held { images: 1, x: parts.mixed, dy: dout, scratch: parts.mixed, kept: &[] };
        // The gradients of the layers behind follow.
        map_grads(&last, held, &mut weight[0], bias.first_mut().filter(|_| self.op.bias).map(Vec::as_mut_slice), add);
        linear::input_grad(&last, 1, &at.params[second], dout, dmixed, false);
        dmask.fill(0.0);
        let scale = 1.0 / (size as f32).sqrt();
        let [queries, keys, values] = self.places(images);
        for (at_head, (image, head)) in self.heads(images).enumerate() {
            let [query, key, value] = [queries, keys, values].map(|place| place.of(image, head, size));
            let from = image * length * features + head * size;
            let seen = &parts.seen[at_head * square..][..square];
            let weights = self.dropped(at, at_head, seen, dropped);
            // dV = P^T dO, dP = dO V^T.
            for columns in self.blocks(steps) {
                let first = self.seen_from(&columns);
                let turned = Left::columns(&weights[first * steps + columns.start..], steps);
                let from = &dmixed[from + first * features..];
                let mix = Outer::new([columns.len(), length - first, size], turned, from, Every(features)).out_row(values.row);
                outer(mix, &mut dall[value + columns.start * values.row..]);
            }
            let right = self.turned(&parts.all[value..], values.row, turned);
            for rows in self.blocks(length) {
                let left = Left::rows(&dmixed[from + rows.start * features..], features);
                let weights = Outer::new([rows.len(), size, self.looks(&rows)], left, right, Every(steps)).out_row(steps);
                outer(weights, &mut dseen[rows.start * steps..]);
            }
            self.drop(at, at_head, dseen);
            self.score_grads(seen, dseen);
            if self.op.mask {
                dmask[image..].iter_mut().step_by(images).zip(&*dseen).for_each(|(mask, score)| *mask += score);
                dseen.iter_mut().for_each(|d| *d *= scale);
            }
            // dQ = dS K, dK = dS^T Q.
            for rows in self.blocks(length) {
                let left = Left { elements: &dseen[rows.start * steps..], row: steps, cols: Every(1) };
                let product = Outer::new([rows.len(), self.looks(&rows), size], left, &parts.all[key..], Every(keys.row));
                outer(product.out_row(queries.row), &mut dall[query + rows.start * queries.row..]);
            }
            for columns in self.blocks(steps) {
                let first = self.seen_from(&columns);
                let left = Left { elements: &dseen[first * steps + columns.start..], row: 1, cols: Every(steps) };
                let from = &parts.all[query + first * queries.row..];
                let product = Outer::new([columns.len(), length - first, size], left, from, Every(queries.row));
                outer(product.out_row(keys.row), &mut dall[key + columns.start * keys.row..]);
            }
        }
        let (weight, bias) = first_grads.split_at_mut(1);
        for projection in self.projections(images) {
            let Dense { inputs, outputs, .. } = projection.map;
            let x = projection.from(parts.x);
            let held = Held { images: 1, x, dy: projection.out(dall), scratch: x, kept: &[] };
            let weight = &mut weight[0][projection.row * inputs..][..outputs * inputs];
            let bias = bias.first_mut().filter(|_| self.op.bias).map(|bias| &mut bias[projection.row..projection.row + outputs]);
            map_grads(&projection.map, held, weight, bias, add);
        }
        (at.kept, at.scratch) = (kept, scratch);
    }

    fn input_grad(&self, input: usize, at: &mut Site, _: &[f32], dx: &mut [f32], add: bool) {
        let images = at.images();
        let (scratch, spare) = (std::mem::take(&mut at.scratch), std::mem::take(&mut at.spare));
        let [dall, dmask, _] = self.gradients(images, scratch);
        if self.mask() == Some(input) {
            layout::put(dmask, dx, add);
        } else {
            let turned = &mut spare[..dx.len()];
            let mut more = false;
            for projection in self.projections(images).filter(|projection| projection.input == input) {
                let weight = projection.weight(&at.params[0]);
                linear::input_grad(&projection.map, 1, weight, projection.out(dall), turned, more);
                more = true;
            }
            layout::transpose(images, dx.len() / images, turned, dx, add);
        }
        (at.scratch, at.spare) = (scratch, spare);
    }
}

/// The gradients of a linear map's tensors.
fn map_grads(map: &Dense, from: Held, weight: &mut [f32], bias: Option<&mut [f32]>, add: bool) {
    map.rows(from, 0, weight, add);
    if let Some(bias) = bias {
        // Rows are in the place of images here.
        for (row, dy) in from.dy.chunks_exact(map.outputs).enumerate() {
            layout::put(dy, bias, add || row > 0);
        }
    }
}

impl Runnable for MultiheadAttention {
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
        let keys = at.node().inputs()[usize::from(self.key)];
        Ok(Arc::new(Attention::new(self, at.input().dim(0), at.graph.shape(keys).dim(0), at.trains())))
    }

    fn kept(&self, input: &Shape, _: &Shape) -> u128 {
        let length = input.dim(0) as u128;
        length.saturating_mul(length).saturating_mul(self.heads as u128).saturating_add((input.len() as u128).saturating_mul(5))
    }
}

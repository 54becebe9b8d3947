//! The attention weights of a head: which are open, from scores to weights, and back.

use std::ops::Range;

use super::Attention;
use crate::{
    kernels::{layout, softmax},
    layers::Site,
    rng,
};

/// The rows of a causal layer's scores that are computed together: what lies behind all of them is left out.
const BLOCK: usize = 32;

impl Attention {
    /// The number of the mask, if there is one.
    pub(super) fn mask(&self) -> Option<usize> {
        self.op.mask.then_some(1 + usize::from(self.op.key) + usize::from(self.op.value))
    }

    /// The attention weights of one head after dropout, which are in `space` if there is any.
    pub(super) fn dropped<'a>(&self, at: &Site, head: usize, seen: &'a [f32], space: &'a mut [f32]) -> &'a [f32] {
        if self.dropout == 0.0 {
            return seen;
        }
        space.copy_from_slice(seen);
        self.drop(at, head, space);
        space
    }

    /// The keys or the values of a head, whose steps are `row` apart, as `[size, steps]`: a product whose sums are as short as a head is fast over contiguous steps.
    /// `space` has twice as many elements.
    pub(super) fn turned<'a>(&self, from: &[f32], row: usize, space: &'a mut [f32]) -> &'a [f32] {
        let size = self.size();
        let (rows, turned) = space.split_at_mut(self.steps * size);
        rows.chunks_exact_mut(size).zip(from.chunks(row)).for_each(|(to, from)| to.copy_from_slice(&from[..size]));
        layout::transpose(self.steps, size, rows, turned, false);
        turned
    }

    /// Applies dropout to the attention weights of one head, or to their gradients.
    pub(super) fn drop(&self, at: &Site, head: usize, seen: &mut [f32]) {
        if self.dropout == 0.0 {
            return;
        }
        let scale = (1.0 / (1.0 - self.dropout)) as f32;
        let first = (at.span.start * self.op.heads + head) * seen.len();
        for (i, x) in seen.iter_mut().enumerate() {
            *x *= if rng::keep(at.seed, at.node, (first + i) as u64, self.dropout) { scale } else { 0.0 };
        }
    }

    /// Whether a step looks at those up to itself only.
    pub(super) fn is_triangle(&self) -> bool {
        self.op.causal && self.length == self.steps
    }

    /// Blocks of rows of the scores.
    pub(super) fn blocks(&self, rows: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let block = if self.is_triangle() { BLOCK } else { rows };
        (0..rows).step_by(block).map(move |first| first..rows.min(first + block))
    }

    /// The steps that a block of rows looks at.
    pub(super) fn looks(&self, rows: &Range<usize>) -> usize {
        if self.is_triangle() { rows.end } else { self.steps }
    }

    /// The first row that looks at a block of steps.
    pub(super) fn seen_from(&self, steps: &Range<usize>) -> usize {
        if self.is_triangle() { steps.start } else { 0 }
    }

    /// The number of scores of a row that its place does not hide.
    pub(super) fn open(&self, row: usize) -> usize {
        if self.op.causal { self.steps.min(row + 1) } else { self.steps }
    }

    /// From the products of a head to its attention weights.
    pub(super) fn weights(&self, at: &Site, image: usize, seen: &mut [f32]) {
        let scale = 1.0 / (self.size() as f32).sqrt();
        for (row, scores) in seen.chunks_exact_mut(self.steps).enumerate() {
            let (open, hidden) = scores.split_at_mut(self.open(row));
            open.iter_mut().for_each(|score| *score *= scale);
            hidden.fill(f32::NEG_INFINITY);
        }
        if let Some(mask) = self.mask() {
            let mask = at.x(mask)[image..].iter().step_by(at.images());
            seen.iter_mut().zip(mask).for_each(|(score, mask)| *score += mask);
            seen.chunks_exact_mut(self.steps).for_each(softmax::row);
            return;
        }
        for (row, scores) in seen.chunks_exact_mut(self.steps).enumerate() {
            let (open, hidden) = scores.split_at_mut(self.open(row));
            softmax::row(open);
            hidden.fill(0.0);
        }
    }

    /// From the gradients of a head's attention weights to those of its scores, in place; without a mask, those of the products.
    pub(super) fn score_grads(&self, seen: &[f32], grads: &mut [f32]) {
        let scale = if self.op.mask { 1.0 } else { 1.0 / (self.size() as f32).sqrt() };
        for (row, (seen, grads)) in seen.chunks_exact(self.steps).zip(grads.chunks_exact_mut(self.steps)).enumerate() {
            let open = self.open(row);
            softmax::row_grad(scale, &seen[..open], &mut grads[..open]);
            grads[open..].fill(0.0);
        }
    }
}

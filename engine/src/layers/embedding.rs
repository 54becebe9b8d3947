//! `Embedding`: rows of a table. Its input has token ids, stored as the bits of numbers ([`crate::Run::set_ids`]).

use layercake_ir::{INFER, ops};

use super::{Held, Layer, Reads, Site, Weights};
use crate::plan::runs_as;

/// The number of parts of a large table; one thread computes the gradient of each.
const PARTS: usize = 16;

/// A table with a row of features for each id.
#[derive(Clone, Copy, Debug)]
pub struct Embedding {
    rows: usize,
    features: usize,
    /// The padding id, if there is one.
    padding: Option<usize>,
}

impl Embedding {
    /// The layer of an operation.
    pub fn new(op: &ops::Embedding) -> Self {
        let padding = Some(op.padding_idx).filter(|&id| id != INFER);
        Self { rows: op.num_embeddings, features: op.embedding_dim, padding }
    }
}

impl Layer for Embedding {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let (images, table) = (at.images(), &at.params[0]);
        for (ids, y) in at.x(0).chunks_exact(images).zip(y.chunks_exact_mut(self.features * images)) {
            for (image, id) in ids.iter().enumerate() {
                let row = &table[id.to_bits() as usize * self.features..][..self.features];
                for (y, row) in y[image..].iter_mut().step_by(images).zip(row) {
                    *y = *row;
                }
            }
        }
    }

    /// Ids have no gradient.
    fn input_grad(&self, _: usize, _: &mut Site, _: &[f32], dx: &mut [f32], add: bool) {
        if !add {
            dx.fill(0.0);
        }
    }

    fn weights(&self) -> Option<&dyn Weights> {
        Some(self)
    }
}

impl Weights for Embedding {
    fn part(&self) -> [usize; 2] {
        [self.rows.div_ceil(PARTS), self.features]
    }

    fn has_bias(&self) -> bool {
        false
    }

    fn prepare(&self, _: &mut Site, _: &[f32]) {}

    fn rows(&self, from: Held, first: usize, to: &mut [f32], add: bool) {
        if !add {
            to.fill(0.0);
        }
        let (images, count) = (from.images, to.len() / self.features);
        for (ids, dy) in from.x.chunks_exact(images).zip(from.dy.chunks_exact(self.features * images)) {
            for (image, id) in ids.iter().enumerate() {
                let id = id.to_bits() as usize;
                let Some(row) = id.checked_sub(first).filter(|&row| row < count && self.padding != Some(id)) else { continue };
                for (to, dy) in to[row * self.features..][..self.features].iter_mut().zip(dy[image..].iter().step_by(images)) {
                    *to += dy;
                }
            }
        }
    }

    fn bias(&self, _: Held, _: &mut [f32], _: bool) {
        unreachable!("an embedding has no bias");
    }
}

runs_as! {
    Embedding: |op, _at| Embedding::new(op);
}

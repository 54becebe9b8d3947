//! Multi-head attention: the projections, and between them the attention of each head by tiles; of heads with more features than tiles hold, by whole matrices.

#[cfg(test)]
mod tests;
mod tiles;
mod whole;

use layercake_engine::Mode;
use layercake_ir::{Shape, ops};

use crate::emit::At;
use crate::function::number;
use crate::kernel::{Arg, Place};
use crate::plan::Key;

use super::affine::{ALONE, Affine, PLAIN};
use super::{Operation, is_counted};

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
    /// The results of the heads, `[batch, length, heads, size]`.
    mixed: Arg,
    /// Queries of a tile; none if the matrices are whole.
    tile: Option<usize>,
    kept: Kept,
}

const NOWHERE: Arg = Arg::At(Place::Nowhere);
/// Blocks along the third axis of a launch.
const MOST: usize = 65535;

/// What the forward pass keeps.
#[derive(Clone, Copy)]
enum Kept {
    Nothing,
    /// What follows from the scores of each row.
    Rows(tiles::Kept),
    /// All weights.
    Weights(Arg),
}

impl Attention {
    /// None if there are more heads than a launch takes, or more elements than are counted.
    pub fn new(op: &ops::MultiheadAttention, inputs: &[&Shape], node: usize, key: Key) -> Option<Self> {
        let (keys, length) = (usize::from(op.key), inputs[0].dim(0));
        let from = [0, keys, keys + usize::from(op.value)];
        let dropout = if key.mode == Mode::Train { op.dropout } else { 0.0 };
        let steps = inputs[keys].dim(0);
        let tile = tiles::tile(op.features / op.heads);
        let weights = [key.batch, op.heads, length, steps].iter().try_fold(1usize, |all, &size| all.checked_mul(size));
        let projected = key.batch.checked_mul(length.max(steps))?.checked_mul(3 * op.features)?;
        let fits = tile.is_some() || key.batch * op.heads <= MOST && weights.is_some_and(is_counted);
        (fits && is_counted(projected)).then_some(Self {
            op: *op,
            batch: key.batch,
            node,
            dropout,
            length,
            steps,
            from,
            projections: [NOWHERE; 3],
            mixed: NOWHERE,
            tile,
            kept: Kept::Nothing,
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
}

impl Operation for Attention {
    fn forward(&mut self, at: &mut At) {
        let [inward, outward] = self.tensors(|tensor| at.param(tensor));
        for (input, steps) in self.projected() {
            let (x, all) = (at.x(input), at.buffer(self.batch * steps * 3 * self.op.features));
            self.inward(steps).forward(at, [x, inward[0], inward[1], all], ALONE);
            (0..3).filter(|&part| self.from[part] == input).for_each(|part| self.projections[part] = all);
        }
        self.mixed = at.buffer(self.batch * self.length * self.op.features);
        self.kept = match self.tile {
            Some(tile) => Kept::Rows(self.forward_by_tiles(at, tile)),
            None => Kept::Weights(self.forward_whole(at)),
        };
        let (y, act) = (at.y(0), at.act());
        self.outward().forward(at, [self.mixed, outward[0], outward[1], y], &act);
    }

    fn backward(&mut self, at: &mut At) {
        let Some(dy) = at.dy(0) else { return };
        let [_, outward] = self.tensors(|tensor| at.param(tensor));
        let [inward_grads, outward_grads] = self.tensors(|tensor| at.param_grad(tensor));
        let (length, pull) = (self.length, at.pull());
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
        let parts = [0, 1, 2].map(of);
        match (self.kept, self.tile) {
            (Kept::Rows(kept), Some(tile)) => self.backward_by_tiles(at, tile, kept, dmixed, parts),
            (Kept::Weights(weights), _) => self.backward_whole(at, weights, dmixed, parts),
            _ => unreachable!("the forward pass comes first, and is of the same kind"),
        }

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

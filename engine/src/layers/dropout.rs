//! `Dropout`, `Dropout2d` and `StochasticDepth` while training.

use super::{Layer, Place, Reads, Site};
use crate::kernels::dropout::{self, Mask};

/// Zeroes elements at random, so many together.
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    /// The probability of dropping.
    pub p: f64,
    /// Elements of a sample that are dropped or kept together: 1, those of a channel, or all.
    pub span: usize,
}

impl Layer for Dropout {
    fn place(&self) -> Place {
        Place::Over(1)
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        if at.held.is_none() {
            y.copy_from_slice(at.x(0));
        }
        self.through(0, at, y);
    }

    fn through(&self, _: usize, at: &mut Site, grad: &mut [f32]) {
        dropout::apply(Mask { seed: at.seed, node: at.node, p: self.p, span: self.span }, at.span.start, at.images(), grad);
    }
}

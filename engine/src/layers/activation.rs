//! Activations by themselves; one behind a matrix product is fused to it.

use super::{Layer, Place, Reads, Site};
use crate::kernels::activation::{self, Activation};

/// A function of single elements.
#[derive(Clone, Copy, Debug)]
pub struct Pointwise {
    /// The function.
    pub function: Activation,
    /// Is its derivative told from its input rather than from its result?
    pub by_input: bool,
}

impl Layer for Pointwise {
    fn place(&self) -> Place {
        Place::Over(1)
    }

    fn reads(&self) -> Reads {
        if self.by_input { Reads::Inputs } else { Reads::Output }
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        if at.held.is_none() {
            y.copy_from_slice(at.x(0));
        }
        activation::forward(self.function, y);
    }

    fn through(&self, _: usize, at: &mut Site, grad: &mut [f32]) {
        match self.function {
            Activation::LeakyRelu(slope) if self.by_input => activation::leaky_backward(slope, at.x(0), grad),
            function => activation::backward(function, at.y(), grad),
        }
    }
}

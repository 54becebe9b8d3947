//! Activations by themselves; one behind a matrix product is fused to it.

use super::{Layer, Place, Reads, Site};
use crate::kernels::{
    activation::{self, Activation},
    prelu,
};

/// A function of single elements.
#[derive(Clone, Copy, Debug)]
pub struct Pointwise(pub Activation);

impl Layer for Pointwise {
    fn place(&self) -> Place {
        Place::Over(1)
    }

    fn reads(&self) -> Reads {
        if self.0.by_input() { Reads::Inputs } else { Reads::Output }
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        if at.held.is_none() {
            y.copy_from_slice(at.x(0));
        }
        activation::forward(self.0, y);
    }

    fn through(&self, _: usize, at: &mut Site, grad: &mut [f32]) {
        activation::backward(self.0, if self.0.by_input() { at.x(0) } else { at.y() }, grad);
    }
}

/// `PReLU`: one slope, or one for each channel.
#[derive(Clone, Copy, Debug)]
pub struct PRelu;

impl Layer for PRelu {
    fn place(&self) -> Place {
        Place::Over(1)
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        if at.held.is_none() {
            y.copy_from_slice(at.x(0));
        }
        prelu::forward(&at.params[0], y);
    }

    fn param_grads(&self, at: &mut Site, dy: &[f32], grads: &mut [Vec<f32>], add: bool) {
        prelu::slope_grads(at.x(0), dy, &mut grads[0], add);
    }

    fn through(&self, _: usize, at: &mut Site, grad: &mut [f32]) {
        prelu::backward(&at.params[0], at.x(0), grad);
    }
}

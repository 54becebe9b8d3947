//! `Parameter`: a tensor as a value, the same for each image.

use super::{Layer, Reads, Site};
use crate::{kernels::reduce, plan::runs_as};

/// A learned tensor.
#[derive(Clone, Copy, Debug)]
pub struct Parameter;

impl Layer for Parameter {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        for (y, &x) in y.chunks_exact_mut(at.images()).zip(&at.params[0]) {
            y.fill(x);
        }
    }

    fn param_grads(&self, _: &mut Site, dy: &[f32], grads: &mut [Vec<f32>], add: bool) {
        reduce::stretches(dy, &mut grads[0], add);
    }

    /// The input only tells the number of images.
    fn input_grad(&self, _: usize, _: &mut Site, _: &[f32], dx: &mut [f32], add: bool) {
        if !add {
            dx.fill(0.0);
        }
    }
}

runs_as! {
    Parameter: |_op, _at| Parameter;
}

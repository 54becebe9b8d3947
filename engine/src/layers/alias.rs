//! Operations without work: the output is the input with another shape.

use super::{Layer, Place, Reads, Site};
use crate::{kernels::layout, plan::runs_as};

/// `Flatten` and the like, and dropout with a probability of 0.
#[derive(Clone, Copy, Debug)]
pub struct Alias;

impl Layer for Alias {
    fn place(&self) -> Place {
        Place::Alias
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, _: &mut Site, _: &mut [f32]) {
        unreachable!("an alias has no forward pass");
    }

    fn input_grad(&self, _: usize, _: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        layout::put(dy, dx, add);
    }

    fn through(&self, _: usize, _: &mut Site, _: &mut [f32]) {}
}

runs_as! {
    Flatten: |_op, _at| Alias;
    Reshape: |_op, _at| Alias;
    Unsqueeze: |_op, _at| Alias;
    Squeeze: |_op, _at| Alias;
}

//! Operations without work: the output is the input with another shape.

use super::{
    Layer, Place, Reads, Site,
    channels::{Form, Fuses, Order},
};
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

impl Fuses for Alias {}

impl Alias {
    /// The elements of each image stay in the order of the shape.
    fn form() -> Option<Form> {
        Some(Form::Ordered { layer: Box::new(Self), from: Order::Batch, to: Order::Batch })
    }
}

runs_as! {
    Flatten: |_op, _at| Alias, |_op, _at, _given| Alias::form();
    Reshape: |_op, _at| Alias, |_op, _at, _given| Alias::form();
    Unsqueeze: |_op, _at| Alias, |_op, _at, _given| Alias::form();
    Squeeze: |_op, _at| Alias, |_op, _at, _given| Alias::form();
}

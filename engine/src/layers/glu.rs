//! `GLU`.

use layercake_ir::{Shape, ops};

use super::{Layer, Reads, Site};
use crate::{kernels::glu, plan::runs_as};

/// The first half of an axis times the sigmoid of the second half.
#[derive(Clone, Copy, Debug)]
pub struct Glu {
    /// The number of elements of one half (the axis and those after it), for one image.
    half: usize,
}

impl Glu {
    /// The layer for an input of this shape.
    pub fn new(op: &ops::Glu, input: &Shape) -> Self {
        Self { half: input.dims()[op.axis..].iter().product::<usize>() / 2 }
    }
}

impl Layer for Glu {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn takes_activation(&self) -> bool {
        true
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        glu::forward(self.half * at.images(), at.x(0), y);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        glu::backward(self.half * at.images(), at.x(0), dy, dx, add);
    }
}

runs_as! {
    Glu: |op, at| Glu::new(op, at.input());
}

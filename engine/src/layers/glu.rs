//! `GLU`.

use layercake_ir::{Shape, ops};

use super::{Layer, Reads, Site};
use crate::{kernels::glu, plan::runs_as};

/// One half of an axis times the sigmoid of the other.
#[derive(Clone, Copy, Debug)]
pub struct Glu {
    /// Elements of one half: of the axis and those after it, for one image.
    half: usize,
}

impl Glu {
    /// Of a value of this shape.
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

//! `FractionalMaxPool2d` and `MaxUnpool2d`.

use super::{Layer, Reads, Site, map_size};
use crate::{
    kernels::{
        Slide,
        picks::{self, Draw, Fractional},
    },
    plan::runs_as,
};

/// Maximum pooling with windows at varying distances, which are random in training.
#[derive(Clone, Copy, Debug)]
pub struct FractionalPool {
    /// The pooling.
    pub of: Fractional,
    /// Whether it is in training.
    pub train: bool,
}

impl FractionalPool {
    fn draw(&self, at: &Site) -> Draw {
        Draw { start: at.span.start, images: at.images(), seeds: self.train.then_some((at.seed, at.node)) }
    }
}

impl Layer for FractionalPool {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        picks::fractional_forward(&self.of, self.draw(at), at.x(0), y);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        if !add {
            dx.fill(0.0);
        }
        picks::fractional_backward(&self.of, self.draw(at), at.x(0), dy, dx);
    }
}

/// Writes values to the positions of a pool's maxima. The inputs are the values and the input of the pool.
#[derive(Clone, Copy, Debug)]
pub struct Unpool(pub Slide);

impl Layer for Unpool {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        [0, if backward { self.0.input_len() * images } else { 0 }]
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        picks::unpool_forward(&self.0, at.images(), at.x(0), at.x(1), y);
    }

    fn input_grad(&self, input: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        match input {
            0 => picks::unpool_backward(&self.0, at.images(), at.x(1), dy, dx, add, at.spare),
            // The positions do not change with small changes of the pool's input, so its gradient is 0.
            _ if add => {}
            _ => dx.fill(0.0),
        }
    }
}

runs_as! {
    MaxUnpool2d: |op, at| Unpool(Slide { window: op.window(), input: map_size(at.output()), output: map_size(at.input()) });
    FractionalMaxPool2d: |op, at| FractionalPool {
        of: Fractional { op: *op, channels: at.input().dim(0), input: map_size(at.input()) },
        train: at.trains(),
    };
}

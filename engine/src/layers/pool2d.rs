//! `MaxPool2d` and `AvgPool2d`.

use super::{Layer, Reads, Site};
use crate::kernels::{
    Slide,
    pool2d::{self, Mean},
};

/// The maximum of windows, in each channel.
#[derive(Clone, Copy, Debug)]
pub struct MaxPool(pub Slide);

impl Layer for MaxPool {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        pool2d::max_forward(&self.0, at.images(), at.x(0), y);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        if !add {
            dx.fill(0.0);
        }
        pool2d::max_backward(&self.0, at.images(), at.x(0), dy, dx);
    }
}

impl Layer for Mean {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        pool2d::mean_forward(self, at.images(), at.x(0), y);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        pool2d::mean_backward(self, at.images(), dy, dx, add);
    }
}

//! `MaxPool2d` and `AvgPool2d`.

use layercake_ir::ops::Window;

use super::{
    Layer, Reads, Site,
    channels::{Form, Pool},
    map_size,
};
use crate::{
    kernels::{
        Slide,
        pool2d::{self, Mean},
    },
    plan::runs_as,
};

/// The maximum of each window, per channel.
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

runs_as! {
    MaxPool2d: |op, at| MaxPool(at.slide(op.window())), |op, at, _given| max(at.slide(op.window()));
    MaxPool1d: |op, at| MaxPool(at.slide(op.window())), |op, at, _given| max(at.slide(op.window()));
    AvgPool2d: |op, at| averages(at.slide(op.window()), op.count_include_pad), |op, at, _given| {
        mean(averages(at.slide(op.window()), op.count_include_pad))
    };
    AvgPool1d: |op, at| averages(at.slide(op.window()), op.count_include_pad), |op, at, _given| {
        mean(averages(at.slide(op.window()), op.count_include_pad))
    };
    GlobalMaxPool2d: |_op, at| MaxPool(partition(map_size(at.input()), [1; 2])), |_op, at, _given| {
        max(partition(map_size(at.input()), [1; 2]))
    };
    GlobalAvgPool2d: |_op, at| averages(partition(map_size(at.input()), [1; 2]), false), |_op, at, _given| {
        mean(averages(partition(map_size(at.input()), [1; 2]), false))
    };
}

fn averages(slide: Slide, count_padding: bool) -> Mean {
    Mean { slide, count_padding }
}

fn max(slide: Slide) -> Option<Form> {
    Some(Form::channels(Pool::Max(slide)))
}

fn mean(pool: Mean) -> Option<Form> {
    Some(Form::channels(Pool::Mean(pool)))
}

/// Adjacent windows of equal size.
pub fn partition(input: [usize; 2], output: [usize; 2]) -> Slide {
    let size = [input[0] / output[0], input[1] / output[1]];
    let window = Window { kernel: size, stride: size, padding: [0; 2], dilation: [1; 2], ceil: false };
    Slide { window, input, output }
}

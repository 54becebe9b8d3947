//! How a convolution is carried out.

use layercake_ir::{Shape, ops::Conv2d};

use crate::kernels::Slide;

/// A convolution with its sizes.
#[derive(Clone, Copy, Debug)]
pub struct Convolution {
    /// Window, input and output sizes.
    pub slide: Slide,
    /// Channels are split into so many groups.
    pub groups: usize,
    /// Channels in, of one group.
    pub inputs: usize,
    /// Channels out, of one group.
    pub outputs: usize,
    /// Is there a bias?
    pub bias: bool,
    /// The way.
    pub way: Way,
}

/// Ways to carry out a convolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// A 1 x 1 window at every position: the input is the matrix.
    Direct,
    /// The windows are copied into the columns of a matrix, a band of output rows at a time.
    Columns,
}

/// Elements of the matrix of windows that is made at a time: half a level-2 cache of 1 MiB.
const BAND: usize = 128 * 1024;

impl Convolution {
    /// Chooses the way.
    pub fn new(op: &Conv2d, input: &Shape, output: &Shape) -> Self {
        let window = op.window();
        let slide = Slide { window, input: [input.dim(1), input.dim(2)], output: [output.dim(1), output.dim(2)] };
        let plain = window.kernel == [1, 1] && window.stride == [1, 1] && window.padding == [0, 0];
        let way = if plain { Way::Direct } else { Way::Columns };
        let (inputs, outputs) = (op.in_channels / op.groups, op.out_channels / op.groups);
        Self { slide, groups: op.groups, inputs, outputs, bias: op.bias, way }
    }

    /// Terms of one sum: taps times channels in.
    pub fn depth(&self) -> usize {
        self.inputs * self.slide.taps()
    }

    /// Elements of the weights of one group.
    pub fn weights(&self) -> usize {
        self.outputs * self.depth()
    }

    /// Output rows of a band.
    pub fn band(&self, images: usize) -> usize {
        let rows = images * self.slide.output[0];
        match self.way {
            Way::Direct => rows,
            Way::Columns => (BAND / (self.depth() * self.slide.output[1])).clamp(1, rows),
        }
    }

    /// Elements of scratch that a lane needs.
    pub fn scratch(&self, images: usize) -> usize {
        match self.way {
            Way::Direct => 0,
            Way::Columns => self.depth() * self.band(images) * self.slide.output[1],
        }
    }
}

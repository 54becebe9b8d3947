//! How a convolution is carried out.

use layercake_ir::{Shape, ops::Conv2d};

use crate::kernels::Slide;

/// A convolution with its sizes.
#[derive(Clone, Debug)]
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
    /// The way of the forward pass and of the weights' gradient. The input's gradient goes by columns unless the way is direct.
    pub way: Way,
}

/// Ways to carry out a convolution.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// A 1 x 1 window at every position: the input is the matrix.
    Direct,
    /// The windows are copied into the columns of a matrix, a band of output rows at a time.
    Columns,
    /// The matrix is not made: with windows one step apart, what a tap reads in all windows is the padded image shifted. Sums that
    /// begin in one line and end in the next are worked out as well, and dropped.
    Shift(Shift),
}

/// The padded images of [`Way::Shift`].
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// Elements of a padded line.
    pub pitch: usize,
    /// Elements of a padded map.
    pub plane: usize,
    /// Elements from the first window's sum to the last one's.
    pub span: usize,
    /// Where in the padded maps of an image each term of the sums is read, for the first window.
    pub taps: Vec<usize>,
    /// Images that are padded at a time in the backward pass.
    pub images: usize,
}

/// Elements of the matrix of windows (or of padded images) that are made at a time: half a level-2 cache of 1 MiB.
const BAND: usize = 128 * 1024;
/// What making the matrix costs for each of its short rows, in cycles besides one a vector.
const ROW_COST: usize = 6;
/// Elements of a vector, for estimates: the choice must not depend on the machine.
const VECTOR: usize = 16;

impl Convolution {
    /// Chooses the way.
    pub fn new(op: &Conv2d, input: &Shape, output: &Shape) -> Self {
        let window = op.window();
        let slide = Slide { window, input: [input.dim(1), input.dim(2)], output: [output.dim(1), output.dim(2)] };
        let (inputs, outputs) = (op.in_channels / op.groups, op.out_channels / op.groups);
        let way = if window.kernel == [1, 1] && window.stride == [1, 1] && window.padding == [0, 0] {
            Way::Direct
        } else if window.stride == [1, 1] && Shift::wins(&slide, outputs) {
            Way::Shift(Shift::new(&slide, inputs, outputs))
        } else {
            Way::Columns
        };
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
            _ => (BAND / (self.depth() * self.slide.output[1])).clamp(1, rows),
        }
    }

    /// Elements of scratch that a lane needs.
    pub fn scratch(&self, images: usize) -> usize {
        let columns = self.depth() * self.band(images) * self.slide.output[1];
        match &self.way {
            Way::Direct => 0,
            Way::Columns => columns,
            Way::Shift(shift) => columns.max(shift.images * (self.inputs * shift.plane + self.outputs * shift.span)),
        }
    }
}

impl Shift {
    /// Is it cheaper to work out the sums that are dropped than to make the matrix? With few output channels it is.
    fn wins(slide: &Slide, outputs: usize) -> bool {
        let [height, width] = slide.output;
        let pitch = slide.input[1] + 2 * slide.window.padding[1];
        let span = (height - 1) * pitch + width;
        let dropped = outputs * (span.div_ceil(VECTOR) * VECTOR - height * width);
        dropped < height * (ROW_COST * VECTOR + width)
    }

    fn new(slide: &Slide, inputs: usize, outputs: usize) -> Self {
        let window = &slide.window;
        let pitch = slide.input[1] + 2 * window.padding[1];
        let plane = pitch * (slide.input[0] + 2 * window.padding[0]);
        let span = (slide.output[0] - 1) * pitch + slide.output[1];
        let mut taps = Vec::with_capacity(inputs * slide.taps());
        for channel in 0..inputs {
            for y in 0..window.kernel[0] {
                taps.extend((0..window.kernel[1]).map(|x| channel * plane + y * window.dilation[0] * pitch + x * window.dilation[1]));
            }
        }
        let images = (BAND / (inputs * plane + outputs * span)).max(1);
        Self { pitch, plane, span, taps, images }
    }
}

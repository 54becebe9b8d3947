//! How a convolution is laid out: the frame of zeros around its maps, and where each tap reads in it.
//!
//! Positions count elements; a lane multiplies them by its number of images.

use layercake_ir::{Shape, ops::Conv2d};

use super::{Phased, Tiled, map_size};
use crate::kernels::Slide;

/// A convolution with its sizes and tables.
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
    /// The padded input.
    pub frame: Frame,
    /// Where in a group's frame each term of a sum is read, for the first window.
    pub taps: Vec<usize>,
    /// From one line of the output to the next, so many elements of the frame.
    pub line: usize,
    /// The padded gradient of the output, for the gradient of the input.
    pub back_frame: Frame,
    /// The parts of the input's gradient.
    pub back: Vec<Back>,
    /// How it is done with fewer products, where that pays.
    pub tiled: Option<Tiled>,
    /// The same of a convolution with a stride.
    pub phased: Option<Phased>,
}

/// Maps with zeros around them. With a stride, the columns of a line are sorted by their remainder: then the columns that one tap
/// reads lie side by side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Height and width of the maps.
    pub size: [usize; 2],
    /// Zeros above and to the left.
    pub before: [usize; 2],
    /// Lines with those above and below.
    pub lines: usize,
    /// The columns are sorted into so many classes.
    pub classes: usize,
    /// Columns of a class, with those to the left and right.
    pub columns: usize,
}

impl Frame {
    /// Elements of a line.
    pub fn line(&self) -> usize {
        self.classes * self.columns
    }

    /// Elements of a map.
    pub fn len(&self) -> usize {
        self.lines * self.line()
    }

    /// Is there nothing to add, so that the maps can be used as they are?
    pub fn is_plain(&self) -> bool {
        self.classes == 1 && self.lines == self.size[0] && self.columns == self.size[1]
    }
}

/// The part of the input's gradient in which a window's taps meet the elements in the same way: all of it, without a stride.
#[derive(Clone, Debug)]
pub struct Back {
    /// The first line and column of the part.
    pub first: [usize; 2],
    /// The number of its lines and columns, a stride apart.
    pub count: [usize; 2],
    /// Where in a group's frame each term is read, for the first element.
    pub taps: Vec<usize>,
    /// The term's weight, for the first channel in.
    pub weights: Vec<usize>,
    /// Stretches of lines that need the same terms: the number of lines, the first term, and the one after the last.
    pub stretches: Vec<[usize; 3]>,
}

/// A group's weights of so many elements stay in cache, so that their order does not matter and terms can be sorted by line.
const SORTED_WEIGHTS: usize = 64 * 1024;

impl Convolution {
    /// Works out the tables.
    pub fn new(op: &Conv2d, input: &Shape, output: &Shape) -> Self {
        let window = op.window();
        let slide = Slide { window, input: map_size(input), output: map_size(output) };
        let (inputs, outputs) = (op.in_channels / op.groups, op.out_channels / op.groups);
        let [_, stride] = window.stride;
        let padded = [0, 1].map(|axis| slide.input[axis] + 2 * window.padding[axis]);
        let frame =
            Frame { size: slide.input, before: window.padding, lines: padded[0], classes: stride, columns: padded[1].div_ceil(stride) };
        let mut taps = Vec::with_capacity(inputs * slide.taps());
        for channel in 0..inputs {
            for y in (0..window.kernel[0]).map(|y| y * window.dilation[0]) {
                let line = channel * frame.len() + y * frame.line();
                let columns = (0..window.kernel[1]).map(|x| x * window.dilation[1]);
                taps.extend(columns.map(|x| line + x % stride * frame.columns + x / stride));
            }
        }
        let line = window.stride[0] * frame.line();
        let (back_frame, back) = backward(&slide, inputs, outputs);
        let tiled = Tiled::new(&slide, op.groups, [inputs, outputs]);
        let phased = Phased::new(&slide, op.groups, [inputs, outputs]);
        Self { slide, groups: op.groups, inputs, outputs, bias: op.bias, frame, taps, line, back_frame, back, tiled, phased }
    }

    /// The same, without the tiles of a convolution that has no stride.
    pub fn untiled(self) -> Self {
        Self { tiled: None, ..self }
    }

    /// How so many images are done with fewer products, if that pays.
    pub fn tiled(&self, images: usize) -> Option<&Tiled> {
        self.tiled.as_ref().filter(|tiled| tiled.takes(images))
    }

    /// How so many images are done phase by phase, if that pays.
    pub fn phased(&self, images: usize) -> Option<&Phased> {
        self.phased.as_ref().filter(|phased| phased.takes(images))
    }

    /// Terms of one sum: taps times channels in.
    pub fn depth(&self) -> usize {
        self.inputs * self.slide.taps()
    }

    /// Elements of the weights of one group.
    pub fn weights(&self) -> usize {
        self.outputs * self.depth()
    }

    /// Elements of an image's padded input.
    pub fn framed(&self) -> usize {
        if self.frame.is_plain() { 0 } else { self.groups * self.inputs * self.frame.len() }
    }

    /// Elements that an image needs for the gradient of the input: the padded gradient of the output, and a line of the largest part.
    pub fn back_scratch(&self) -> usize {
        let framed = if self.back_frame.is_plain() { 0 } else { self.groups * self.outputs * self.back_frame.len() };
        framed + self.inputs * self.slide.input[1]
    }
}

/// One axis of a part of the input's gradient.
struct Axis {
    first: usize,
    count: usize,
    /// The taps that reach this part, and how many windows before the element's own each of them belongs to.
    taps: Vec<(usize, usize)>,
    /// The number of the first element's own window.
    window: usize,
}

/// The parts of one axis. Element `i` is read by tap `t` of window `(i + padding - t * dilation) / stride` if that is whole: so taps
/// and elements fall into classes by their remainder.
fn axis(slide: &Slide, axis: usize) -> Vec<Axis> {
    let [stride, padding, dilation] = [slide.window.stride[axis], slide.window.padding[axis], slide.window.dilation[axis]];
    let part = |remainder: usize| {
        let first = (remainder + stride - padding % stride) % stride;
        let count = slide.input[axis].saturating_sub(first).div_ceil(stride);
        let reaching = (0..slide.window.kernel[axis]).filter(|tap| tap * dilation % stride == remainder);
        let taps = reaching.map(|tap| (tap, tap * dilation / stride)).collect();
        Axis { first, count, taps, window: (first + padding) / stride }
    };
    (0..stride).map(part).filter(|part| part.count > 0).collect()
}

fn backward(slide: &Slide, inputs: usize, outputs: usize) -> (Frame, Vec<Back>) {
    let axes = [axis(slide, 0), axis(slide, 1)];
    // Zeros for the windows before the first and after the last that some element asks for.
    let before = [0, 1].map(|axis| {
        let missing = |part: &Axis| part.taps.iter().map(|tap| tap.1.saturating_sub(part.window)).max().unwrap_or(0);
        axes[axis].iter().map(missing).max().unwrap_or(0)
    });
    let after = [0, 1].map(|axis| {
        let last = |part: &Axis| {
            let nearest = part.taps.iter().map(|tap| tap.1).min().unwrap_or(usize::MAX);
            (part.window + part.count).saturating_sub(nearest)
        };
        axes[axis].iter().map(last).max().unwrap_or(0).saturating_sub(slide.output[axis])
    });
    let [lines, columns] = [0, 1].map(|axis| before[axis] + slide.output[axis] + after[axis]);
    let frame = Frame { size: slide.output, before, lines, classes: 1, columns };
    let sorted = outputs * inputs * slide.taps() <= SORTED_WEIGHTS;
    let mut list = Vec::new();
    for vertical in &axes[0] {
        for horizontal in &axes[1] {
            list.push(part(slide, &frame, [vertical, horizontal], [inputs, outputs], sorted));
        }
    }
    (frame, list)
}

fn part(slide: &Slide, frame: &Frame, [vertical, horizontal]: [&Axis; 2], [inputs, outputs]: [usize; 2], sorted: bool) -> Back {
    let mut taps = Vec::new();
    let mut weights = Vec::new();
    let mut term = |channel: usize, y: (usize, usize), x: (usize, usize)| {
        let line = frame.before[0] + vertical.window - y.1;
        let column = frame.before[1] + horizontal.window - x.1;
        taps.push(channel * frame.len() + line * frame.columns + column);
        weights.push(channel * inputs * slide.taps() + y.0 * slide.window.kernel[1] + x.0);
    };
    let columns = || horizontal.taps.iter().copied();
    if sorted {
        for &y in &vertical.taps {
            (0..outputs).for_each(|channel| columns().for_each(|x| term(channel, y, x)));
        }
    } else {
        for channel in 0..outputs {
            vertical.taps.iter().for_each(|&y| columns().for_each(|x| term(channel, y, x)));
        }
    }
    // Sorted by line, the terms that read nothing but zeros above and below can be left out.
    let terms_a_line = outputs * horizontal.taps.len();
    let mut stretches: Vec<[usize; 3]> = Vec::new();
    for line in 0..vertical.count {
        let needed = |tap: &(usize, usize)| (vertical.window + line).checked_sub(tap.1).is_some_and(|at| at < slide.output[0]);
        let [from, to] = if sorted {
            let from = vertical.taps.iter().position(needed).unwrap_or(0);
            let to = vertical.taps.iter().rposition(needed).map_or(0, |last| last + 1);
            [from * terms_a_line, to * terms_a_line]
        } else {
            [0, taps.len()]
        };
        match stretches.last_mut() {
            Some(last) if last[1..] == [from, to] => last[0] += 1,
            _ => stretches.push([1, from, to]),
        }
    }
    Back { first: [vertical.first, horizontal.first], count: [vertical.count, horizontal.count], taps, weights, stretches }
}

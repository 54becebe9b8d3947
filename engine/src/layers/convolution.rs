//! The tables of a convolution: the frame around its maps, and the positions that each tap reads in it.
//!
//! Positions count elements; a lane multiplies them by its number of images.

use std::sync::Arc;

use layercake_ir::{
    Shape,
    ops::{self, Conv2d, Window},
};

use super::{
    Frame, Layer, Phased, Tiled,
    channels::{Conv, Form},
    frame::{Axis, Windows},
    map_size,
};
use crate::{
    EngineError,
    kernels::Slide,
    plan::{At, Framed, Given, Runnable},
};

/// A convolution with its sizes and tables.
#[derive(Clone, Debug)]
pub struct Convolution {
    /// The window, with the sizes of input and output.
    pub slide: Slide,
    /// The number of groups of channels.
    pub groups: usize,
    /// The input channels of one group.
    pub inputs: usize,
    /// The output channels of one group.
    pub outputs: usize,
    /// Whether it has a bias.
    pub bias: bool,
    /// The frame of the input.
    pub frame: Frame,
    /// For each term of a sum, its position in a group's frame for the first window.
    pub taps: Vec<usize>,
    /// The distance in the frame between two lines of the output.
    pub line: usize,
    /// The frame of the output's gradient, for the gradient of the input.
    pub back_frame: Frame,
    /// The parts of the input's gradient.
    pub back: Vec<Back>,
    /// The algorithm in tiles, if it is faster.
    pub tiled: Option<Tiled>,
    /// The algorithm in phases for a convolution with a stride, if it is faster.
    pub phased: Option<Phased>,
}

/// A part of the input's gradient: elements that the taps of windows reach in the same way. Without a stride there is one part.
#[derive(Clone, Debug)]
pub struct Back {
    /// The first line and the first column of the part.
    pub first: [usize; 2],
    /// The number of its lines and columns, whose distance is the stride.
    pub count: [usize; 2],
    /// For each term, its position in a group's frame for the first element.
    pub taps: Vec<usize>,
    /// For each term, its weight for the first input channel.
    pub weights: Vec<usize>,
    /// Ranges of lines that need the same terms: the number of lines, the first term, and the term after the last.
    pub stretches: Vec<[usize; 3]>,
}

/// Weights of a group with at most this many elements stay in cache, so their order does not matter, and terms can be sorted by line.
const SORTED_WEIGHTS: usize = 64 * 1024;

impl Convolution {
    /// Computes the tables.
    pub fn new(op: &Conv2d, input: &Shape, output: &Shape) -> Self {
        let window = op.window();
        let slide = Slide { window, input: map_size(input), output: map_size(output) };
        let (inputs, outputs) = (op.in_channels / op.groups, op.out_channels / op.groups);
        let [(down, rows), (across, columns)] = [0, 1].map(|axis| Axis::of(windows(window, slide.input, slide.output, axis)));
        let frame = Frame { axes: [down, across] };
        let mut taps = Vec::with_capacity(inputs * slide.taps());
        for channel in 0..inputs {
            for row in &rows {
                taps.extend(columns.iter().map(|column| channel * frame.len() + row * frame.line() + column));
            }
        }
        let line = frame.line();
        let (back_frame, back) = backward(&slide, inputs, outputs);
        let tiled = Tiled::new(&slide, op.groups, [inputs, outputs]);
        let phased = Phased::new(&slide, op.groups, [inputs, outputs]);
        Self { slide, groups: op.groups, inputs, outputs, bias: op.bias, frame, taps, line, back_frame, back, tiled, phased }
    }

    /// The same, without the algorithm in tiles, for a convolution without a stride.
    pub fn untiled(self) -> Self {
        Self { tiled: None, ..self }
    }

    /// The algorithm in tiles, if it is faster for this number of images.
    pub fn tiled(&self, images: usize) -> Option<&Tiled> {
        self.tiled.as_ref().filter(|tiled| tiled.takes(images))
    }

    /// The algorithm in phases, if it is faster for this number of images.
    pub fn phased(&self, images: usize) -> Option<&Phased> {
        self.phased.as_ref().filter(|phased| phased.takes(images))
    }

    /// Whether one of these algorithms is used for this number of images.
    pub fn is_fast(&self, images: usize) -> bool {
        self.tiled(images).is_some() || self.phased(images).is_some()
    }

    /// The number of terms of a sum: taps times input channels.
    pub fn depth(&self) -> usize {
        self.inputs * self.slide.taps()
    }

    /// The number of weights of one group.
    pub fn weights(&self) -> usize {
        self.outputs * self.depth()
    }

    /// The number of elements of an image's padded input.
    pub fn framed(&self) -> usize {
        if self.frame.is_plain() { 0 } else { self.groups * self.inputs * self.frame.len() }
    }

    /// The number of elements that an image needs for the gradient of the input: the padded gradient of the output, and a line of the
    /// largest part.
    pub fn back_scratch(&self) -> usize {
        let framed = if self.back_frame.is_plain() { 0 } else { self.groups * self.outputs * self.back_frame.len() };
        framed + self.inputs * self.slide.input[1]
    }
}

/// The windows along an axis, sliding from `input` to `output`.
pub fn windows(window: Window, input: [usize; 2], output: [usize; 2], axis: usize) -> Windows {
    let [stride, dilation, padding] = [window.stride[axis], window.dilation[axis], window.padding[axis]];
    Windows { size: input[axis], count: output[axis], taps: window.kernel[axis], stride, dilation, padding }
}

/// A part of the input's gradient along one axis.
struct Part {
    first: usize,
    count: usize,
    /// The taps that reach this part, each with the distance in windows from the window of an element back to the one whose tap it is.
    taps: Vec<(usize, usize)>,
    /// The index of the first element's window.
    window: usize,
}

/// The parts along one axis. Tap `t` of window `(i + padding - t * dilation) / stride` reads element `i` if this is an integer, so taps and
/// elements fall into classes by their remainder. Taps of windows that do not exist for any element of a part are left out.
fn parts(slide: &Slide, axis: usize) -> Vec<Part> {
    let Windows { size, count: windows, taps, stride, dilation, padding } = windows(slide.window, slide.input, slide.output, axis);
    let part = |first| Part { first, count: (size - first).div_ceil(stride), taps: Vec::new(), window: (first + padding) / stride };
    let mut parts: Vec<Part> = (0..size.min(stride)).map(part).collect();
    for tap in 0..taps {
        let (remainder, before) = (tap * dilation % stride, tap * dilation / stride);
        let before_first = padding % stride;
        let first = if remainder < before_first { remainder + (stride - before_first) } else { remainder - before_first };
        let Some(part) = parts.get_mut(first) else { continue };
        if before < part.window + part.count && part.window.saturating_sub(before) < windows {
            part.taps.push((tap, before));
        }
    }
    parts
}

fn backward(slide: &Slide, inputs: usize, outputs: usize) -> (Frame, Vec<Back>) {
    let axes = [parts(slide, 0), parts(slide, 1)];
    // Zeros before the first window and after the last one, as far as an element asks for them.
    let before = [0, 1].map(|axis| {
        let missing = |part: &Part| part.taps.iter().map(|tap| tap.1.saturating_sub(part.window)).max().unwrap_or(0);
        axes[axis].iter().map(missing).max().unwrap_or(0)
    });
    let after = [0, 1].map(|axis| {
        let last = |part: &Part| {
            let nearest = part.taps.iter().map(|tap| tap.1).min();
            nearest.map_or(0, |nearest| (part.window + part.count).saturating_sub(nearest))
        };
        axes[axis].iter().map(last).max().unwrap_or(0).saturating_sub(slide.output[axis])
    });
    let frame = Frame { axes: [0, 1].map(|axis| Axis::around(before[axis], slide.output[axis], after[axis])) };
    let sorted = outputs * inputs * slide.taps() <= SORTED_WEIGHTS;
    let mut list = Vec::new();
    for vertical in &axes[0] {
        for horizontal in &axes[1] {
            list.push(part(slide, (&frame, before), [vertical, horizontal], [inputs, outputs], sorted));
        }
    }
    (frame, list)
}

fn part(
    slide: &Slide,
    (frame, before): (&Frame, [usize; 2]),
    [vertical, horizontal]: [&Part; 2],
    [inputs, outputs]: [usize; 2],
    sorted: bool,
) -> Back {
    let mut taps = Vec::new();
    let mut weights = Vec::new();
    let mut term = |channel: usize, y: (usize, usize), x: (usize, usize)| {
        let line = before[0] + vertical.window - y.1;
        let column = before[1] + horizontal.window - x.1;
        taps.push(channel * frame.len() + line * frame.line() + column);
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
    // If terms are sorted by line, those that only read zeros above and below are left out.
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

impl Runnable for ops::Conv2d {
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
        Ok(Arc::new(Convolution::new(self, at.input(), at.output())))
    }

    fn form(&self, at: &At<'_>, given: Given) -> Option<Form> {
        Conv::form(self, at, given)
    }

    fn transforms(&self) -> bool {
        let channels = [self.in_channels, self.out_channels];
        Tiled::suits(self.window(), self.groups, channels) || Phased::suits(self.window(), self.groups, channels)
    }

    fn framed<'a>(&self, input: &'a Shape, output: &'a Shape) -> Option<Framed<'a>> {
        Some(Framed { window: self.window(), large: input, small: output, channels: self.in_channels })
    }
}

impl Runnable for ops::Conv1d {
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
        Ok(Arc::new(Convolution::new(&self.as_conv2d(), at.input(), at.output())))
    }

    fn form(&self, at: &At<'_>, given: Given) -> Option<Form> {
        Conv::form(&self.as_conv2d(), at, given)
    }

    fn framed<'a>(&self, input: &'a Shape, output: &'a Shape) -> Option<Framed<'a>> {
        Some(Framed { window: self.window(), large: input, small: output, channels: self.in_channels })
    }
}

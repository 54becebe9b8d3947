//! How a convolution is laid out: the frame of zeros around its maps, and where each tap reads in it.
//!
//! Positions count elements; a lane multiplies them by its number of images.

use std::sync::Arc;

use layercake_ir::{
    Shape,
    ops::{self, Conv2d, Window},
};

use super::{
    Frame, Layer, Phased, Tiled,
    frame::{Axis, Windows},
    map_size,
};
use crate::{
    EngineError,
    kernels::Slide,
    plan::{At, Framed, Runnable},
};

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

    /// Are so many images done in one of these ways?
    pub fn is_fast(&self, images: usize) -> bool {
        self.tiled(images).is_some() || self.phased(images).is_some()
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

/// The windows along an axis, on maps of a size and as many as another size.
pub fn windows(window: Window, input: [usize; 2], output: [usize; 2], axis: usize) -> Windows {
    let [stride, dilation, padding] = [window.stride[axis], window.dilation[axis], window.padding[axis]];
    Windows { size: input[axis], count: output[axis], taps: window.kernel[axis], stride, dilation, padding }
}

/// One axis of a part of the input's gradient.
struct Part {
    first: usize,
    count: usize,
    /// The taps that reach this part, and how many windows before the element's own each of them belongs to.
    taps: Vec<(usize, usize)>,
    /// The number of the first element's own window.
    window: usize,
}

/// The parts of one axis. Element `i` is read by tap `t` of window `(i + padding - t * dilation) / stride` if that is whole: so taps
/// and elements fall into classes by their remainder. Taps that no element of a part has a window for are left out.
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
    // Zeros for the windows before the first and after the last that some element asks for.
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

impl Runnable for ops::Conv2d {
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
        Ok(Arc::new(Convolution::new(self, at.input(), at.output())))
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

    fn framed<'a>(&self, input: &'a Shape, output: &'a Shape) -> Option<Framed<'a>> {
        Some(Framed { window: self.window(), large: input, small: output, channels: self.in_channels })
    }
}

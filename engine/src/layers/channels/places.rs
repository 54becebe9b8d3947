//! Where the product of a convolution reads its input.

use layercake_ir::ops::Conv2d;

use crate::kernels::{
    Slide,
    channels::{frame::Frame, pack::Panels},
};

/// A frame may have this many times the elements of its map. With more, windows skip most of it.
const MOST_FRAME: usize = 4;

/// Where a product reads its input.
#[derive(Clone, Debug)]
pub struct Places {
    /// Whether each channel is a map of its own, as in a network's input.
    pub planar: bool,
    /// The frame around the maps, if windows reach beyond them.
    pub frame: Option<Frame>,
    /// The distance of two channels.
    pub channel: usize,
    /// The distances of images, lines and positions.
    pub steps: [usize; 3],
    /// The segments of a window.
    pub segments: Vec<usize>,
    /// The number of elements of a segment.
    pub len: usize,
    /// The division of a group's output channels.
    pub panels: Panels,
}

impl Places {
    /// For an operation; None if its frame would be mostly skipped.
    pub fn new(op: &Conv2d, slide: &Slide, planar: bool) -> Option<Self> {
        let window = slide.window;
        let channels = op.in_channels;
        // The numbers of a position, and the maps of an image.
        let [row, maps] = if planar { [1, channels] } else { [channels, 1] };
        let reach = |axis: usize| {
            let steps = (slide.output[axis] - 1).checked_mul(window.stride[axis])?;
            let taps = (window.kernel[axis] - 1).checked_mul(window.dilation[axis])?;
            steps.checked_add(taps)?.checked_add(1)
        };
        let framed = [reach(0)?, reach(1)?];
        let beyond = |axis: usize| window.padding[axis] > 0 || framed[axis] > slide.input[axis];
        let needed = beyond(0) || beyond(1);
        if needed && framed[0].checked_mul(framed[1])? > MOST_FRAME * slide.input_len() {
            return None;
        }
        let frame = needed.then_some(Frame { size: slide.input, before: window.padding, framed, row });
        let size = if needed { framed } else { slide.input };
        let line = size[1] * row;
        let map = size[0] * line;
        let inputs = channels / op.groups;
        // The taps of a line are adjacent if they have all channels of a position, or if each channel has a map.
        let adjacent = window.dilation[1] == 1 && (planar || op.groups == 1);
        let mut segments = Vec::new();
        for channel in 0..if planar { inputs } else { 1 } {
            for tap_y in 0..window.kernel[0] {
                let at = channel * map + tap_y * window.dilation[0] * line;
                if adjacent {
                    segments.push(at);
                } else {
                    segments.extend((0..window.kernel[1]).map(|tap_x| at + tap_x * window.dilation[1] * row));
                }
            }
        }
        let of_tap = if planar { 1 } else { inputs };
        let len = if adjacent { window.kernel[1] * of_tap } else { of_tap };
        let steps = [maps * map, window.stride[0] * line, window.stride[1] * row];
        Some(Self {
            planar,
            frame,
            channel: if planar { map } else { 1 },
            steps,
            segments,
            len,
            panels: Panels::new(op.out_channels / op.groups),
        })
    }

    /// The number of elements of the padded input of an image.
    pub fn framed(&self) -> usize {
        if self.frame.is_some() { self.steps[0] } else { 0 }
    }

    /// The tap and the input channel of a term.
    pub fn term(&self, term: usize, inputs: usize, taps: usize) -> [usize; 2] {
        if self.planar { [term % taps, term / taps] } else { [term / inputs, term % inputs] }
    }

    /// The position of a group's first channel.
    pub fn group(&self, group: usize, inputs: usize) -> usize {
        group * inputs * self.channel
    }
}

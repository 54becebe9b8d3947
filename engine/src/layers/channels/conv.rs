//! `Conv2d` and `Conv1d`, with batch normalization, a residual and a function.

use layercake_ir::{Shape, ops::Conv2d};

use super::{Ending, Form, Fuses, Next, Order};
use crate::{
    kernels::{
        Slide,
        channels::{
            frame::{self, Frame},
            pack::Panels,
            product::{Product, product},
            window,
        },
    },
    layers::{Layer, Reads, Site, map_size},
    plan::Given,
};

/// A frame may have this many times the elements of its map. With more, windows skip most of it.
const MOST_FRAME: usize = 4;

/// With at most this many channels, as a network's input has, planes are read as they are. Positions with more channels are rearranged first.
const MOST_PLANES: usize = 4;

/// A convolution.
#[derive(Clone, Debug)]
pub struct Conv {
    slide: Slide,
    groups: usize,
    /// The channels of a group.
    inputs: usize,
    outputs: usize,
    bias: bool,
    /// The number of its first tensor.
    first: usize,
    way: Way,
    ending: Ending,
}

/// How it is computed.
#[derive(Clone, Debug)]
enum Way {
    /// Each channel by itself.
    Depthwise,
    /// As a product of positions and weights.
    Product(Places),
}

/// Where a product reads its input.
#[derive(Clone, Debug)]
struct Places {
    /// Whether each channel is a map of its own, as in a network's input.
    planar: bool,
    /// The frame around the maps, if windows reach beyond them.
    frame: Option<Frame>,
    /// The distance of two channels.
    channel: usize,
    /// The distances of images, lines and positions.
    steps: [usize; 3],
    /// The segments of a window, and the number of elements of each.
    segments: Vec<usize>,
    len: usize,
    panels: Panels,
}

impl Conv {
    /// The convolution of an operation, whose first tensor has this number; None if this layout does not suit it. A planar input has each channel
    /// as a map of its own.
    pub fn new(op: &Conv2d, input: &Shape, output: &Shape, first: usize, planar: bool) -> Option<Self> {
        let slide = Slide { window: op.window(), input: map_size(input), output: map_size(output) };
        let (inputs, outputs) = (op.in_channels / op.groups, op.out_channels / op.groups);
        let depthwise = inputs == 1 && outputs == 1 && !planar;
        let way = if depthwise { Way::Depthwise } else { Way::Product(Places::new(op, &slide, planar)?) };
        Some(Self { slide, groups: op.groups, inputs, outputs, bias: op.bias, first, way, ending: Ending::default() })
    }

    /// How the operation runs: on channels, or on the planes of a network's input.
    pub fn form(op: &Conv2d, input: &Shape, output: &Shape, given: Given) -> Option<Form> {
        let planar = given.order != Order::Channels && op.groups == 1 && op.in_channels <= MOST_PLANES;
        let layer = Box::new(Self::new(op, input, output, given.first, planar)?);
        Some(Form::Ordered { layer, from: if planar { Order::Batch } else { Order::Channels }, to: Order::Channels })
    }

    fn depth(&self) -> usize {
        self.inputs * self.slide.taps()
    }

    /// The scale of each output channel, in the place of the bias.
    fn put_scales(&self, params: &[Vec<f32>], group: usize, to: &mut [f32]) {
        for (channel, to) in to[..self.outputs].iter_mut().enumerate() {
            *to = self.ending.scale(params, group * self.outputs + channel) as f32;
        }
    }

    fn put_biases(&self, params: &[Vec<f32>], group: usize, to: &mut [f32]) {
        to.fill(0.0);
        for (channel, to) in to[..self.outputs].iter_mut().enumerate() {
            let channel = group * self.outputs + channel;
            *to = self.ending.shift(params, channel, if self.bias { params[self.first + 1][channel] } else { 0.0 });
        }
    }
}

impl Places {
    fn new(op: &Conv2d, slide: &Slide, planar: bool) -> Option<Self> {
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
        Some(Self { planar, frame, channel: if planar { map } else { 1 }, steps, segments, len, panels: Panels::new(op.out_channels / op.groups) })
    }

    /// The number of elements of the padded input of an image.
    fn framed(&self) -> usize {
        if self.frame.is_some() { self.steps[0] } else { 0 }
    }

    /// The tap and the input channel of a term.
    fn term(&self, term: usize, inputs: usize, taps: usize) -> [usize; 2] {
        if self.planar { [term % taps, term / taps] } else { [term / inputs, term % inputs] }
    }

    /// The position of a group's first channel.
    fn group(&self, group: usize, inputs: usize) -> usize {
        group * inputs * self.channel
    }
}

impl Layer for Conv {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn scratch(&self, images: usize, _: bool) -> [usize; 2] {
        match &self.way {
            Way::Depthwise => [0; 2],
            Way::Product(places) => [places.framed() * images, 0],
        }
    }

    fn packs(&self) -> usize {
        match &self.way {
            Way::Depthwise => (self.slide.taps() + 1) * self.groups,
            Way::Product(places) => self.groups * (self.depth() + 1) * places.panels.padded(),
        }
    }

    fn pack(&self, params: &[Vec<f32>], to: &mut [f32]) {
        let (weight, taps) = (&params[self.first], self.slide.taps());
        match &self.way {
            Way::Depthwise => {
                let (bias, packed) = to.split_at_mut(self.groups);
                for channel in 0..self.groups {
                    let scale = self.ending.scale(params, channel) as f32;
                    for tap in 0..taps {
                        packed[tap * self.groups + channel] = weight[channel * taps + tap] * scale;
                    }
                    bias[channel] = self.ending.shift(params, channel, if self.bias { params[self.first + 1][channel] } else { 0.0 });
                }
            }
            Way::Product(places) => {
                let padded = places.panels.padded();
                for (group, to) in to.chunks_exact_mut((self.depth() + 1) * padded).enumerate() {
                    let (bias, packed) = to.split_at_mut(padded);
                    self.put_scales(params, group, bias);
                    let weight = &weight[group * self.outputs * self.depth()..];
                    let factor = |channel: usize, term: usize| {
                        let [tap, input] = places.term(term, self.inputs, taps);
                        weight[(channel * self.inputs + input) * taps + tap] * bias[channel]
                    };
                    places.panels.pack(self.depth(), factor, packed);
                    self.put_biases(params, group, bias);
                }
            }
        }
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let (x, packed, images) = (at.x(0), at.packed, at.images());
        match &self.way {
            Way::Depthwise => {
                let (bias, weight) = packed.split_at(self.groups);
                window::depthwise(&self.slide, self.groups, [weight, bias], self.ending.tail(at), x, y);
            }
            Way::Product(places) => {
                let scratch = std::mem::take(&mut at.scratch);
                let x = match &places.frame {
                    Some(around) => {
                        let framed = &mut scratch[..places.framed() * images];
                        frame::pad(around, x, framed);
                        framed
                    }
                    None => x,
                };
                let padded = places.panels.padded();
                let [height, width] = self.slide.output;
                for (group, of_group) in packed.chunks_exact((self.depth() + 1) * padded).enumerate() {
                    let (bias, weight) = of_group.split_at(padded);
                    let of = Product {
                        positions: [images, height, width],
                        steps: places.steps,
                        x: &x[places.group(group, self.inputs)..],
                        segments: &places.segments,
                        len: places.len,
                        panels: places.panels,
                        weight,
                        bias,
                        out_row: self.groups * self.outputs,
                        out_first: group * self.outputs,
                        tail: self.ending.tail(at),
                    };
                    product(of, y);
                }
            }
        }
    }
}

impl Fuses for Conv {
    fn take(&mut self, next: &Next) -> bool {
        self.ending.take(next)
    }
}

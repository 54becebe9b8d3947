//! `Conv2d` and `Conv1d`, with batch normalization, a residual and a function.

use layercake_ir::{Shape, ops::Conv2d};

use super::{Ending, Form, Fuses, Next, Order, Places, Tiled};
use crate::{
    kernels::{
        Slide,
        channels::{
            Tail, frame,
            product::{Product, product},
            window,
        },
    },
    layers::{Layer, Reads, Site, map_size},
    plan::{At, Given},
};

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
    /// In tiles, and as a product where an image has outliers.
    Tiles(Tiled, Places),
}

impl Conv {
    /// The convolution of an operation, whose first tensor has this number; None if this layout does not suit it. A planar input has each channel
    /// as a map of its own.
    fn new(op: &Conv2d, input: &Shape, output: &Shape, first: usize, planar: bool, images: usize) -> Option<Self> {
        let slide = Slide { window: op.window(), input: map_size(input), output: map_size(output) };
        let (inputs, outputs) = (op.in_channels / op.groups, op.out_channels / op.groups);
        let depthwise = inputs == 1 && outputs == 1 && !planar;
        let way = match Tiled::new(op, &slide, images).filter(|_| !planar) {
            _ if depthwise => Way::Depthwise,
            Some(tiled) => Way::Tiles(tiled, Places::new(op, &slide, planar)?),
            None => Way::Product(Places::new(op, &slide, planar)?),
        };
        Some(Self { slide, groups: op.groups, inputs, outputs, bias: op.bias, first, way, ending: Ending::default() })
    }

    /// How the operation runs: on channels, or on the planes of a network's input.
    pub fn form(op: &Conv2d, at: &At<'_>, given: Given) -> Option<Form> {
        let planar = given.order != Order::Channels && op.groups == 1 && op.in_channels <= MOST_PLANES;
        let layer = Box::new(Self::new(op, at.input(), at.output(), given.first, planar, at.key.batch)?);
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
            *to = self.ending.shift(params, channel, self.own_bias(params, channel));
        }
    }

    fn own_bias(&self, params: &[Vec<f32>], channel: usize) -> f32 {
        if self.bias { params[self.first + 1][channel] } else { 0.0 }
    }
}

impl Conv {
    /// The number of elements of the packed weights and biases of a product.
    fn product_packs(&self, places: &Places) -> usize {
        self.groups * (self.depth() + 1) * places.panels.padded()
    }

    fn pack_depthwise(&self, params: &[Vec<f32>], to: &mut [f32]) {
        let (weight, taps) = (&params[self.first], self.slide.taps());
        let (bias, packed) = to.split_at_mut(self.groups);
        for channel in 0..self.groups {
            let scale = self.ending.scale(params, channel) as f32;
            for tap in 0..taps {
                packed[tap * self.groups + channel] = weight[channel * taps + tap] * scale;
            }
        }
        for (channel, to) in bias.iter_mut().enumerate() {
            *to = self.ending.shift(params, channel, self.own_bias(params, channel));
        }
    }

    fn pack_product(&self, places: &Places, params: &[Vec<f32>], to: &mut [f32]) {
        let (taps, padded) = (self.slide.taps(), places.panels.padded());
        for (group, to) in to.chunks_exact_mut((self.depth() + 1) * padded).enumerate() {
            let (bias, packed) = to.split_at_mut(padded);
            self.put_scales(params, group, bias);
            let weight = &params[self.first][group * self.outputs * self.depth()..];
            let factor = |channel: usize, term: usize| {
                let [tap, input] = places.term(term, self.inputs, taps);
                weight[(channel * self.inputs + input) * taps + tap] * bias[channel]
            };
            places.panels.pack(self.depth(), factor, packed);
            self.put_biases(params, group, bias);
        }
    }

    /// The convolution as a product.
    fn multiply(&self, places: &Places, packed: &[f32], tail: Tail, x: &[f32], scratch: &mut [f32], y: &mut [f32]) {
        let [height, width] = self.slide.output;
        let out_row = self.groups * self.outputs;
        let images = y.len() / (height * width * out_row);
        let x = match &places.frame {
            Some(around) => {
                let framed = &mut scratch[..places.framed() * images];
                frame::pad(around, x, framed);
                framed
            }
            None => x,
        };
        let padded = places.panels.padded();
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
                out_row,
                out_first: group * self.outputs,
                tail,
            };
            product(of, y);
        }
    }
}

impl Layer for Conv {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    /// The padded input; or the matrices of tiles and what says whether images have outliers, and the padded input of one image.
    fn scratch(&self, images: usize, _: bool) -> [usize; 2] {
        match &self.way {
            Way::Depthwise => [0; 2],
            Way::Product(places) => [places.framed() * images, 0],
            Way::Tiles(tiled, places) => [places.framed(), tiled.spare(images)],
        }
    }

    fn packs(&self) -> usize {
        match &self.way {
            Way::Depthwise => (self.slide.taps() + 1) * self.groups,
            Way::Product(places) => self.product_packs(places),
            Way::Tiles(tiled, places) => self.product_packs(places) + tiled.packs(&places.panels),
        }
    }

    fn pack(&self, params: &[Vec<f32>], to: &mut [f32]) {
        match &self.way {
            Way::Depthwise => self.pack_depthwise(params, to),
            Way::Product(places) => self.pack_product(places, params, to),
            Way::Tiles(tiled, places) => {
                let (of_product, of_tiles) = to.split_at_mut(self.product_packs(places));
                self.put_scales(params, 0, of_product);
                tiled.pack(&places.panels, &params[self.first], of_product, of_tiles);
                self.pack_product(places, params, of_product);
            }
        }
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let (x, images, packed, tail) = (at.x(0), at.images(), at.packed, self.ending.tail(at));
        match &self.way {
            Way::Depthwise => {
                let (bias, weight) = packed.split_at(self.groups);
                window::depthwise(&self.slide, self.groups, [weight, bias], tail, x, y);
            }
            Way::Product(places) => self.multiply(places, packed, tail, x, at.scratch, y),
            Way::Tiles(tiled, places) => {
                let (of_product, of_tiles) = packed.split_at(self.product_packs(places));
                let outliers = tiled.convolve(&places.panels, of_tiles, &of_product[..places.panels.padded()], tail, x, at.spare, y);
                let [of_x, of_y] = [x.len(), y.len()].map(|len| len / images);
                for image in (0..images).filter(|&image| outliers.has(image)) {
                    let part = image * of_y..(image + 1) * of_y;
                    let tail = Tail { residual: tail.residual.map(|residual| &residual[part.clone()]), ..tail };
                    self.multiply(places, of_product, tail, &x[image * of_x..][..of_x], at.scratch, &mut y[part]);
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

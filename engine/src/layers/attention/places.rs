//! Where the data of an attention layer is kept: images one behind the other, `[images, length, features]`.

use super::Attention;
use crate::layers::Dense;

/// The queries, the keys, or the values in the buffer of all three.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The position of the first image's.
    base: usize,
    /// The distance between steps.
    pub row: usize,
    /// The distance between images.
    image: usize,
}

impl Place {
    /// The position of a head of an image.
    pub fn of(&self, image: usize, head: usize, size: usize) -> usize {
        self.base + image * self.image + head * size
    }
}

/// The parts of the data kept for the backward pass.
pub(super) struct Parts<'a> {
    /// The inputs without the mask, one behind the other.
    pub x: &'a mut [f32],
    /// Queries, keys and values.
    pub all: &'a mut [f32],
    /// The attention weights (the softmax), `[images, heads, length, steps]`.
    pub seen: &'a mut [f32],
    /// The concatenated outputs of the heads, `[images, length, features]`.
    pub mixed: &'a mut [f32],
}

/// A linear map of an input: to queries, keys or values, or to all three.
#[derive(Clone, Copy, Debug)]
pub(super) struct Projection {
    pub map: Dense,
    /// The number of the input.
    pub input: usize,
    /// The position of the input in [`Parts::x`].
    pub x: usize,
    /// The position of the output in [`Parts::all`].
    pub to: usize,
    /// The first row of the weight.
    pub row: usize,
}

impl Projection {
    /// Its rows of the weight.
    pub fn weight<'a>(&self, all: &'a [f32]) -> &'a [f32] {
        &all[self.row * self.map.inputs..][..self.map.outputs * self.map.inputs]
    }

    /// Its input.
    pub fn from<'a>(&self, x: &'a [f32]) -> &'a [f32] {
        &x[self.x..][..self.map.rows * self.map.inputs]
    }

    /// Its output, or the gradient of that.
    pub fn out<'a>(&self, all: &'a [f32]) -> &'a [f32] {
        &all[self.to..][..self.map.rows * self.map.outputs]
    }
}

impl Attention {
    /// The number of elements of each of the [`Parts`].
    pub(super) fn sizes(&self, images: usize) -> [usize; 4] {
        let (query, steps) = (self.length * self.op.features * images, self.steps * self.op.features * images);
        let inputs = if self.op.key { query + steps + if self.op.value { steps } else { 0 } } else { query };
        [inputs, query + 2 * steps, self.op.heads * self.length * self.steps * images, query]
    }

    pub(super) fn parts<'a>(&self, images: usize, kept: &'a mut [f32]) -> Parts<'a> {
        let [x, all, seen, mixed] = self.sizes(images);
        let (x, rest) = kept.split_at_mut(x);
        let (all, rest) = rest.split_at_mut(all);
        let (seen, rest) = rest.split_at_mut(seen);
        Parts { x, all, seen, mixed: &mut rest[..mixed] }
    }

    /// Of queries, keys and values.
    pub(super) fn places(&self, images: usize) -> [Place; 3] {
        let features = self.op.features;
        if !self.op.key {
            return [0, 1, 2].map(|part| Place { base: part * features, row: 3 * features, image: self.length * 3 * features });
        }
        let [query, steps] = [self.length, self.steps].map(|length| length * features);
        let place = |base: usize, image: usize| Place { base, row: features, image };
        [place(0, query), place(query * images, steps), place((query + steps) * images, steps)]
    }

    /// The projections, with all steps of all images as rows: one to all three if there is one input.
    pub(super) fn projections(&self, images: usize) -> impl Iterator<Item = Projection> + use<> {
        let (inputs, bias, key, value) = (self.op.features, self.op.bias, self.op.key, self.op.value);
        let [query, steps] = [self.length * images, self.steps * images];
        let of = move |part: usize| {
            if !key {
                let map = Dense { rows: query, inputs, outputs: 3 * inputs, bias };
                return Projection { map, input: 0, x: 0, to: 0, row: 0 };
            }
            let rows = if part == 0 { query } else { steps };
            let input = if part == 2 && !value { 1 } else { part };
            let [x, to] = [input, part].map(|before| [0, query, query + steps][before] * inputs);
            Projection { map: Dense { rows, inputs, outputs: inputs, bias }, input, x, to, row: part * inputs }
        };
        (0..if key { 3 } else { 1 }).map(of)
    }
}

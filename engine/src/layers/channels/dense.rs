//! `Linear`: on features, with the weights where they are, since each is used once for an image; and on positions, as a product with packed
//! weights.

use layercake_ir::{Shape, ops::Linear};

use super::{Ending, Fuses, Next};
use crate::{
    kernels::{
        channels::{
            pack::Panels,
            product::{Product, product},
            team,
        },
        product::{Every, Inner, Start, inner},
    },
    layers::{Layer, Reads, Site},
};

/// A linear layer on features: from `[images, features]` to `[features, images]`.
#[derive(Clone, Debug)]
pub struct Rows {
    inputs: usize,
    bias: bool,
    ending: Ending,
}

impl Rows {
    /// The layer of an operation on a single row.
    pub fn new(op: &Linear) -> Self {
        Self { inputs: op.in_features, bias: op.bias, ending: Ending::default() }
    }
}

impl Layer for Rows {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let (images, inputs, x) = (at.images(), self.inputs, at.x(0));
        let (weight, bias) = (&at.params[0], self.bias.then(|| &at.params[1]));
        let function = self.ending.function.as_deref();
        team::rows(y, images, images * inputs, |first, y| {
            match bias {
                Some(bias) => y.chunks_exact_mut(images).zip(&bias[first..]).for_each(|(y, &bias)| y.fill(bias)),
                None => y.fill(0.0),
            }
            let product = Inner {
                m: y.len() / images,
                n: images,
                len: inputs,
                segments: 1,
                left: &weight[first * inputs..],
                left_row: inputs,
                left_segment: 0,
                right: x,
                rows: Every(inputs),
                right_segment: 0,
                out_row: images,
                start: Start::Sum,
            };
            inner(product, y);
            if let Some(function) = function {
                function.forward(y);
            }
        });
    }
}

impl Fuses for Rows {
    fn take(&mut self, next: &Next) -> bool {
        matches!(next, Next::Function(_)) && self.ending.take(next)
    }
}

/// A linear layer on positions, `[images, positions, features]`.
#[derive(Clone, Debug)]
pub struct Positions {
    rows: usize,
    inputs: usize,
    bias: bool,
    panels: Panels,
    /// The number of its first tensor.
    first: usize,
    ending: Ending,
}

impl Positions {
    /// The layer of an operation on several rows.
    pub fn new(op: &Linear, input: &Shape, first: usize) -> Self {
        let (inputs, bias) = (op.in_features, op.bias);
        Self { rows: input.len() / inputs, inputs, bias, panels: Panels::new(op.out_features), first, ending: Ending::default() }
    }
}

impl Layer for Positions {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn packs(&self) -> usize {
        (self.inputs + 1) * self.panels.padded()
    }

    fn pack(&self, params: &[Vec<f32>], to: &mut [f32]) {
        let (bias, packed) = to.split_at_mut(self.panels.padded());
        let weight = &params[self.first];
        self.panels.pack(self.inputs, |output, input| weight[output * self.inputs + input], packed);
        bias.fill(0.0);
        if self.bias {
            bias[..self.panels.outputs].copy_from_slice(&params[self.first + 1]);
        }
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let (bias, weight) = at.packed.split_at(self.panels.padded());
        let of = Product {
            positions: [1, 1, self.rows * at.images()],
            steps: [0, 0, self.inputs],
            x: at.x(0),
            segments: &[0],
            len: self.inputs,
            panels: self.panels,
            weight,
            bias,
            out_row: self.panels.outputs,
            out_first: 0,
            tail: self.ending.tail(at),
        };
        product(of, y);
    }
}

impl Fuses for Positions {
    fn take(&mut self, next: &Next) -> bool {
        !matches!(next, Next::Norm(_)) && self.ending.take(next)
    }
}

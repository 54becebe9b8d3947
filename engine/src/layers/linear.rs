//! `Linear` on the buffers of a lane: `[rows, features, images]`, where `rows` is 1 or the length.
//!
//! The columns of a product are the images; a lane with a single image takes its rows together instead.

use std::sync::Arc;

use layercake_ir::{Shape, ops};

use super::{
    Held, Layer, Reads, Site, Weights,
    channels::{Form, Order, Positions, Rows},
};
use crate::{
    EngineError,
    kernels::{
        layout,
        product::{Every, Inner, Left, Outer, Start, inner, outer},
        reduce,
    },
    plan::{At, Given, Runnable},
};

/// The number of rows of the weight whose gradient one thread computes at a time: few enough to stay in a level-1 cache from one lane to
/// the next.
const PART: usize = 8;

/// A linear layer.
#[derive(Clone, Copy, Debug)]
pub struct Dense {
    /// The rows of one sample: 1, or the length.
    pub rows: usize,
    /// The number of input features.
    pub inputs: usize,
    /// The number of output features.
    pub outputs: usize,
    /// Whether it has a bias.
    pub bias: bool,
}

impl Layer for Dense {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        [if backward { self.rows * self.inputs * images } else { 0 }, 0]
    }

    fn takes_activation(&self) -> bool {
        true
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let bias = self.bias.then(|| at.params[1].as_slice());
        forward(self, at.images(), &at.params[0], bias, at.x(0), y);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        input_grad(self, at.images(), &at.params[0], dy, dx, add);
    }

    fn weights(&self) -> Option<&dyn Weights> {
        Some(self)
    }
}

impl Weights for Dense {
    fn part(&self) -> [usize; 2] {
        [PART.min(self.outputs), self.inputs]
    }

    fn has_bias(&self) -> bool {
        self.bias
    }

    fn prepare(&self, at: &mut Site, _: &[f32]) {
        turn(self, at.images(), at.x(0), at.scratch);
    }

    fn rows(&self, from: Held, first: usize, to: &mut [f32], add: bool) {
        weight_rows(self, from, first, to, add);
    }

    /// The sum of `dy` over images and rows.
    fn bias(&self, from: Held, to: &mut [f32], add: bool) {
        for (row, dy) in from.dy.chunks_exact(self.outputs * from.images).enumerate() {
            reduce::stretches(dy, to, add || row > 0);
        }
    }
}

/// `y = W x + b`
pub(super) fn forward(dense: &Dense, images: usize, weight: &[f32], bias: Option<&[f32]>, x: &[f32], y: &mut [f32]) {
    let Dense { rows, inputs, outputs, .. } = *dense;
    let start = bias.map_or(Start::Zero, Start::Bias);
    if images == 1 {
        let product = Inner {
            m: rows,
            n: outputs,
            len: inputs,
            segments: 1,
            left: x,
            left_row: inputs,
            left_segment: 0,
            right: weight,
            rows: Every(inputs),
            right_segment: 0,
            out_row: outputs,
            start,
        };
        return inner(product, y);
    }
    let product = Outer::new([outputs, inputs, images], Left::rows(weight, inputs), x, Every(images))
        .segments(rows, [inputs * images, outputs * images])
        .start(start);
    outer(product, y);
}

/// `dx = W^T dy`; overwrites or is added.
pub(super) fn input_grad(dense: &Dense, images: usize, weight: &[f32], dy: &[f32], dx: &mut [f32], add: bool) {
    let Dense { rows, inputs, outputs, .. } = *dense;
    let start = if add { Start::Sum } else { Start::Zero };
    if images == 1 {
        let product = Outer::new([rows, outputs, inputs], Left::rows(dy, outputs), weight, Every(inputs)).start(start);
        return outer(product, dx);
    }
    let product = Outer::new([inputs, outputs, images], Left::columns(weight, inputs), dy, Every(images))
        .segments(rows, [outputs * images, inputs * images])
        .start(start);
    outer(product, dx);
}

/// Stores the input as [`weight_rows`] reads it, `[rows, images, features]`.
pub(super) fn turn(dense: &Dense, images: usize, x: &[f32], scratch: &mut [f32]) {
    let row = dense.inputs * images;
    for (x, to) in x.chunks_exact(row).zip(scratch.chunks_exact_mut(row)) {
        layout::transpose(dense.inputs, images, x, to, false);
    }
}

/// `dW = dy x^T`, for the rows from `first` on, as many as fit into `to`.
fn weight_rows(dense: &Dense, from: Held, first: usize, to: &mut [f32], add: bool) {
    let Dense { rows, inputs, outputs, .. } = *dense;
    let Held { images, dy, scratch: turned, .. } = from;
    // For a single image, all rows are one product; otherwise there is one product per row.
    let (count, k, left_row, left_cols) = if images == 1 { (1, rows, 1, outputs) } else { (rows, images, images, 1) };
    for row in 0..count {
        let product = Outer::new(
            [to.len() / inputs, k, inputs],
            Left { elements: &dy[(row * outputs + first) * images..], row: left_row, cols: Every(left_cols) },
            &turned[row * images * inputs..],
            Every(inputs),
        )
        .start(if add || row > 0 { Start::Sum } else { Start::Zero });
        outer(product, to);
    }
}

impl Dense {
    /// The layer of an operation.
    pub fn new(op: &ops::Linear, input: &Shape) -> Self {
        Self { rows: input.len() / op.in_features, inputs: op.in_features, outputs: op.out_features, bias: op.bias }
    }
}

impl Runnable for ops::Linear {
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
        Ok(Arc::new(Dense::new(self, at.input())))
    }

    fn form(&self, at: &At<'_>, given: Given) -> Option<Form> {
        if at.input().rank() == 1 {
            return Some(Form::Ordered { layer: Box::new(Rows::new(self)), from: Order::Batch, to: Order::Images });
        }
        let layer = Box::new(Positions::new(self, at.input(), given.first));
        Some(Form::Ordered { layer, from: Order::Batch, to: Order::Batch })
    }

    /// Of a vector there is one product for each image, which fills no vector by itself either.
    fn by_images(&self, input: &Shape) -> bool {
        input.rank() > 1
    }
}

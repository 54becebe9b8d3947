//! `RNN`, `LSTM` and `GRU` on the buffers of a lane: `[length, features, images]`.
//!
//! The input's part of all steps is one product; the state's part is one product per step, followed directly by the rest of the step. In
//! the backward pass the gradients of the gates overwrite the gates, and the gradients of the weights are products over all steps.

mod back;
mod columns;
mod kept;

use std::sync::Arc;

use kept::{Kept, Side};
use layercake_ir::{
    Shape,
    ops::{self, Cell, Relu, Tanh},
};

use super::{Layer, Reads, Site, linear::Dense};
use crate::{
    EngineError,
    kernels::{
        dropout::{self, Mask},
        elementwise::Function,
        product::{Every, Inner, Left, Outer, Start, inner, outer},
        recurrent as kernel,
    },
    plan::{At, Runnable},
};

/// A recurrent layer of any kind.
#[derive(Clone, Copy, Debug)]
pub struct Recurrent {
    op: ops::Recurrent,
    /// The length of the sequence.
    length: usize,
    /// Whether the initial states are inputs.
    given: bool,
    /// The probability of dropout between layers in this run.
    dropout: f64,
}

impl Recurrent {
    /// The layer for an input of this shape.
    pub fn new(op: ops::Recurrent, input: &Shape, given: bool, train: bool) -> Self {
        Self { op, length: input.dim(0), given, dropout: if train { op.dropout } else { 0.0 } }
    }

    /// The number of rows of all gates.
    fn rows(&self) -> usize {
        self.op.cell.gates() * self.op.hidden
    }

    /// The input's part of a layer's gates, without the bias.
    fn input_part(&self, layer: usize) -> Dense {
        Dense { rows: self.length, inputs: self.op.features(layer), outputs: self.rows(), bias: false }
    }

    /// The tensors of a layer and direction.
    fn tensors(&self, number: usize) -> std::ops::Range<usize> {
        let first = number * self.op.tensors();
        first..first + self.op.tensors()
    }

    /// The initial state of a layer and direction.
    fn begins<'a>(&self, at: &Site<'a>, state: usize, number: usize) -> Option<&'a [f32]> {
        let len = self.op.hidden * at.images();
        self.given.then(|| &at.x(1 + state)[number * len..][..len])
    }

    /// The number of elements of the output, which comes before the states: those of the last layer's steps, or of its last step.
    fn shown(&self, images: usize) -> usize {
        let row = self.op.width() * images;
        if self.op.last { row } else { self.length * row }
    }

    /// The positions of a final state of a layer and direction.
    fn end(&self, images: usize, state: usize, layer: usize, direction: usize) -> std::ops::Range<usize> {
        let len = self.op.hidden * images;
        let first = self.shown(images) + ((state * self.op.layers + layer) * self.op.directions + direction) * len;
        first..first + len
    }

    /// The random numbers of a sample that belong to the dropout after a layer.
    fn mask(&self, at: &Site, layer: usize) -> (Mask, [usize; 2]) {
        let elements = self.length * self.op.width();
        let mask = Mask { seed: at.seed, node: at.node, p: self.dropout, span: 1 };
        (mask, [layer * elements, self.op.layers * elements])
    }

    /// One layer in one direction.
    fn run(&self, at: &Site, images: usize, number: usize, x: &[f32], side: &mut Side, sum: &mut [f32]) {
        let params = &at.params[self.tensors(number)];
        let (rows, hidden) = (self.rows(), self.op.hidden);
        let gru = self.op.cell == Cell::Gru;
        // Both biases are added at once, except in a GRU, which scales the state's part of its last gate before the sum.
        sum[..rows].fill(0.0);
        if let [_, _, input, state] = params {
            sum[..rows].copy_from_slice(input);
            let with = if gru { 2 * hidden } else { rows };
            sum[..with].iter_mut().zip(state).for_each(|(sum, bias)| *sum += bias);
        }
        self.all_steps(images, &params[0], x, sum, side.gates);
        let len = hidden * images;
        for i in 0..self.length {
            let (step, earlier) = (side.step(i), side.before(i));
            let gates = &mut side.gates[step * rows * images..][..rows * images];
            let (before, h) = side.out.around(step, earlier);
            let before = before.or_else(|| self.begins(at, 0, number));
            let summed = if gru { 2 * hidden } else { rows };
            if let Some(before) = before {
                state_part(images, &params[1][..summed * hidden], hidden, before, &mut gates[..summed * images], Start::Sum);
            }
            match self.op.cell {
                Cell::Tanh | Cell::Relu => {
                    curve(self.op.cell).forward(gates);
                    h.copy_from_slice(gates);
                }
                Cell::Lstm => {
                    let (past, c) = side.cells.around(step, earlier);
                    let past = past.or_else(|| self.begins(at, 1, number));
                    kernel::lstm_forward(gates, past, c, h);
                }
                Cell::Gru => {
                    let past = &mut side.past[step * len..][..len];
                    let bias = params.get(3).map(|bias| &bias[2 * hidden..]);
                    new_gate(images, &params[1][2 * hidden * hidden..], bias, hidden, before, past);
                    kernel::gru_forward(gates, past, before, h);
                }
            }
        }
    }

    /// `W x + b` of all steps.
    fn all_steps(&self, images: usize, weight: &[f32], x: &[f32], bias: &[f32], to: &mut [f32]) {
        let rows = self.rows();
        let features = weight.len() / rows;
        if images == 1 {
            let product = Inner {
                m: self.length,
                n: rows,
                len: features,
                segments: 1,
                left: x,
                left_row: features,
                left_segment: 0,
                right: weight,
                rows: Every(features),
                right_segment: 0,
                out_row: rows,
                start: Start::Bias(bias),
            };
            return inner(product, to);
        }
        let product = Outer::new([rows, features, images], Left::rows(weight, features), x, Every(images))
            .segments(self.length, [features * images, rows * images])
            .start(Start::Bias(bias));
        outer(product, to);
    }
}

/// `W h` for a step.
fn state_part(images: usize, weight: &[f32], hidden: usize, h: &[f32], to: &mut [f32], start: Start) {
    let rows = weight.len() / hidden;
    if images == 1 {
        let product = Inner {
            m: 1,
            n: rows,
            len: hidden,
            segments: 1,
            left: h,
            left_row: hidden,
            left_segment: 0,
            right: weight,
            rows: Every(hidden),
            right_segment: 0,
            out_row: rows,
            start,
        };
        return inner(product, to);
    }
    let product = Outer::new([rows, hidden, images], Left::rows(weight, hidden), h, Every(images)).start(start);
    outer(product, to);
}

/// The state's part of a GRU's last gate.
fn new_gate(images: usize, weight: &[f32], bias: Option<&[f32]>, hidden: usize, h: Option<&[f32]>, to: &mut [f32]) {
    match (h, bias) {
        (Some(h), bias) => state_part(images, weight, hidden, h, to, bias.map_or(Start::Zero, Start::Bias)),
        (None, Some(bias)) => to.chunks_exact_mut(images).zip(bias).for_each(|(to, bias)| to.fill(*bias)),
        (None, None) => to.fill(0.0),
    }
}

/// The activation of an `RNN`.
fn curve(cell: Cell) -> &'static dyn Function {
    if cell == Cell::Relu { &Relu {} } else { &Tanh {} }
}

impl Layer for Recurrent {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        [if backward { self.room(images) } else { self.rows() }, 0]
    }

    fn keeps(&self, images: usize) -> usize {
        Kept::len(self, images)
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let images = at.images();
        let (kept, scratch) = (std::mem::take(&mut at.kept), std::mem::take(&mut at.scratch));
        let mut parts = Kept::new(self, images, kept);
        for layer in 0..self.op.layers {
            if layer > 0 && self.dropout > 0.0 {
                let (mask, part) = self.mask(at, layer - 1);
                parts.drop(layer, |x| dropout::apply_part(mask, at.span.start, images, part, x));
            }
            for direction in 0..self.op.directions {
                let (x, mut side) = parts.layer(layer, direction);
                self.run(at, images, layer * self.op.directions + direction, x.unwrap_or_else(|| at.x(0)), &mut side, scratch);
            }
        }
        for state in 0..self.op.outputs() - 1 {
            for layer in 0..self.op.layers {
                for direction in 0..self.op.directions {
                    y[self.end(images, state, layer, direction)].copy_from_slice(parts.end(state, layer, direction));
                }
            }
        }
        if self.op.last {
            for direction in 0..self.op.directions {
                let len = self.op.hidden * images;
                y[direction * len..][..len].copy_from_slice(parts.end(0, self.op.layers - 1, direction));
            }
        } else {
            y[..self.shown(images)].copy_from_slice(parts.steps(self.op.layers - 1));
        }
        at.kept = parts.all;
        at.scratch = scratch;
    }

    fn param_grads(&self, at: &mut Site, dy: &[f32], grads: &mut [Vec<f32>], add: bool) {
        self.back(at, dy, grads, add);
    }

    fn input_grad(&self, input: usize, at: &mut Site, _: &[f32], dx: &mut [f32], add: bool) {
        self.back_to(input, at, dx, add);
    }
}

/// Implements [`Runnable`] for the three recurrent layers.
macro_rules! recurrent {
    ($($op:ident)*) => {
        $(impl Runnable for ops::$op {
            fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
                Ok(Arc::new(Recurrent::new(self.view(), at.input(), at.node().inputs().len() > 1, at.trains())))
            }

            fn kept(&self, input: &Shape, _: &Shape) -> u128 {
                let op = self.view();
                let states = (input.dim(0) as u128).saturating_mul((op.layers * op.directions) as u128).saturating_mul(op.hidden as u128);
                states.saturating_mul((op.cell.gates() + op.cell.states()) as u128)
            }
        })*
    };
}

recurrent!(Rnn Lstm Gru);

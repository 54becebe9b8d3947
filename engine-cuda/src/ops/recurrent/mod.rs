//! Recurrent layers. The input's part of the gates is one product for all steps; each step is a launch, which multiplies the state too.
//!
//! Sequences are `[batch, length, features]`. Steps of both directions are side by side in the features.

mod backward;

use layercake_engine::Mode;
use layercake_ir::Shape;
use layercake_ir::ops::{self, Cell};

use crate::emit::{At, int};
use crate::function::number;
use crate::kernel::{Arg, Kernel, Place};
use crate::plan::Key;

use super::affine::{ALONE, Affine};
use super::{Operation, is_counted};

const NOWHERE: Arg = Arg::At(Place::Nowhere);

/// Vectors in a tensor, one for each sample: the first element, and the distance from one sample to the next.
#[derive(Clone, Copy, Debug)]
struct Rows {
    of: Arg,
    begin: usize,
    step: usize,
}

impl Rows {
    /// Zeros.
    const NONE: Self = Self { of: NOWHERE, begin: 0, step: 0 };

    fn args(self) -> [Arg; 3] {
        [self.of, int(self.begin), int(self.step)]
    }
}

/// What a layer keeps of one direction.
#[derive(Clone, Copy, Debug)]
struct Side {
    /// `[batch, length, gates, hidden]`: the gates of all steps.
    gates: Arg,
    /// `[batch, length, hidden]`: of an LSTM the cells, of a GRU the state's part of the new state.
    kept: Arg,
}

/// What is kept of a layer.
#[derive(Clone, Debug)]
struct Kept {
    /// What it was given, and the states after each step, `[batch, length, width]`.
    input: Arg,
    steps: Arg,
    sides: Vec<Side>,
}

pub struct Recurrent {
    op: ops::Recurrent,
    node: usize,
    batch: usize,
    length: usize,
    /// The probability of dropping an element between layers.
    dropout: f64,
    /// Whether the first states are given.
    begins: bool,
    layers: Vec<Kept>,
}

impl Recurrent {
    /// None if there are more elements than are counted.
    pub fn new(op: ops::Recurrent, inputs: &[&Shape], node: usize, key: Key) -> Option<Self> {
        let gates = key.batch.checked_mul(inputs[0].dim(0))?.checked_mul(op.width().max(op.cell.gates() * op.hidden))?;
        let dropout = if key.mode == Mode::Train { op.dropout } else { 0.0 };
        let made = Self { op, node, batch: key.batch, length: inputs[0].dim(0), dropout, begins: inputs.len() > 1, layers: Vec::new() };
        is_counted(gates).then_some(made)
    }

    /// Elements of all gates of a step.
    fn gates(&self) -> usize {
        self.op.cell.gates() * self.op.hidden
    }

    /// The number of a layer's direction.
    fn number(&self, layer: usize, direction: usize) -> usize {
        layer * self.op.directions + direction
    }

    /// A tensor of a layer's direction: the input's weight, the state's weight, the bias of each.
    fn tensor(&self, number: usize, which: usize) -> Option<usize> {
        (which < self.op.tensors()).then_some(number * self.op.tensors() + which)
    }

    fn param(&self, at: &At, number: usize, which: usize) -> Arg {
        self.tensor(number, which).map_or(NOWHERE, |tensor| at.param(tensor))
    }

    /// The product of a layer's inputs.
    fn inward(&self, layer: usize) -> Affine {
        Affine { vectors: self.batch * self.length, inputs: self.op.features(layer), outputs: self.gates() }
    }

    /// The steps of a direction, in its order.
    fn order(&self, direction: usize) -> Vec<usize> {
        if direction == 0 { (0..self.length).collect() } else { (0..self.length).rev().collect() }
    }

    /// The state after a step, or before the first: `place` counts in the direction's order.
    fn state(&self, at: &mut At, layer: usize, direction: usize, place: usize) -> Rows {
        let hidden = self.op.hidden;
        match place.checked_sub(1) {
            Some(before) => {
                let begin = self.order(direction)[before] * self.op.width() + direction * hidden;
                Rows { of: self.layers[layer].steps, begin, step: self.length * self.op.width() }
            }
            None => self.first(at, 1, layer, direction),
        }
    }

    /// The cell of an LSTM, likewise.
    fn cell(&self, at: &mut At, layer: usize, direction: usize, place: usize) -> Rows {
        if self.op.cell != Cell::Lstm {
            return Rows::NONE;
        }
        match place.checked_sub(1) {
            Some(before) => {
                let begin = self.order(direction)[before] * self.op.hidden;
                Rows { of: self.layers[layer].sides[direction].kept, begin, step: self.length * self.op.hidden }
            }
            None => self.first(at, 2, layer, direction),
        }
    }

    /// A state that is given.
    fn first(&self, at: &mut At, input: usize, layer: usize, direction: usize) -> Rows {
        match self.begins {
            true => Rows { of: at.x(input), ..self.row_of_state(layer, direction) },
            false => Rows::NONE,
        }
    }

    /// The place of a layer's direction in `[batch, layers * directions, hidden]`.
    fn row_of_state(&self, layer: usize, direction: usize) -> Rows {
        let hidden = self.op.hidden;
        Rows { of: NOWHERE, begin: self.number(layer, direction) * hidden, step: self.op.layers * self.op.directions * hidden }
    }

    fn head(&self) -> String {
        let cell = match self.op.cell {
            Cell::Tanh => "TANH",
            Cell::Relu => "RELU",
            Cell::Lstm => "LSTM",
            Cell::Gru => "GRU",
        };
        let step = include_str!("../../kernels/recurrent_step.cuh");
        format!("#define TANH 0\n#define RELU 1\n#define LSTM 2\n#define GRU 3\n#define CELL {cell}\n{step}")
    }

    /// Launches a kernel of a step: a block for each 16 samples and 16 elements of the state.
    fn each_tile(&self, at: &mut At, kernel: Kernel, args: Vec<Arg>) {
        at.launch(kernel, [self.batch.div_ceil(16) * self.op.hidden.div_ceil(16), 1, 1], 256, args);
    }

    /// One direction of a layer.
    fn run(&self, at: &mut At, layer: usize, direction: usize) {
        let (number, hidden, side) = (self.number(layer, direction), self.op.hidden, self.layers[layer].sides[direction]);
        let weights = [0, 1, 2, 3].map(|which| self.param(at, number, which));
        self.inward(layer).forward(at, [self.layers[layer].input, weights[0], weights[2], side.gates], ALONE);
        for (place, step) in self.order(direction).into_iter().enumerate() {
            let (state, cell) = (self.state(at, layer, direction, place), self.cell(at, layer, direction, place));
            let signature = "float *gates, const float *weight, const float *bias, const float *state, int state_begin, int state_step, \
                             const float *cell, int cell_begin, int cell_step, float *kept, float *steps, int length, int step, int width, int begin, \
                             int hidden, int batch";
            let kernel = Kernel::new("recurrent_cell", signature, &self.head(), include_str!("../../kernels/recurrent_cell.cu"));
            let sizes = [self.length, step, self.op.width(), direction * hidden, hidden, self.batch].map(int);
            let own = [side.gates, weights[1], weights[3]];
            let args = [&own[..], &state.args(), &cell.args(), &[side.kept, self.layers[layer].steps], &sizes].concat();
            self.each_tile(at, kernel, args);
        }
    }

    /// Drops elements between layers, or their gradients.
    fn drop(&self, at: &mut At, layer: usize, from: Arg, to: Arg) {
        let body = format!(
            "extern \"C\" __global__ void KERNEL(SIGNATURE) {{\n    FOR_EACH(i, n)\n    const u64 at = ((u64)(i / sample) * layers + layer) * sample + i % sample;\n    to[i] = \
             drawn(seed, {}ull, at) >> 11 >= {}ull ? from[i] * {} : 0.0f;\n}}\n",
            self.node,
            (self.dropout * (1u64 << 53) as f64) as u64,
            number(1.0 / (1.0 - self.dropout)),
        );
        let kernel = Kernel::new(
            "recurrent_dropout",
            "const float *from, float *to, int layer, int layers, int sample, int n, unsigned long long seed",
            "",
            &body,
        );
        let sample = self.length * self.op.width();
        let n = self.batch * sample;
        at.each(kernel, n, [from, to, int(layer), int(self.op.layers), int(sample), int(n), Arg::Seed]);
    }

    /// Copies or adds vectors of `hidden` elements.
    fn give(&self, at: &mut At, from: Rows, to: Rows, add: Arg) {
        let signature = "const float *from, int from_begin, int from_step, float *to, int to_begin, int to_step, int add, int width, int n";
        let body = "extern \"C\" __global__ void KERNEL(SIGNATURE) {\n    FOR_EACH(i, n)\n    const int image = i / width, j = i % width;\n    \
                    GIVE(to[image * to_step + to_begin + j], from[image * from_step + from_begin + j], add);\n}\n";
        let kernel = Kernel::new("recurrent_rows", signature, "", body);
        let n = self.batch * self.op.hidden;
        let args = [&from.args()[..], &to.args(), &[add, int(self.op.hidden), int(n)]].concat();
        at.each(kernel, n, args);
    }
}

impl Operation for Recurrent {
    fn takes_functions(&self) -> bool {
        false
    }

    fn forward(&mut self, at: &mut At) {
        let (op, all) = (self.op, self.batch * self.length);
        for layer in 0..op.layers {
            let mut input = if layer == 0 { at.x(0) } else { self.layers[layer - 1].steps };
            if layer > 0 && self.dropout > 0.0 {
                let dropped = at.buffer(all * op.width());
                self.drop(at, layer - 1, input, dropped);
                input = dropped;
            }
            let steps = if layer + 1 == op.layers && !op.last { at.y(0) } else { at.buffer(all * op.width()) };
            let mut side = || Side { gates: at.buffer(all * self.gates()), kept: at.buffer(all * op.hidden) };
            let sides = (0..op.directions).map(|_| side()).collect();
            self.layers.push(Kept { input, steps, sides });
            for direction in 0..op.directions {
                self.run(at, layer, direction);
            }
        }
        for direction in 0..op.directions {
            for layer in 0..op.layers {
                let end = self.state(at, layer, direction, self.length);
                if op.last && layer + 1 == op.layers {
                    let to = Rows { of: at.y(0), begin: direction * op.hidden, step: op.width() };
                    self.give(at, end, to, Arg::Int(0));
                }
                if op.states {
                    let to = Rows { of: at.y(1), ..self.row_of_state(layer, direction) };
                    self.give(at, end, to, Arg::Int(0));
                }
                if op.states && op.cell == Cell::Lstm {
                    let end = self.cell(at, layer, direction, self.length);
                    let to = Rows { of: at.y(2), ..self.row_of_state(layer, direction) };
                    self.give(at, end, to, Arg::Int(0));
                }
            }
        }
    }

    fn backward(&mut self, at: &mut At) {
        self.gradients(at);
    }
}

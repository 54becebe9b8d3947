//! The backward pass of recurrent layers: from the last layer to the first, and from the last step to the first.

use layercake_ir::ops::Cell;

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel};

use super::super::affine::PLAIN;
use super::super::product::{Product, WeightGrad};
use super::{NOWHERE, Recurrent, Rows};

/// The gradients that a direction carries from step to step: of the state and of the cell, `[batch, hidden]`.
#[derive(Clone, Copy)]
struct Carried {
    state: Arg,
    cell: Arg,
}

impl Recurrent {
    pub(super) fn gradients(&self, at: &mut At) {
        let (op, all) = (self.op, self.batch * self.length);
        // The gradient of a layer's steps; none of those of the last layer if only its last step is an output.
        let mut of_steps = if op.last { None } else { at.dy(0).map(|[g, _]| g) };
        let firsts = [1, 2].map(|input| if self.begins && input <= op.cell.states() { self.first_gradient(at, input) } else { None });
        for layer in (0..op.layers).rev() {
            let below = if layer > 0 { Some([at.buffer(all * op.width()), Arg::Int(0)]) } else { at.dx(0) };
            for direction in 0..op.directions {
                let carried = self.ends(at, layer, direction);
                let of_state = self.steps(at, layer, direction, of_steps, carried);
                self.weights(at, layer, direction, of_state);
                if let Some([dx, add]) = below {
                    let (weight, gates) = (self.param(at, self.number(layer, direction), 0), self.layers[layer].sides[direction].gates);
                    let add = if direction == 0 { add } else { Arg::Int(1) };
                    self.inward(layer).input_grad(at, weight, [gates, NOWHERE], [dx, add], PLAIN);
                }
                for (to, from) in firsts.into_iter().zip([carried.state, carried.cell]) {
                    if let Some(of) = to {
                        let own = Rows { of: from, begin: 0, step: op.hidden };
                        self.give(at, own, Rows { of, ..self.row_of_state(layer, direction) }, Arg::Int(1));
                    }
                }
            }
            of_steps = below.map(|[dx, _]| dx).filter(|_| layer > 0);
            if let Some(gradient) = of_steps.filter(|_| self.dropout > 0.0) {
                self.drop(at, layer - 1, gradient, gradient);
            }
        }
    }

    /// The gradient of a state that is given, to which all layers add.
    fn first_gradient(&self, at: &mut At, input: usize) -> Option<Arg> {
        let [dx, add] = at.dx(input)?;
        if add == Arg::Int(0) {
            at.zero(dx, self.batch * self.op.state().len());
        }
        Some(dx)
    }

    /// The gradients of the state and the cell after the last step.
    fn ends(&self, at: &mut At, layer: usize, direction: usize) -> Carried {
        let (op, len) = (self.op, self.batch * self.op.hidden);
        let mut carried = [NOWHERE; 2];
        for (which, to) in carried.iter_mut().enumerate().take(op.cell.states()) {
            *to = at.buffer(len);
            let own = Rows { of: *to, begin: 0, step: op.hidden };
            at.zero(*to, len);
            if let Some([of, _]) = if op.states { at.dy(1 + which) } else { None } {
                self.give(at, Rows { of, ..self.row_of_state(layer, direction) }, own, Arg::Int(1));
            }
            if which == 0
                && op.last
                && layer + 1 == op.layers
                && let Some([of, _]) = at.dy(0)
            {
                self.give(at, Rows { of, begin: direction * op.hidden, step: op.width() }, own, Arg::Int(1));
            }
        }
        Carried { state: carried[0], cell: carried[1] }
    }

    /// All steps of a direction, backward: its gates become their gradients. Returns those of the state's part.
    fn steps(&self, at: &mut At, layer: usize, direction: usize, of_steps: Option<Arg>, carried: Carried) -> Arg {
        let (hidden, side) = (self.op.hidden, self.layers[layer].sides[direction]);
        let weight = self.param(at, self.number(layer, direction), 1);
        // Of a GRU they differ: the state's part of the new state is multiplied by a gate.
        let of_state = if self.op.cell == Cell::Gru { at.buffer(self.batch * self.length * self.gates()) } else { side.gates };
        let order = self.order(direction);
        for (place, &step) in order.iter().enumerate().rev() {
            let (state, cell) = (self.state(at, layer, direction, place), self.cell(at, layer, direction, place));
            let signature = "float *gates, float *of_state, const float *of_steps, const float *weight, float *state_grad, float *cell_grad, \
                             const float *state, int state_begin, int state_step, const float *cell, int cell_begin, int cell_step, const float *kept, \
                             int after, int length, int step, int width, int begin, int hidden, int batch";
            let kernel = Kernel::new("recurrent_backward", signature, &self.head(), include_str!("../../kernels/recurrent_backward.cu"));
            let after = order.get(place + 1).map_or(Arg::Int(-1), |&after| int(after));
            let sizes = [self.length, step, self.op.width(), direction * hidden, hidden, self.batch].map(int);
            let own = [side.gates, of_state, of_steps.unwrap_or(NOWHERE), weight, carried.state, carried.cell];
            let args = [&own[..], &state.args(), &cell.args(), &[side.kept, after], &sizes].concat();
            self.each_tile(at, kernel, args);
        }
        if self.begins {
            self.before_first(at, order[0], [of_state, weight, carried.state]);
        }
        of_state
    }

    /// The gradient of the state before the first step.
    fn before_first(&self, at: &mut At, step: usize, [of_state, weight, state_grad]: [Arg; 3]) {
        let product = Product {
            name: "recurrent_state_grad",
            signature: "const float *gates, const float *weight, float *state_grad, int length, int step, int add".to_owned(),
            head: "#define A(row, k) gates[((row) * length + step) * depth + (k)]
#define B(k, col) weight[(k) * cols + (col)]
#define STORE(row, col, sum) GIVE(state_grad[(row) * cols + (col)], sum, add)
"
            .to_owned(),
            by_depth: [true, false],
            size: [self.batch, self.op.hidden, self.gates()],
            parts: 1,
        };
        let add = Arg::Int((self.op.cell == Cell::Gru).into());
        product.launch(at, vec![of_state, weight, state_grad, int(self.length), int(step), add]);
    }

    /// The gradients of a direction's tensors: sums over all steps of all samples.
    fn weights(&self, at: &mut At, layer: usize, direction: usize, of_state: Arg) {
        let (number, hidden, kept) = (self.number(layer, direction), self.op.hidden, &self.layers[layer]);
        let grad = |at: &At, which: usize| self.tensor(number, which).map_or(NOWHERE, |tensor| at.param_grad(tensor));
        let (input, gates) = (kept.input, kept.sides[direction].gates);
        let gradients = [grad(at, 0), grad(at, 2)];
        self.inward(layer).weight_grad(at, input, [gates, NOWHERE], gradients, PLAIN);
        let first = self.state(at, layer, direction, 0);
        let biased = self.op.bias;
        // The state before a step: that of the neighbor, or the first.
        let (edge, neighbor) = if direction == 0 { ("0", "-1") } else { ("length - 1", "+1") };
        let product = Product {
            name: "recurrent_weight_grad",
            signature: "const float *gates, const float *steps, const float *first, int first_begin, int first_step, int length, int stride, int begin, \
                        float *weight, float *bias, int width, int parts"
                .to_owned(),
            head: format!(
                "#define A(row, k) gates[(k) * rows + (row)]
#define B(k, col) ((col) >= width ? 1.0f : (k) % length == {edge} ? (first ? first[(k) / length * first_step + first_begin + (col)] : 0.0f) \
                 : steps[((k) {neighbor}) * stride + begin + (col)])
"
            ),
            by_depth: [false, false],
            size: [self.gates(), hidden + usize::from(biased), self.batch * self.length],
            parts: 1,
        };
        let gradients = [grad(at, 1), grad(at, 3)];
        let sizes = [self.length, self.op.width(), direction * hidden].map(int);
        let args = [&[of_state, self.layers[layer].steps][..], &first.args(), &sizes].concat();
        WeightGrad { product, width: hidden, gradients }.launch(at, args);
    }
}

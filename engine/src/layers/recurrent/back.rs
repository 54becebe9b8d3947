//! The backward pass of a recurrent layer.

use layercake_ir::ops::Cell;

use super::{
    Recurrent,
    columns::{self, Factor, Terms, pack, to_state, turn},
    curve,
    kept::Kept,
};
use crate::{
    kernels::{dropout, elementwise, layout, recurrent as kernel},
    layers::{Site, linear},
};

/// The parts of the scratch memory.
struct Room<'a> {
    /// The gradients of a layer's steps, and of those of the layer below.
    dout: &'a mut [f32],
    below: &'a mut [f32],
    /// A layer's input and its states, transposed.
    turned: &'a mut [f32],
    /// The rows of the gates' gradients, for [`columns::product`].
    gathered: &'a mut [f32],
    /// The weight of the state, packed.
    packed: &'a mut [f32],
    /// The gradients of the state that reach the previous step.
    dh: &'a mut [f32],
    dc: &'a mut [f32],
    /// The gradients of the initial states: `[states, layers, directions, hidden, images]`.
    begin: &'a mut [f32],
}

impl Recurrent {
    /// The number of elements of the scratch memory.
    pub(super) fn room(&self, images: usize) -> usize {
        let sizes = self.sizes(images);
        2 * sizes[0] + sizes[1] + 2 * sizes[2] + sizes[3] + sizes[4] + self.rows() * self.op.hidden
    }

    /// The number of elements of the parts: the gradients of steps, the transposed data, a state, all initial states, the rows of the
    /// gates.
    fn sizes(&self, images: usize) -> [usize; 5] {
        let op = &self.op;
        let widest = if op.layers > 1 { op.in_features.max(op.width()) } else { op.in_features };
        let state = op.hidden * images;
        let all = if self.given { op.cell.states() * op.layers * op.directions * state } else { 0 };
        [self.length * op.width() * images, self.length * (widest + op.hidden) * images, state, all, columns::gathered(images, self.length)]
    }

    fn parts<'a>(&self, images: usize, scratch: &'a mut [f32]) -> Room<'a> {
        let [steps, turned, state, begin, gathered] = self.sizes(images);
        let (dout, rest) = scratch.split_at_mut(steps);
        let (below, rest) = rest.split_at_mut(steps);
        let (turned, rest) = rest.split_at_mut(turned);
        let (gathered, rest) = rest.split_at_mut(gathered);
        let (dh, rest) = rest.split_at_mut(state);
        let (dc, rest) = rest.split_at_mut(state);
        let (begin, rest) = rest.split_at_mut(begin);
        Room { dout, below, turned, gathered, dh, dc, begin, packed: &mut rest[..self.rows() * self.op.hidden] }
    }

    /// The whole backward pass, except for the gradient of the input: afterwards the gates hold their gradients, and the scratch memory
    /// those of the initial states.
    pub(super) fn back(&self, at: &mut Site, dy: &[f32], grads: &mut [Vec<f32>], add: bool) {
        let (op, images) = (&self.op, at.images());
        let (kept, scratch) = (std::mem::take(&mut at.kept), std::mem::take(&mut at.scratch));
        let mut parts = Kept::new(self, images, kept);
        let mut room = self.parts(images, scratch);
        let (state, row) = (op.hidden * images, op.width() * images);
        let shown = &dy[..self.shown(images)];
        if op.last {
            room.dout.fill(0.0);
            for direction in 0..op.directions {
                let step = if direction == 0 { self.length - 1 } else { 0 };
                let place = step * row + direction * state;
                room.dout[place..][..state].copy_from_slice(&shown[direction * state..][..state]);
            }
        } else {
            room.dout.copy_from_slice(shown);
        }
        for layer in (0..op.layers).rev() {
            for direction in 0..op.directions {
                let number = layer * op.directions + direction;
                let end = |state: usize| (state + 1 < op.outputs()).then(|| &dy[self.end(images, state, layer, direction)]);
                self.through_time(at, &mut parts, &mut room, [layer, direction], [end(0), end(1)]);
                let own = self.tensors(number);
                self.weight_grads(at, &mut parts, &mut room, [layer, direction], &mut grads[own], add);
                if layer > 0 {
                    let (_, side) = parts.layer(layer, direction);
                    linear::input_grad(
                        &self.input_part(layer),
                        images,
                        &at.params[number * op.tensors()],
                        side.gates,
                        room.below,
                        direction > 0,
                    );
                }
            }
            if layer > 0 {
                if self.dropout > 0.0 {
                    let (mask, part) = self.mask(at, layer - 1);
                    dropout::apply_part(mask, at.span.start, images, part, room.below);
                }
                std::mem::swap(&mut room.dout, &mut room.below);
            }
        }
        at.kept = parts.all;
        at.scratch = scratch;
    }

    /// From the gradients of a direction's steps to those of its gates, last step first. `ends` are those of the final states.
    fn through_time(&self, at: &Site, parts: &mut Kept, room: &mut Room, [layer, direction]: [usize; 2], ends: [Option<&[f32]>; 2]) {
        let (op, images) = (&self.op, at.images());
        let (rows, hidden, state) = (self.rows(), op.hidden, op.hidden * images);
        let number = layer * op.directions + direction;
        let weight = &at.params[number * op.tensors() + 1];
        for (to, end) in [&mut *room.dh, &mut *room.dc].into_iter().zip(ends) {
            match end {
                Some(end) => to.copy_from_slice(end),
                None => to.fill(0.0),
            }
        }
        // The rows of a GRU's last gate have a separate product.
        let first_rows = if op.cell == Cell::Gru { 2 * hidden } else { rows };
        let (first, last) = room.packed.split_at_mut(first_rows * hidden);
        pack(&weight[..first_rows * hidden], hidden, first);
        pack(&weight[first_rows * hidden..], hidden, last);
        let (_, side) = parts.layer(layer, direction);
        for i in (0..self.length).rev() {
            let step = side.step(i);
            let before = side.before(i);
            elementwise::add(&room.dout[step * op.width() * images + direction * state..][..state], room.dh);
            let gates = &mut side.gates[step * rows * images..][..rows * images];
            match op.cell {
                Cell::Tanh | Cell::Relu => {
                    gates.copy_from_slice(room.dh);
                    curve(op.cell).backward(side.out.at(step), gates);
                }
                Cell::Lstm => {
                    let past = before.map(|before| side.cells.at(before)).or_else(|| self.begins(at, 1, number));
                    kernel::lstm_backward(gates, past, side.cells.at(step), room.dh, room.dc);
                }
                Cell::Gru => {
                    let past = before.map(|before| side.out.at(before)).or_else(|| self.begins(at, 0, number));
                    kernel::gru_backward(gates, &mut side.past[step * state..][..state], past, room.dh);
                }
            }
            if before.is_none() && !self.given {
                break;
            }
            let turned = &mut room.turned[..state];
            if op.cell == Cell::Gru {
                // The part of the state's gradient that bypasses the products.
                to_state(images, first, hidden, &gates[..2 * state], turned, room.dh, true);
                to_state(images, last, hidden, &side.past[step * state..][..state], turned, room.dh, true);
            } else {
                to_state(images, first, hidden, gates, turned, room.dh, false);
            }
        }
        if self.given {
            let numbers = op.layers * op.directions;
            room.begin[number * state..][..state].copy_from_slice(room.dh);
            if op.cell == Cell::Lstm {
                room.begin[(numbers + number) * state..][..state].copy_from_slice(room.dc);
            }
        }
    }

    /// The gradients of the tensors, from those of the gates.
    fn weight_grads(
        &self,
        at: &Site,
        parts: &mut Kept,
        room: &mut Room,
        [layer, direction]: [usize; 2],
        grads: &mut [Vec<f32>],
        add: bool,
    ) {
        let (op, images) = (&self.op, at.images());
        let (rows, hidden) = (self.rows(), op.hidden);
        let dense = self.input_part(layer);
        let (x, side) = parts.layer(layer, direction);
        let x = x.unwrap_or_else(|| at.x(0));
        let Room { turned, gathered, .. } = room;
        let (turned_x, turned_h) = turned.split_at_mut(self.length * dense.inputs * images);
        for (step, x) in x.chunks_exact(dense.inputs * images).enumerate() {
            turn(images, step, self.length, Some(x), dense.inputs, turned_x);
        }
        // The states before each step; before the first step the given ones, or zeros.
        for i in 0..self.length {
            let before = side.before(i).map(|before| side.out.at(before));
            let before = before.or_else(|| self.begins(at, 0, layer * op.directions + direction));
            turn(images, side.step(i), self.length, before, hidden, turned_h);
        }

        let gates = Terms { images, steps: self.length, apart: rows, d: side.gates };
        let [from_x, from_h, biases @ ..] = grads else { unreachable!("a recurrent layer has two weights") };
        // In a GRU's last gate, the part of the state differs from that of the input.
        let (own, last) = if op.cell == Cell::Gru { from_h.split_at_mut(2 * hidden * hidden) } else { (&mut from_h[..], &mut [][..]) };
        let mut factors = [Factor { x: turned_x, features: dense.inputs, to: from_x }, Factor { x: turned_h, features: hidden, to: own }];
        let (mut own, mut last_bias) = ([&mut [][..], &mut [][..]], &mut [][..]);
        if let [of_x, of_h] = biases {
            let (first, rest) = of_h.split_at_mut(if op.cell == Cell::Gru { 2 * hidden } else { rows });
            (own, last_bias) = ([of_x, first], rest);
        }
        columns::product(gates, &mut factors, &mut own, gathered, add);
        if op.cell == Cell::Gru {
            let past = Terms { apart: hidden, d: side.past, ..gates };
            columns::product(past, &mut [Factor { x: turned_h, features: hidden, to: last }], &mut [last_bias], gathered, add);
        }
    }

    /// The gradient of the input, or of an initial state.
    pub(super) fn back_to(&self, input: usize, at: &mut Site, dx: &mut [f32], add: bool) {
        let (op, images) = (&self.op, at.images());
        if input > 0 {
            let room = self.parts(images, at.scratch);
            let len = op.layers * op.directions * op.hidden * images;
            return layout::put(&room.begin[(input - 1) * len..][..len], dx, add);
        }
        let mut parts = Kept::new(self, images, at.kept);
        for direction in 0..op.directions {
            let (_, side) = parts.layer(0, direction);
            linear::input_grad(&self.input_part(0), images, &at.params[direction * op.tensors()], side.gates, dx, add || direction > 0);
        }
    }
}

//! The data that a recurrent layer keeps for the backward pass.

use layercake_ir::ops::Cell;

use super::Recurrent;

/// For each layer: the steps of both directions, `[length, width, images]`; the steps after dropout, if there is one; and for each
/// direction the gates, `[length, rows, images]`, and the cell's other data, `[length, hidden, images]`.
pub struct Kept<'a> {
    pub all: &'a mut [f32],
    sizes: Sizes,
    layers: usize,
    order: [Order; 2],
}

#[derive(Clone, Copy)]
struct Sizes {
    length: usize,
    /// The number of elements of a step of all directions.
    width: usize,
    /// The number of elements of a step of one direction.
    state: usize,
    gates: usize,
    /// 1 if the cell has other data.
    more: usize,
    directions: usize,
    /// 1 if there is dropout.
    dropped: usize,
}

impl Sizes {
    fn of(layer: &Recurrent, images: usize) -> Self {
        Self {
            length: layer.length,
            width: layer.op.width() * images,
            state: layer.op.hidden * images,
            gates: layer.rows() * images,
            more: usize::from(matches!(layer.op.cell, Cell::Lstm | Cell::Gru)),
            directions: layer.op.directions,
            dropped: usize::from(layer.dropout > 0.0),
        }
    }

    /// The number of elements of one direction besides its steps.
    fn side(&self) -> usize {
        self.length * (self.gates + self.more * self.state)
    }

    fn layer(&self) -> usize {
        self.length * self.width * (1 + self.dropped) + self.directions * self.side()
    }
}

/// The order in which a direction takes the steps.
#[derive(Clone, Copy)]
pub enum Order {
    Forward,
    Backward,
}

impl Order {
    /// The step at position `i`.
    pub fn step(self, i: usize, length: usize) -> usize {
        match self {
            Order::Forward => i,
            Order::Backward => length - 1 - i,
        }
    }

    /// The step before position `i`.
    pub fn before(self, i: usize, length: usize) -> Option<usize> {
        i.checked_sub(1).map(|i| self.step(i, length))
    }
}

/// The steps of one direction, with the distance between steps and the position within a step.
pub struct Strided<'a> {
    pub all: &'a mut [f32],
    pub apart: usize,
    pub first: usize,
    pub len: usize,
}

impl Strided<'_> {
    /// A step.
    pub fn at(&self, step: usize) -> &[f32] {
        &self.all[step * self.apart + self.first..][..self.len]
    }

    /// A step to write and another one to read, if there is one.
    pub fn around(&mut self, step: usize, other: Option<usize>) -> (Option<&[f32]>, &mut [f32]) {
        let (first, len) = (self.first, self.len);
        let at = step * self.apart;
        let Some(other) = other else { return (None, &mut self.all[at + first..][..len]) };
        let from = other * self.apart;
        let (low, high) = self.all.split_at_mut(at.max(from));
        if from < at {
            (Some(&low[from + first..][..len]), &mut high[first..][..len])
        } else {
            (Some(&high[first..][..len]), &mut low[at + first..][..len])
        }
    }
}

/// One layer in one direction.
pub struct Side<'a> {
    pub out: Strided<'a>,
    pub gates: &'a mut [f32],
    /// The cell states of an LSTM; empty otherwise.
    pub cells: Strided<'a>,
    /// The state's part of a GRU's last gate; empty otherwise.
    pub past: &'a mut [f32],
    pub order: Order,
    length: usize,
}

impl Side<'_> {
    /// The step at position `i`.
    pub fn step(&self, i: usize) -> usize {
        self.order.step(i, self.length)
    }

    /// The step before it.
    pub fn before(&self, i: usize) -> Option<usize> {
        self.order.before(i, self.length)
    }
}

impl<'a> Kept<'a> {
    /// The number of elements of all data.
    pub fn len(layer: &Recurrent, images: usize) -> usize {
        Sizes::of(layer, images).layer() * layer.op.layers
    }

    pub fn new(layer: &Recurrent, images: usize, all: &'a mut [f32]) -> Self {
        Self { all, sizes: Sizes::of(layer, images), layers: layer.op.layers, order: [Order::Forward, Order::Backward] }
    }

    /// The input of a layer (`None` for the first one), and the data of one of its directions.
    pub fn layer(&mut self, layer: usize, direction: usize) -> (Option<&[f32]>, Side<'_>) {
        let sizes = self.sizes;
        debug_assert!(layer < self.layers);
        let steps = sizes.length * sizes.width;
        let (below, own) = self.all.split_at_mut(layer * sizes.layer());
        // The layer below ends with the data of its directions, preceded by its steps, after dropout if there is one.
        let x = layer.checked_sub(1).map(|below_at| &below[below_at * sizes.layer() + steps * sizes.dropped..][..steps]);
        let (out, rest) = own[..sizes.layer()].split_at_mut(steps);
        let side = &mut rest[steps * sizes.dropped + direction * sizes.side()..][..sizes.side()];
        let (gates, more) = side.split_at_mut(sizes.length * sizes.gates);
        let side = Side {
            out: Strided { all: out, apart: sizes.width, first: direction * sizes.state, len: sizes.state },
            gates,
            cells: Strided { all: &mut [], apart: sizes.state, first: 0, len: sizes.state },
            past: &mut [],
            order: self.order[direction],
            length: sizes.length,
        };
        // An LSTM has four gates, a GRU three.
        let side = if sizes.gates == 4 * sizes.state {
            Side { cells: Strided { all: more, ..side.cells }, ..side }
        } else {
            Side { past: more, ..side }
        };
        (x, side)
    }

    /// Writes the steps of the layer below after dropout.
    pub fn drop(&mut self, layer: usize, work: impl FnOnce(&mut [f32])) {
        let sizes = self.sizes;
        let steps = sizes.length * sizes.width;
        let (out, rest) = self.all[(layer - 1) * sizes.layer()..].split_at_mut(steps);
        let dropped = &mut rest[..steps];
        dropped.copy_from_slice(out);
        work(dropped);
    }

    /// The steps of a layer.
    pub fn steps(&self, layer: usize) -> &[f32] {
        &self.all[layer * self.sizes.layer()..][..self.sizes.length * self.sizes.width]
    }

    /// A final state.
    pub fn end(&self, state: usize, layer: usize, direction: usize) -> &[f32] {
        let sizes = self.sizes;
        let own = &self.all[layer * sizes.layer()..][..sizes.layer()];
        let step = self.order[direction].step(sizes.length - 1, sizes.length);
        if state == 0 {
            return &own[step * sizes.width + direction * sizes.state..][..sizes.state];
        }
        let sides = sizes.length * sizes.width * (1 + sizes.dropped);
        let cells = sides + direction * sizes.side() + sizes.length * sizes.gates;
        &own[cells + step * sizes.state..][..sizes.state]
    }
}

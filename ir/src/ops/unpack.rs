//! Unpacking of a recurrent layer's outputs.

use super::prelude::*;
use super::recurrent::Steps;

operation! {
    /// The output or a final state out of a packed value of a recurrent layer, in which the states stand before the output, row by row. `network!` puts
    /// one behind the layer for each tensor that `as (y, h_n, c_n)` names. Input `[rows, width]`; the output as the layer itself gives it, a state
    /// `[layers, hidden]`, of both directions `[2 layers, hidden]`.
    pub struct Unpack("Unpack"): Shape {
        /// 0 for the output, 1 for the first state, 2 for the second.
        which: usize = Choice::hidden(),
        /// How many states there are.
        states: usize = Choice::hidden(),
        /// The layer's number of layers.
        layers: usize = Choice::hidden(),
        /// Has it two directions?
        bidirectional: bool = Choice::hidden(),
        /// Which steps it gives.
        output: Steps = Choice::word("all").stored("steps"),
    }
    has(infer, label)
    outline: Outline::Unpacked,
    example: "Unpack",
}

impl Unpack {
    /// The first row that is taken.
    pub const fn first(&self) -> usize {
        if self.which == 0 { self.states.saturating_mul(self.layers) } else { (self.which - 1).saturating_mul(self.layers) }
    }

    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        let (rows, width) = (input.dim(0), input.dim(1));
        let directions = if self.bidirectional { 2 } else { 1 };
        let states = self.states.saturating_mul(self.layers);
        let fits = input.rank() == 2 && self.which <= self.states && self.layers > 0 && states < rows && width.is_multiple_of(directions);
        let last = matches!(self.output, Steps::Last);
        if !fits || (last && states.saturating_add(1) != rows) {
            let text = site.start().str(" takes apart what a recurrent layer of ").count(self.layers, "layer").str(" gives, but receives ");
            return Err(Mistake::new(Part::Layer, site.received(text, input)));
        }
        let output = match (self.which, last) {
            (0, false) => Shape::new(&[rows - states, width]),
            (0, true) => Shape::new(&[width]),
            _ => Shape::new(&[self.layers * directions, width / directions]),
        };
        Ok((self, output))
    }

    pub(crate) fn label(&self, _: &Shape) -> String {
        if self.which == 0 { "the output".to_owned() } else { format!("state {} of {}", self.which, self.states) }
    }
}

//! Gated recurrent unit.

use super::prelude::*;
use super::recurrent::{Cell, Recurrent, Steps, recurrent};

operation! {
    /// Gated recurrent unit, PyTorch's `GRU` (Cho et al., 2014, arXiv 1406.1078): `r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh)`, with rows in
    /// the order r, z, n; `n = tanh(W_ih x + b_ih + r (W_hh h + b_hh))` and `h' = (1 - z) n + z h`. In training, dropout is applied between stacked
    /// layers.
    ///
    /// Input `[length, features]`, output `[length, hidden]`, or `[length, 2 hidden]` if bidirectional; with `output = last` only the final state of
    /// the last layer. `GRU(256, state = h) as (y, h_n)` passes the initial state and names the final one. A state is `[layers, hidden]`, or
    /// `[2 layers, hidden]` if bidirectional; initial states default to zeros.
    pub struct Gru("GRU"): Recurrent {
        /// Input features; [`INFER`] for those of the input.
        in_features: usize = Choice::input() => INFER,
        /// Hidden features.
        hidden: usize = Choice::output(),
        /// Number of stacked layers, at most 8.
        layers: usize = Choice::size(1).label(Label::Counted("layer")),
        /// Whether to add the reverse direction.
        bidirectional: bool = Choice::switch(false, "bidirectional"),
        /// Probability of dropping an element between two layers in training.
        dropout: f64 = Choice::float(0.0).label(Label::Named("drop")) => 0.0,
        /// Whether to add biases.
        bias: bool = Choice::bias(),
        /// Which steps are the output.
        output: Steps = Choice::word("all").label(Label::Followed("step")).stored("steps"),
        /// Whether the final states are outputs too.
        states: bool = Choice::hidden(),
    }
    has(infer_all, params, multiply_adds, draws, outputs)
    torch: &["input_size: in_features", "hidden_size: hidden", "num_layers: layers", "bias", "batch_first: -", "dropout", "bidirectional"],
    others: &["gatedrecurrentunit"],
    inputs: Inputs::States(&["hidden"]),
    outputs: &["output", "h_n"],
    outline: Outline::Steps,
    module: Some(super::recurrent::MODULE),
    sample: "[6, 9]",
    sequence: Sequence::Always,
    example: "GRU(256, bidirectional = true, output = last)",
}

impl Gru {
    /// The common view of recurrent layers.
    pub const fn view(&self) -> Recurrent {
        Recurrent {
            cell: Cell::Gru,
            in_features: self.in_features,
            hidden: self.hidden,
            layers: self.layers,
            directions: if self.bidirectional { 2 } else { 1 },
            dropout: self.dropout,
            bias: self.bias,
            last: matches!(self.output, Steps::Last),
            states: self.states,
        }
    }
}

recurrent!(Gru);

//! Long short-term memory.

use super::prelude::*;
use super::recurrent::{Cell, Recurrent, Steps, recurrent};

operation! {
    /// Long short-term memory, PyTorch's `LSTM` (Hochreiter and Schmidhuber, 1997; forget gate: Gers et al., 2000):
    /// `i, f, o = sigmoid(W_ih x + b_ih + W_hh h + b_hh)` and `g = tanh(..)`, with rows in the order i, f, g, o; then `c' = f c + i g` and
    /// `h' = o tanh(c')`. In training, dropout is applied between stacked layers.
    ///
    /// Input `[length, features]`, output `[length, hidden]`, or `[length, 2 hidden]` if bidirectional; with `output = last` only the final state of
    /// the last layer. `LSTM(256, state = (h, c)) as (y, h_n, c_n)` passes the initial states and names the final ones. A state is `[layers, hidden]`, or
    /// `[2 layers, hidden]` if bidirectional; initial states default to zeros.
    pub struct Lstm("LSTM"): Recurrent {
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
    torch: &["input_size: in_features", "hidden_size: hidden", "num_layers: layers", "bias", "batch_first: -", "dropout", "bidirectional", "proj_size: -"],
    others: &["longshorttermmemory", "lstmlayer"],
    inputs: Inputs::States(&["hidden", "cell"]),
    outputs: &["output", "h_n", "c_n"],
    outline: Outline::Steps,
    module: Some(super::recurrent::MODULE),
    sample: "[6, 9]",
    sequence: Sequence::Always,
    example: "LSTM(256, layers = 2, dropout = 0.2)",
}

impl Lstm {
    /// The common view of recurrent layers.
    pub const fn view(&self) -> Recurrent {
        Recurrent {
            cell: Cell::Lstm,
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

recurrent!(Lstm);

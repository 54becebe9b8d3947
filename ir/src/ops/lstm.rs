//! Long short-term memory.

use super::prelude::*;
use super::recurrent::{Cell, Recurrent, Steps, recurrent};

operation! {
    /// Long short-term memory, PyTorch's `LSTM` (Hochreiter and Schmidhuber, 1997; with the forget gate of Gers and others, 2000):
    /// `i, f, o = sigmoid(W_ih x + b_ih + W_hh h + b_hh)` and `g = tanh(..)` of their rows, in the order i, f, g, o; then `c' = f c + i g` and
    /// `h' = o tanh(c')`. Input `[length, features]`, output `[length, hidden]`; both directions of
    /// a bidirectional one side by side, `2 hidden`. A state is `[layers, hidden]`, of a bidirectional one `[2 layers, hidden]`, and zeros where none is
    /// given: `LSTM(256, state = (h, c)) as (y, h_n, c_n)`.
    /// Dropout is between its layers, and while training only.
    pub struct Lstm("LSTM"): Recurrent {
        /// Features in; [`INFER`] takes the input's.
        in_features: usize = Choice::input() => INFER,
        /// Features of the state.
        hidden: usize = Choice::output(),
        /// Layers on each other, at most 8.
        layers: usize = Choice::size(1).label(Label::Counted("layer")),
        /// A second layer beside each, which reads the sequence from its end?
        bidirectional: bool = Choice::switch(false, "bidirectional"),
        /// The probability of dropping an element between two layers while training.
        dropout: f64 = Choice::float(0.0).label(Label::Named("drop")) => 0.0,
        /// Add biases?
        bias: bool = Choice::bias(),
        /// Which steps it gives.
        output: Steps = Choice::word("all").label(Label::Followed("step")).stored("steps"),
        /// Do the final states stand before the output, as rows, for [`super::Unpack`]?
        packed: bool = Choice::hidden(),
    }
    has(infer_all, params, multiply_adds, draws)
    torch: &["input_size: in_features", "hidden_size: hidden", "num_layers: layers", "bias", "batch_first: -", "dropout", "bidirectional", "proj_size: -"],
    others: &["longshorttermmemory", "lstmlayer"],
    inputs: Inputs::States(&["hidden", "cell"]),
    outline: Outline::Steps,
    module: Some(super::recurrent::MODULE),
    sample: "[6, 9]",
    sequence: Sequence::Always,
    example: "LSTM(256, layers = 2, dropout = 0.2)",
}

impl Lstm {
    /// What it has in common with the other recurrent layers.
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
            packed: self.packed,
        }
    }
}

recurrent!(Lstm);

//! The plain recurrent layer.

use super::prelude::*;
use super::recurrent::{Cell, Recurrent, Steps, recurrent};

words! {
    /// What a plain recurrent layer applies to the sum of what comes in and what it remembers.
    Nonlinearity {
        /// The hyperbolic tangent.
        Tanh = "tanh",
        /// The positive part.
        Relu = "relu",
    }
}

operation! {
    /// The plain recurrent layer, PyTorch's `RNN` (Elman, 1990): `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`, or the positive part in the place of
    /// `tanh`. Input `[length, features]`, output `[length, hidden]`; both directions of
    /// a bidirectional one side by side, `2 hidden`. A state is `[layers, hidden]`, of a bidirectional one `[2 layers, hidden]`, and zeros where none is
    /// given: `RNN(256, state = h) as (y, h_n)`.
    /// Dropout is between its layers, and while training only.
    pub struct Rnn("RNN"): Recurrent {
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
        /// What is applied to the sum.
        nonlinearity: Nonlinearity = Choice::word("tanh"),
        /// Do the final states stand before the output, as rows, for [`super::Unpack`]?
        packed: bool = Choice::hidden(),
    }
    has(infer_all, params, multiply_adds, draws)
    torch: &["input_size: in_features", "hidden_size: hidden", "num_layers: layers", "nonlinearity", "bias", "batch_first: -", "dropout", "bidirectional"],
    others: &["simplernn", "elman", "recurrent"],
    inputs: Inputs::States(&["hidden"]),
    outline: Outline::Steps,
    module: Some(super::recurrent::MODULE),
    sample: "[6, 9]",
    sequence: Sequence::Always,
    example: "RNN(256, nonlinearity = relu)",
}

impl Rnn {
    /// What it has in common with the other recurrent layers.
    pub const fn view(&self) -> Recurrent {
        Recurrent {
            cell: match self.nonlinearity {
                Nonlinearity::Tanh => Cell::Tanh,
                Nonlinearity::Relu => Cell::Relu,
            },
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

recurrent!(Rnn);

//! Plain recurrent layer.

use super::prelude::*;
use super::recurrent::{Cell, Recurrent, Steps, recurrent};

words! {
    /// The activation of a plain recurrent layer.
    Nonlinearity {
        /// The hyperbolic tangent.
        Tanh = "tanh",
        /// ReLU.
        Relu = "relu",
    }
}

operation! {
    /// Plain recurrent layer, PyTorch's `RNN` (Elman, 1990): `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`, or `max(.., 0)` in place of `tanh`. In training,
    /// dropout is applied between stacked layers.
    ///
    /// Input `[length, features]`, output `[length, hidden]`, or `[length, 2 hidden]` if bidirectional; with `output = last` only the final state of
    /// the last layer. `RNN(256, state = h) as (y, h_n)` passes the initial state and names the final one. A state is `[layers, hidden]`, or
    /// `[2 layers, hidden]` if bidirectional; initial states default to zeros.
    pub struct Rnn("RNN"): Recurrent {
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
        /// The activation: `tanh` or `relu`.
        nonlinearity: Nonlinearity = Choice::word("tanh"),
        /// Whether the final states are outputs too.
        states: bool = Choice::hidden(),
    }
    has(infer_all, params, multiply_adds, draws, outputs)
    torch: &["input_size: in_features", "hidden_size: hidden", "num_layers: layers", "nonlinearity", "bias", "batch_first: -", "dropout", "bidirectional"],
    others: &["simplernn", "elman", "recurrent"],
    inputs: Inputs::States(&["hidden"]),
    outputs: &["output", "h_n"],
    outline: Outline::Steps,
    module: Some(super::recurrent::MODULE),
    sample: "[6, 9]",
    sequence: Sequence::Always,
    example: "RNN(256, nonlinearity = relu)",
}

impl Rnn {
    /// The common view of recurrent layers.
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
            states: self.states,
        }
    }
}

recurrent!(Rnn);

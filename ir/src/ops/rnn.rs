//! The plain recurrent layer.

use super::recurrent::{Cell, Recurrent, Steps, recurrent};
use super::{Params, words::words};
use crate::{Mistake, Part, Shape, Site};

words! {
    /// What a plain recurrent layer applies to the sum of what comes in and what it remembers.
    Nonlinearity {
        /// The hyperbolic tangent.
        Tanh = "tanh",
        /// The positive part.
        Relu = "relu",
    }
}

/// The plain recurrent layer, PyTorch's `RNN` (Elman, 1990): `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`, or the positive part in the place of
/// `tanh`. Input `[length, features]`, output `[length, hidden]`; both directions of
/// a bidirectional one side by side, `2 hidden`. A state is `[layers, hidden]`, of a bidirectional one `[2 layers, hidden]`, and zeros where none is
/// given: `Rnn(256, state = h) as (y, h_n)`.
/// Dropout is between its layers, and while training only.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rnn {
    /// Features in; [`INFER`](crate::INFER) takes the input's.
    pub in_features: usize,
    /// Features of the state.
    pub hidden: usize,
    /// Layers on each other, at most 8.
    pub layers: usize,
    /// A second layer beside each, which reads the sequence from its end?
    pub bidirectional: bool,
    /// The probability of dropping an element between two layers while training.
    pub dropout: f64,
    /// Add biases?
    pub bias: bool,
    /// Which steps it gives.
    #[cfg_attr(feature = "serde", serde(rename = "steps"))]
    pub output: Steps,
    /// What is applied to the sum.
    pub nonlinearity: Nonlinearity,
    /// Do the final states stand before the output, as rows, for [`super::Unpack`]?
    pub packed: bool,
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

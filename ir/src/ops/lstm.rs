//! Long short-term memory.

use super::Params;
use super::recurrent::{Cell, Recurrent, Steps, recurrent};
use crate::{Mistake, Part, Shape, Site};

/// Long short-term memory, PyTorch's `LSTM` (Hochreiter and Schmidhuber, 1997; with the forget gate of Gers and others, 2000):
/// `i, f, o = sigmoid(W_ih x + b_ih + W_hh h + b_hh)` and `g = tanh(..)` of their rows, in the order i, f, g, o; then `c' = f c + i g` and
/// `h' = o tanh(c')`. Input `[length, features]`, output `[length, hidden]`; both directions of
/// a bidirectional one side by side, `2 hidden`. A state is `[layers, hidden]`, of a bidirectional one `[2 layers, hidden]`, and zeros where none is
/// given: `Lstm(256, state = (h, c)) as (y, h_n, c_n)`.
/// Dropout is between its layers, and while training only.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lstm {
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
    /// Do the final states stand before the output, as rows, for [`super::Unpack`]?
    pub packed: bool,
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

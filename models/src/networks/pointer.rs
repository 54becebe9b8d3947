//! Pointer network.
//!
//! O. Vinyals, M. Fortunato, N. Jaitly: *Pointer Networks*, NeurIPS 2015, equation 3: a decoder's state is compared with each of the encoder's, and the scores are
//! a distribution over the positions of the input.

use layercake::prelude::*;

network! {
    block pointer(hidden, states) {
        w2: Linear(hidden, bias = false), Unsqueeze(0) as query,
        from states, w1: Linear(hidden, bias = false), Add(query), Tanh, v: Linear(1, bias = false), Squeeze(1), LogSoftmax,
    }

    /// One step of decoding (Vinyals et al., 2015): the encoder's states and the decoder's to the log-probability of each position.
    pub Pointer: { state: [256], states: [50, 256] } -> [50] { attention: pointer(256, states) }

    #[cfg(test)]
    pub(super) SmallPointer: { state: [4], states: [5, 6] } -> [5] { attention: pointer(3, states) }
}

//! A character-level language model.
//!
//! S. Hochreiter, J. Schmidhuber: *Long Short-Term Memory*, Neural Computation 9(8), 1997, with PyTorch's gates; on characters as in A. Graves:
//! *Generating Sequences With Recurrent Neural Networks*, 2013, section 3. The state is an input and an output, so that a text can be processed
//! window by window.
//!
//! | | shape |
//! |---|---|
//! | characters | `usize[T]` |
//! | embedding | `[T, 64]` |
//! | LSTM | `[T, 256]`, its state `[1, 256]` twice |
//! | logits of the next character | `[T, 65]` |

use layercake::prelude::*;

network! {
    /// Characters to logits of the character after each of them.
    pub CharLstm<T: Dim>: { letters: usize[T], h: [1, 256], c: [1, 256] } -> { scores: [T, 65], h_n: [1, 256], c_n: [1, 256] } {
        from letters, embedding: Embedding(65, 64),
        lstm: LSTM(256, state = (h, c)) as (y, h_new, c_new),
        Dropout(0.1), fc: Linear(65), output scores,
        from h_new, output h_n,
        from c_new, output c_n,
    }

    /// Seven characters, without dropout.
    #[cfg(test)]
    pub(super) SmallCharLstm<T: Dim>: { letters: usize[T], h: [1, 5], c: [1, 5] } -> { scores: [T, 7], h_n: [1, 5], c_n: [1, 5] } {
        from letters, embedding: Embedding(7, 4),
        lstm: LSTM(5, state = (h, c)) as (y, h_new, c_new),
        Dropout(0.0), fc: Linear(7), output scores,
        from h_new, output h_n,
        from c_new, output c_n,
    }
}

const _: () = assert!(CharLstm::PARAMS == 350_593);

//! Recurrent networks that read an image row by row: many to one.
//!
//! As in Q. Le et al.: *A Simple Way to Initialize Recurrent Networks of Rectified Linear Units*, 2015, section 4.2, where the steps are pixels. A step is one of 28
//! rows of 28 pixels; the last state is classified.

use layercake::prelude::*;

network! {
    /// Plain recurrent units (Elman, 1990).
    pub RowRnn: [1, 28, 28] -> [10] { Squeeze(0), rnn: RNN(128, output = last), fc: Linear(10) }

    /// Long short-term memory (Hochreiter and Schmidhuber, 1997).
    pub RowLstm: [1, 28, 28] -> [10] { Squeeze(0), rnn: LSTM(128, output = last), fc: Linear(10) }

    /// Gated recurrent units (Cho et al., 2014).
    pub RowGru: [1, 28, 28] -> [10] { Squeeze(0), rnn: GRU(128, output = last), fc: Linear(10) }
}

const _: () = assert!(RowLstm::PARAMS == 4 * (128 * (28 + 128) + 2 * 128) + 1290);

//! A GRU cell, written out in elementary layers.
//!
//! K. Cho et al.: *Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation*, EMNLP 2014, equations 5
//! to 8; in the form of PyTorch's `GRUCell`, which applies the reset gate after the recurrent product:
//!
//! ```text
//! r  = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
//! z  = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
//! n  = tanh(W_in x + b_in + r * (W_hn h + b_hn))
//! h' = (1 - z) * n + z * h = n + z * (h - n)
//! ```
//!
//! `ih.weight` holds `W_ir`, `W_iz` and `W_in` stacked, as PyTorch's `weight_ih`; `hh.weight` alike.

use layercake::prelude::*;

network! {
    /// A gated recurrent unit (Cho et al., 2014), one step: input and state to the next state.
    pub GruCell: { x: [128], h: [256] } -> [256] {
        from x, ih: Linear(3 * 256), Chunk(3) as (xr, xz, xn),
        from h, hh: Linear(3 * 256), Chunk(3) as (hr, hz, hn),
        from xr, Add(hr), Sigmoid as r,
        from xz, Add(hz), Sigmoid as z,
        from hn, Mul(r), Add(xn), Tanh as n,
        from h, Sub(n), Mul(z), Add(n),
    }

    #[cfg(test)]
    pub(super) SmallGruCell: { x: [5], h: [7] } -> [7] {
        from x, ih: Linear(3 * 7), Chunk(3) as (xr, xz, xn),
        from h, hh: Linear(3 * 7), Chunk(3) as (hr, hz, hn),
        from xr, Add(hr), Sigmoid as r,
        from xz, Add(hz), Sigmoid as z,
        from hn, Mul(r), Add(xn), Tanh as n,
        from h, Sub(n), Mul(z), Add(n),
    }
}

const _: () = assert!(GruCell::PARAMS == 3 * 256 * (128 + 1) + 3 * 256 * (256 + 1));

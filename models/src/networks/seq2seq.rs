//! Sequence to sequence: an encoder LSTM whose last state is the first of a decoder LSTM.
//!
//! I. Sutskever, O. Vinyals, Q. Le: *Sequence to Sequence Learning with Neural Networks*, NeurIPS 2014. With attention the decoder also looks at all states of the
//! encoder: M.-T. Luong, H. Pham, C. Manning: *Effective Approaches to Attention-based Neural Machine Translation*, EMNLP 2015, global attention with the score
//! "general".
//!
//! | | shape |
//! |---|---|
//! | source, padded on the left | `usize[7]` |
//! | target behind its start | `usize[5]` |
//! | states of the encoder | `[7, 128]`, the last one `[1, 128]` twice |
//! | logits of the next token | `[5, 14]` |
//!
//! The decoder has a length of its own: 5 in training, where it is given the right tokens, and 1 when it writes.

use layercake::prelude::*;

network! {
    /// Reads a sequence.
    pub SumEncoder: usize[7] -> { states: [7, 128], h: [1, 128], c: [1, 128] } {
        embedding: Embedding(14, 32),
        lstm: LSTM(128) as (y, h_n, c_n), output states,
        from h_n, output h,
        from c_n, output c,
    }

    /// Writes a sequence, `T` tokens at once.
    pub SumDecoder<const T: usize>: { tokens: usize[T], h: [1, 128], c: [1, 128] } -> { scores: [T, 14], h_n: [1, 128], c_n: [1, 128] } {
        from tokens, embedding: Embedding(14, 32),
        lstm: LSTM(128, state = (h, c)) as (y, h_new, c_new),
        fc: Linear(14), output scores,
        from h_new, output h_n,
        from c_new, output c_n,
    }

    /// Writes a sequence, and looks at the states of the encoder; the mask is minus infinity for padding.
    pub SumAttentionDecoder<const T: usize>: { tokens: usize[T], h: [1, 128], c: [1, 128], states: [7, 128], mask: [1, 7] }
    -> { scores: [T, 14], h_n: [1, 128], c_n: [1, 128], weights: [T, 7] } {
        from states, keys: Linear(128, bias = false), Transpose(0, 1) as keys,
        from tokens, embedding: Embedding(14, 32),
        lstm: LSTM(128, state = (h, c)) as (y, h_new, c_new),
        MatMul(keys), Add(mask), Softmax(axis = -1), output weights,
        MatMul(states), Concat(y, axis = 1),
        combine: Linear(128), Tanh,
        fc: Linear(14), output scores,
        from h_new, output h_n,
        from c_new, output c_n,
    }

    /// Both, as they are trained: the logits of each token behind those before it.
    pub Seq2Seq: { source: usize[7], target: usize[5] } -> [5, 14] {
        from source, encoder: SumEncoder as (_, h, c),
        from target, decoder: SumDecoder<5>(h, c) as (scores, _, _),
    }

    /// Both, with attention.
    pub AttentionSeq2Seq: { source: usize[7], target: usize[5], mask: [1, 7] } -> [5, 14] {
        from source, encoder: SumEncoder as (states, h, c),
        from target, decoder: SumAttentionDecoder<5>(h, c, states, mask) as (scores, _, _, _),
    }
}

const _: () = assert!(Seq2Seq::PARAMS == 2 * (14 * 32 + 4 * 128 * (32 + 128 + 2)) + 129 * 14);
const _: () = assert!(AttentionSeq2Seq::PARAMS == Seq2Seq::PARAMS + 128 * 128 + 257 * 128);

//! Sequence to sequence: an encoder LSTM whose last state is the first of a decoder LSTM.
//!
//! I. Sutskever, O. Vinyals, Q. Le: *Sequence to Sequence Learning with Neural Networks*, NeurIPS 2014. With attention the decoder also looks at all states of the
//! encoder: M.-T. Luong, H. Pham, C. Manning: *Effective Approaches to Attention-based Neural Machine Translation*, EMNLP 2015, global attention with the score
//! "general".
//!
//! | | sums | numbers in words |
//! |---|---|---|
//! | source, padded on the left | `usize[7]` | `usize[9]` |
//! | target behind its start | `usize[5]` | `usize[14]` |
//! | states of the encoder | `[7, 128]`, the last one `[1, 128]` twice | `[9, 128]` |
//! | logits of the next token | `[5, 14]` | `[14, 59]` |
//!
//! The decoder has a length of its own: that of the target in training, where it is given the right tokens, and 1 when it writes.

use layercake::prelude::*;

network! {
    /// Reads a sequence of `L` out of `V` tokens.
    pub SequenceEncoder<const V: usize, const L: usize>: usize[L] -> { states: [L, 128], h: [1, 128], c: [1, 128] } {
        embedding: Embedding(V, 32),
        lstm: LSTM(128) as (y, h_n, c_n), output states,
        from h_n, output h,
        from c_n, output c,
    }

    /// Writes a sequence, `T` tokens at once.
    pub SequenceDecoder<const T: usize, const V: usize>: { tokens: usize[T], h: [1, 128], c: [1, 128] }
    -> { scores: [T, V], h_n: [1, 128], c_n: [1, 128] } {
        from tokens, embedding: Embedding(V, 32),
        lstm: LSTM(128, state = (h, c)) as (y, h_new, c_new),
        fc: Linear(V), output scores,
        from h_new, output h_n,
        from c_new, output c_n,
    }

    /// Writes a sequence, and looks at the states of the encoder; the mask is minus infinity for padding.
    pub AttentionDecoder<const T: usize, const V: usize, const L: usize>:
        { tokens: usize[T], h: [1, 128], c: [1, 128], states: [L, 128], mask: [1, L] }
    -> { scores: [T, V], h_n: [1, 128], c_n: [1, 128], weights: [T, L] } {
        from states, keys: Linear(128, bias = false), Transpose(0, 1) as keys,
        from tokens, embedding: Embedding(V, 32),
        lstm: LSTM(128, state = (h, c)) as (y, h_new, c_new),
        MatMul(keys), Add(mask), Softmax(axis = -1), output weights,
        MatMul(states), Concat(y, axis = 1),
        combine: Linear(128), Tanh,
        fc: Linear(V), output scores,
        from h_new, output h_n,
        from c_new, output c_n,
    }

    /// Both for sums, as they are trained: the logits of each token behind those before it.
    pub Seq2Seq: { source: usize[7], target: usize[5] } -> [5, 14] {
        from source, encoder: SequenceEncoder<14, 7> as (_, h, c),
        from target, decoder: SequenceDecoder<5, 14>(h, c) as (scores, _, _),
    }

    /// Both, with attention.
    pub AttentionSeq2Seq: { source: usize[7], target: usize[5], mask: [1, 7] } -> [5, 14] {
        from source, encoder: SequenceEncoder<14, 7> as (states, h, c),
        from target, decoder: AttentionDecoder<5, 14, 7>(h, c, states, mask) as (scores, _, _, _),
    }

    /// Both for numbers in words.
    pub NumberSeq2Seq: { source: usize[9], target: usize[14] } -> [14, 59] {
        from source, encoder: SequenceEncoder<59, 9> as (_, h, c),
        from target, decoder: SequenceDecoder<14, 59>(h, c) as (scores, _, _),
    }

    /// Both for numbers in words, with attention.
    pub NumberAttentionSeq2Seq: { source: usize[9], target: usize[14], mask: [1, 9] } -> [14, 59] {
        from source, encoder: SequenceEncoder<59, 9> as (states, h, c),
        from target, decoder: AttentionDecoder<14, 59, 9>(h, c, states, mask) as (scores, _, _, _),
    }
}

const _: () = assert!(Seq2Seq::PARAMS == 2 * (14 * 32 + 4 * 128 * (32 + 128 + 2)) + 129 * 14);
const _: () = assert!(AttentionSeq2Seq::PARAMS == Seq2Seq::PARAMS + 128 * 128 + 257 * 128);
const _: () = assert!(NumberSeq2Seq::PARAMS == 2 * (59 * 32 + 4 * 128 * (32 + 128 + 2)) + 129 * 59);

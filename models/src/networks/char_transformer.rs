//! A character-level language model with causal attention.
//!
//! The decoder of A. Vaswani et al.: *Attention Is All You Need*, NeurIPS 2017, without an encoder, with the order of A. Radford et al.: *Language Models are
//! Unsupervised Multitask Learners*, 2019: normalizations before each part, GELU, learned positions.
//!
//! | | shape |
//! |---|---|
//! | characters and their positions | `usize[128]` |
//! | embeddings, each layer | `[128, 128]` |
//! | logits of the next character | `[128, 65]` |
//!
//! It reads all positions at once. To write, [`CharTransformerStep`] reads one character behind a cache of the keys and values of those before it, which
//! [`CharTransformerRefill`] fills again when all positions are taken. Both have the parameters of the network that was trained.

use layercake::prelude::*;

network! {
    block embedded(letters, positions, width, characters, context) {
        from positions, position: Embedding(context, width) as places,
        from letters, embedding: Embedding(characters, width), Add(places),
    }

    block layer(heads, width, hidden) {
        Residual { norm1: LayerNorm, self_attn: MultiheadAttention(heads, causal = true) },
        Residual { norm2: LayerNorm, linear1: Linear(hidden), GELU, linear2: Linear(width) },
    }

    /// Characters to logits of the character after each of them.
    pub CharTransformer: { letters: usize[128], positions: usize[128] } -> [128, 65] {
        embed: embedded(letters, positions, 128, 65, 128),
        layers: Sequential { Repeat(4) { layer(4, 128, 512) } },
        norm: LayerNorm, fc: Linear(65),
    }

    /// Five positions of seven characters.
    #[cfg(test)]
    pub(super) SmallCharTransformer: { letters: usize[5], positions: usize[5] } -> [5, 7] {
        embed: embedded(letters, positions, 6, 7, 5),
        layers: Sequential { Repeat(2) { layer(2, 6, 8) } },
        norm: LayerNorm, fc: Linear(7),
    }

    // A layer for `count` characters behind a cache; `all` are both together. Its result is followed by the keys and the values of the characters.
    block behind(keys, values, mask, count, all, heads, size, scale, hidden) {
        norm1: LayerNorm, qkv: Linear(3 * heads * size), Chunk(3, axis = 1) as (queries, key, value),
        from keys, Squeeze(0), Concat(key), Reshape(all, heads, size), Permute(1, 2, 0) as all_keys,
        from values, Squeeze(0), Concat(value), Reshape(all, heads, size), Permute(1, 0, 2) as all_values,
        from queries, Reshape(count, heads, size), Permute(1, 0, 2), MatMul(all_keys), Mul(scale), Add(mask), Softmax(axis = 2),
        MatMul(all_values), Permute(1, 0, 2), Reshape(count, heads * size), out_proj: Linear(heads * size), Add(input),
        Residual { norm2: LayerNorm, linear1: Linear(hidden), GELU, linear2: Linear(heads * size) },
        Concat(key, value, axis = 1),
    }

    // Logits of `count` characters, followed by the keys and values of each layer for them.
    block written(letters, positions, mask, past, count, all) {
        from past, Chunk(8) as (k0, v0, k1, v1, k2, v2, k3, v3),
        embed: embedded(letters, positions, 128, 65, 128),
        layers_0: behind(k0, v0, mask, count, all, 4, 32, 0.176776695296637, 512), Split([128, 256], axis = 1) as (x0, new0),
        from x0, layers_1: behind(k1, v1, mask, count, all, 4, 32, 0.176776695296637, 512), Split([128, 256], axis = 1) as (x1, new1),
        from x1, layers_2: behind(k2, v2, mask, count, all, 4, 32, 0.176776695296637, 512), Split([128, 256], axis = 1) as (x2, new2),
        from x2, layers_3: behind(k3, v3, mask, count, all, 4, 32, 0.176776695296637, 512), Split([128, 256], axis = 1) as (x3, new3),
        from x3, norm: LayerNorm, fc: Linear(65), Concat(new0, new1, new2, new3, axis = 1),
    }

    /// One character behind at most 127 others, of which `past` has the keys and values of each layer. The mask is 0 where it may look and minus infinity where nothing is
    /// cached. `new` is what the cache needs of the character: keys and values of each layer, as the rows of `past`.
    pub CharTransformerStep: {
        letters: usize[1], positions: usize[1], mask: [1, 1, 128], past: [8, 127, 128],
    } -> { scores: [1, 65], new: [1, 1024] } {
        step: written(letters, positions, mask, past, 1, 128), Split([65, 1024], axis = 1) as (logits, rows),
        from logits, output scores,
        from rows, output new,
    }

    /// The same of 64 characters behind at most 64 others.
    pub CharTransformerRefill: { letters: usize[64], positions: usize[64], mask: [1, 64, 128], past: [8, 64, 128] }
    -> { scores: [64, 65], new: [64, 1024] } {
        step: written(letters, positions, mask, past, 64, 128), Split([65, 1024], axis = 1) as (logits, rows),
        from logits, output scores,
        from rows, output new,
    }
}

const _: () = assert!(CharTransformer::PARAMS == (65 + 128) * 128 + 4 * (12 * 128 * 128 + 13 * 128) + 2 * 128 + 129 * 65);
const _: () = assert!(CharTransformerStep::PARAMS == CharTransformer::PARAMS && CharTransformerRefill::PARAMS == CharTransformer::PARAMS);

//! Transformer.
//!
//! A. Vaswani et al.: *Attention Is All You Need*, NeurIPS 2017, figure 1: an encoder, and a decoder that attends to itself and to the encoder's output.
//! Names and the order of the normalizations are those of PyTorch's `nn.Transformer`, `decoder.layers.0.multihead_attn.in_proj_weight`. The embeddings of the tokens
//! and their positions are outside, as there.

use layercake::prelude::*;

network! {
    block encoder_layer(heads, hidden, width, drop) {
        Residual { self_attn: MultiheadAttention(heads, dropout = drop), Dropout(drop) }, norm1: LayerNorm,
        Residual { linear1: Linear(hidden), ReLU, Dropout(drop), linear2: Linear(width), Dropout(drop) }, norm2: LayerNorm,
    }

    block decoder_layer(memory, heads, hidden, width, drop) {
        Residual { self_attn: MultiheadAttention(heads, causal = true, dropout = drop), Dropout(drop) }, norm1: LayerNorm as x,
        multihead_attn: MultiheadAttention(heads, key = memory, value = memory, dropout = drop), Dropout(drop), Add(x), norm2: LayerNorm,
        Residual { linear1: Linear(hidden), ReLU, Dropout(drop), linear2: Linear(width), Dropout(drop) }, norm3: LayerNorm,
    }

    block encoder(layers, heads, hidden, width, drop) {
        layers: Sequential { Repeat(layers) { encoder_layer(heads, hidden, width, drop) } }, norm: LayerNorm,
    }

    block decoder(memory, layers, heads, hidden, width, drop) {
        layers: Sequential { Repeat(layers) { decoder_layer(memory, heads, hidden, width, drop) } }, norm: LayerNorm,
    }

    /// The base model (Vaswani et al., 2017, table 3), for 32 steps in and out.
    pub Transformer: { source: [32, 512], target: [32, 512] } -> [32, 512] {
        encoder: encoder(6, 8, 2048, 512, 0.1) as memory,
        from target, decoder: decoder(memory, 6, 8, 2048, 512, 0.1),
    }

    #[cfg(test)]
    pub(super) SmallTransformer: { source: [5, 6], target: [4, 6] } -> [4, 6] {
        encoder: encoder(2, 3, 7, 6, 0.0) as memory,
        from target, decoder: decoder(memory, 2, 3, 7, 6, 0.0),
    }
}

// PyTorch's `nn.Transformer()`.
const _: () = assert!(Transformer::PARAMS == 44_140_544);

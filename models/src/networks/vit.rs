//! Vision transformer.
//!
//! A. Dosovitskiy et al.: *An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale*, ICLR 2021, figure 1: an image's patches and a class
//! token, each with a learned position, through a transformer's encoder. The tiny size is that of H. Touvron et al. (DeiT, ICML 2021, table 1). Names are
//! torchvision's, `encoder.layers.encoder_layer_0.self_attention.in_proj_weight`.

use layercake::prelude::*;

network! {
    block encoder_layer(heads, hidden, width) {
        Residual { ln_1: LayerNorm(eps = 1e-6), self_attention: MultiheadAttention(heads) },
        Residual { ln_2: LayerNorm(eps = 1e-6), mlp: Sequential { Linear(hidden), GELU, Dropout(0.0), Linear(width) } },
    }

    block twelve(heads, hidden, width) {
        encoder_layer_0: encoder_layer(heads, hidden, width),
        encoder_layer_1: encoder_layer(heads, hidden, width),
        encoder_layer_2: encoder_layer(heads, hidden, width),
        encoder_layer_3: encoder_layer(heads, hidden, width),
        encoder_layer_4: encoder_layer(heads, hidden, width),
        encoder_layer_5: encoder_layer(heads, hidden, width),
        encoder_layer_6: encoder_layer(heads, hidden, width),
        encoder_layer_7: encoder_layer(heads, hidden, width),
        encoder_layer_8: encoder_layer(heads, hidden, width),
        encoder_layer_9: encoder_layer(heads, hidden, width),
        encoder_layer_10: encoder_layer(heads, hidden, width),
        encoder_layer_11: encoder_layer(heads, hidden, width),
    }

    block encoder(tokens, heads, hidden, width) {
        pos_embedding: Parameter([1, tokens, width], init = normal(0.02)), Squeeze(0), Add { {}, { from input } },
        layers: twelve(heads, hidden, width),
        ln: LayerNorm(eps = 1e-6),
    }

    /// ViT-Ti/16 (Dosovitskiy et al., 2021): 224x224 color images to logits of 1000 classes.
    pub VitTiny: [3, 224, 224] -> [1000] {
        conv_proj: Conv2d(192, kernel = 16, stride = 16), Reshape(192, 196), Transpose(0, 1) as patches,
        class_token: Parameter([1, 1, 192]), Squeeze(0), Concat(patches),
        encoder: encoder(197, 3, 768, 192),
        Select(index = 0),
        heads: Sequential { head: Linear(1000) },
    }

    block two(heads, hidden, width) {
        encoder_layer_0: encoder_layer(heads, hidden, width),
        encoder_layer_1: encoder_layer(heads, hidden, width),
    }

    block short_encoder(tokens, heads, hidden, width) {
        pos_embedding: Parameter([1, tokens, width]), Squeeze(0), Add { {}, { from input } },
        layers: two(heads, hidden, width),
        ln: LayerNorm(eps = 1e-6),
    }

    #[cfg(test)]
    pub(super) SmallVit: [3, 8, 8] -> [5] {
        conv_proj: Conv2d(6, kernel = 4, stride = 4), Reshape(6, 4), Transpose(0, 1) as patches,
        class_token: Parameter([1, 1, 6]), Squeeze(0), Concat(patches),
        encoder: short_encoder(5, 2, 7, 6),
        Select(index = 0),
        heads: Sequential { head: Linear(5) },
    }
}

const _: () = assert!(VitTiny::PARAMS == 5_717_416);

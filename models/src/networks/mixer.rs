//! MLP-Mixer.
//!
//! I. Tolstikhin et al.: *MLP-Mixer: An all-MLP Architecture for Vision*, NeurIPS 2021, figure 1 and table 1: a block mixes each channel over
//! all patches, then each patch over all its channels, each with a perceptron.
//!
//! | Mixer-B/16 | shape |
//! |---|---|
//! | image | `[3, 224, 224]` |
//! | patches of 16x16 | `[196, 768]` |
//! | twelve blocks, each | `[196, 768]` |
//! | mean | `[768]` |
//! | logits | `[1000]` |
//!
//! Names and the `eps` of the normalization are those of the library `timm`: `blocks.0.mlp_tokens.fc1.weight`.

use layercake::prelude::*;

network! {
    // Input and output have the same width. The widths are D_S and D_C in table 1, the sizes S and C.
    block mlp(hidden, width) { fc1: Linear(hidden), GELU, fc2: Linear(width) }

    block mixer(tokens, channels, patches, width) {
        Residual { norm1: LayerNorm(eps = 1e-6), Permute(1, 0), mlp_tokens: mlp(tokens, patches), Permute(1, 0) },
        Residual { norm2: LayerNorm(eps = 1e-6), mlp_channels: mlp(channels, width) },
    }

    /// One block of Mixer-B/16 (Tolstikhin et al., 2021): 196 patches of 768 channels.
    pub MixerBlock: [196, 768] -> [196, 768] {
        Residual { norm1: LayerNorm(eps = 1e-6), Permute(1, 0), mlp_tokens: mlp(384, 196), Permute(1, 0) },
        Residual { norm2: LayerNorm(eps = 1e-6), mlp_channels: mlp(3072, 768) },
    }

    /// Mixer-B/16 (Tolstikhin et al., 2021): 224x224 color images to logits of 1000 classes.
    pub MixerB16: [3, 224, 224] -> [1000] {
        stem: patches(768, 16, 196),
        blocks: Sequential { Repeat(12) { mixer(384, 3072, 196, 768) } },
        norm: LayerNorm(eps = 1e-6),
        Mean(0),
        head: Linear(1000),
    }

    // The patches of the image, one per row.
    block patches(width, size, count) { proj: Conv2d(width, kernel = size, stride = size), Reshape(width, count), Permute(1, 0) }

    #[cfg(test)]
    pub(super) SmallMixer: [3, 8, 12] -> [5] {
        stem: patches(7, 4, 6),
        blocks: Sequential { Repeat(2) { mixer(5, 9, 6, 7) } },
        norm: LayerNorm(eps = 1e-6),
        Mean(0),
        head: Linear(5),
    }
}

// Table 1: 59 million.
const _: () = assert!(MixerB16::PARAMS == 59_880_472);

//! A block of DenseNet.
//!
//! G. Huang, Z. Liu, L. van der Maaten, K. Weinberger: *Densely Connected Convolutional Networks*, CVPR 2017, figure 1 and section 3: each
//! layer takes the outputs of all layers before it, and adds `growth` channels. This is the first block of DenseNet-121 (table 1): 6 layers of
//! growth 32 with bottlenecks of 4 times that.
//!
//! | after layer | 1 | 2 | 3 | 4 | 5 | 6 |
//! |---|---|---|---|---|---|---|
//! | channels, of 56x56 | 96 | 128 | 160 | 192 | 224 | 256 |
//!
//! Names are torchvision's below `features.denseblock1`: `denselayer1.norm1.weight`.

use layercake::prelude::*;

network! {
    // The input, concatenated with `growth` new channels.
    block layer(growth) {
        Concat {
            {},
            {
                norm1: BatchNorm2d, ReLU, conv1: Conv2d(4 * growth, kernel = 1, bias = false),
                norm2: BatchNorm2d, ReLU, conv2: Conv2d(growth, kernel = 3, padding = 1, bias = false),
            },
        },
    }

    /// The first block of DenseNet-121 (Huang et al., 2017).
    pub DenseBlock: [64, 56, 56] -> [256, 56, 56] {
        denselayer1: layer(32),
        denselayer2: layer(32),
        denselayer3: layer(32),
        denselayer4: layer(32),
        denselayer5: layer(32),
        denselayer6: layer(32),
    }

    /// Three layers of growth 2.
    #[cfg(test)]
    pub(super) SmallDenseBlock: [5, 6, 7] -> [11, 6, 7] { denselayer1: layer(2), denselayer2: layer(2), denselayer3: layer(2) }
}

// For each layer: two normalizations, a convolution of 1x1 to 128 channels, one of 3x3 to 32.
const _: () = assert!(DenseBlock::PARAMS == (64 + 96 + 128 + 160 + 192 + 224) * (2 + 128) + 6 * (2 * 128 + 9 * 128 * 32));

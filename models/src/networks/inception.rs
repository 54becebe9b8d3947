//! Inception block 3a of GoogLeNet.
//!
//! C. Szegedy et al.: *Going Deeper with Convolutions*, CVPR 2015, figure 2b and table 1, row "inception (3a)".
//!
//! | branch | shape |
//! |---|---|
//! | 1x1 | `[64, 28, 28]` |
//! | 1x1 to 96, 3x3 | `[128, 28, 28]` |
//! | 1x1 to 16, 5x5 | `[32, 28, 28]` |
//! | pooling 3x3, 1x1 | `[32, 28, 28]` |
//! | concatenated | `[256, 28, 28]` |
//!
//! Table 1 counts 159K parameters, in units of 1024 and without biases, and 128M multiply-adds. The convolutions are named as in torchvision,
//! `branch2.0.conv.weight`, whose network has batch normalization, and 3x3 in the third branch.

use layercake::prelude::*;

network! {
    block conv(width, size = 1, padding = 0) { conv: Conv2d(width, kernel = size, padding = padding), ReLU }

    /// The block 3a of GoogLeNet (Szegedy et al., 2015): four branches with different receptive fields, concatenated along the channels.
    pub Inception3a: [192, 28, 28] -> [256, 28, 28] {
        Concat {
            { branch1: conv(64) },
            { branch2: Sequential { conv(96), conv(128, 3, padding = 1) } },
            { branch3: Sequential { conv(16), conv(32, 5, padding = 2) } },
            { branch4: Sequential { MaxPool2d(3, stride = 1, padding = 1), conv(32) } },
        },
    }

    /// The block with a few channels.
    #[cfg(test)]
    pub(super) SmallInception: [5, 8, 7] -> [13, 8, 7] {
        Concat {
            { branch1: conv(4) },
            { branch2: Sequential { conv(3), conv(5, 3, padding = 1) } },
            { branch3: Sequential { conv(2), conv(2, 5, padding = 2) } },
            { branch4: Sequential { MaxPool2d(3, stride = 1, padding = 1), conv(2) } },
        },
    }
}

const _: () = assert!(Inception3a::PARAMS == 163_328 + 368);
// 128M multiply-adds.
const _: () = assert!(Inception3a::FLOPS == 2 * 163_328 * 28 * 28);

//! ResNet-20 for CIFAR-10.
//!
//! K. He, X. Zhang, S. Ren, J. Sun: *Deep Residual Learning for Image Recognition*, CVPR 2016, section 4.2: three stages of three blocks with 16,
//! 32 and 64 channels. Downsampling shortcuts are convolutions of 1x1 (option B of the paper; its table 6 uses option A, zero padding, with 0.27
//! million parameters).
//!
//! | | 32x32 | 28x28 |
//! |---|---|---|
//! | conv1, `layer1` | `[16, 32, 32]` | `[16, 28, 28]` |
//! | `layer2` | `[32, 16, 16]` | `[32, 14, 14]` |
//! | `layer3` | `[64, 8, 8]` | `[64, 7, 7]` |
//!
//! Names are those of torchvision's larger ResNets: `layer1.0.conv1.weight`.

use layercake::prelude::*;

network! {
    use super::blocks::{BasicBlock, BasicBlockFirst};

    /// ResNet-20 (He et al., 2016): 32x32 color images to logits of ten classes.
    pub ResNet20: [3, 32, 32] -> [10] {
        conv1: Conv2d(16, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { Repeat(3) { BasicBlock(16) } },
        layer2: Sequential { BasicBlockFirst(32), Repeat(2) { BasicBlock(32) } },
        layer3: Sequential { BasicBlockFirst(64), Repeat(2) { BasicBlock(64) } },
        GlobalAvgPool2d,
        fc: Linear(10),
    }

    /// ResNet-20 for 28x28 gray images.
    pub ResNet20Gray: [1, 28, 28] -> [10] {
        conv1: Conv2d(16, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { Repeat(3) { BasicBlock(16) } },
        layer2: Sequential { BasicBlockFirst(32), Repeat(2) { BasicBlock(32) } },
        layer3: Sequential { BasicBlockFirst(64), Repeat(2) { BasicBlock(64) } },
        GlobalAvgPool2d,
        fc: Linear(10),
    }
}

const _: () = assert!(ResNet20::PARAMS == 272_474);

//! ResNet-18 and ResNet-50.
//!
//! K. He, X. Zhang, S. Ren, J. Sun: *Deep Residual Learning for Image Recognition*, CVPR 2016, table 1 and figure 5; and the common form
//! for CIFAR-10, 32x32: a first convolution of 3x3 with stride 1, without pooling.
//!
//! | | ResNet-18, 224x224 | ResNet-50, 224x224 |
//! |---|---|---|
//! | conv1 and pooling | `[64, 56, 56]` | `[64, 56, 56]` |
//! | conv2_x, `layer1` | `[64, 56, 56]` | `[256, 56, 56]` |
//! | conv3_x, `layer2` | `[128, 28, 28]` | `[512, 28, 28]` |
//! | conv4_x, `layer3` | `[256, 14, 14]` | `[1024, 14, 14]` |
//! | conv5_x, `layer4` | `[512, 7, 7]` | `[2048, 7, 7]` |
//!
//! Names are torchvision's, `layer1.0.conv1.weight`, and so is the stride in ResNet-50's blocks: at the convolution of 3x3, while
//! the paper has it at the first 1x1.

use layercake::prelude::*;

network! {
    use super::blocks::{BasicBlock, BasicBlockFirst, Bottleneck, BottleneckFirst};

    /// ResNet-18 (He et al., 2016): 224x224 color images to logits of 1000 classes.
    pub ResNet18: [3, 224, 224] -> [1000] {
        conv1: Conv2d(64, kernel = 7, stride = 2, padding = 3, bias = false), bn1: BatchNorm2d, ReLU,
        MaxPool2d(3, stride = 2, padding = 1),
        layer1: Sequential { BasicBlock(64), BasicBlock(64) },
        layer2: Sequential { BasicBlockFirst(128), BasicBlock(128) },
        layer3: Sequential { BasicBlockFirst(256), BasicBlock(256) },
        layer4: Sequential { BasicBlockFirst(512), BasicBlock(512) },
        GlobalAvgPool2d,
        fc: Linear(1000),
    }

    /// ResNet-50 (He et al., 2016): 224x224 color images to logits of 1000 classes.
    pub ResNet50: [3, 224, 224] -> [1000] {
        conv1: Conv2d(64, kernel = 7, stride = 2, padding = 3, bias = false), bn1: BatchNorm2d, ReLU,
        MaxPool2d(3, stride = 2, padding = 1),
        layer1: Sequential { BottleneckFirst(64, stride = 1), Repeat(2) { Bottleneck(64) } },
        layer2: Sequential { BottleneckFirst(128), Repeat(3) { Bottleneck(128) } },
        layer3: Sequential { BottleneckFirst(256), Repeat(5) { Bottleneck(256) } },
        layer4: Sequential { BottleneckFirst(512), Repeat(2) { Bottleneck(512) } },
        GlobalAvgPool2d,
        fc: Linear(1000),
    }

    /// ResNet-18 for 32x32 color images, to logits of ten classes.
    pub ResNet18Cifar: [3, 32, 32] -> [10] {
        conv1: Conv2d(64, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { BasicBlock(64), BasicBlock(64) },
        layer2: Sequential { BasicBlockFirst(128), BasicBlock(128) },
        layer3: Sequential { BasicBlockFirst(256), BasicBlock(256) },
        layer4: Sequential { BasicBlockFirst(512), BasicBlock(512) },
        GlobalAvgPool2d,
        fc: Linear(10),
    }

    /// ResNet-50 for 32x32 color images, to logits of ten classes.
    pub ResNet50Cifar: [3, 32, 32] -> [10] {
        conv1: Conv2d(64, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { BottleneckFirst(64, stride = 1), Repeat(2) { Bottleneck(64) } },
        layer2: Sequential { BottleneckFirst(128), Repeat(3) { Bottleneck(128) } },
        layer3: Sequential { BottleneckFirst(256), Repeat(5) { Bottleneck(256) } },
        layer4: Sequential { BottleneckFirst(512), Repeat(2) { Bottleneck(512) } },
        GlobalAvgPool2d,
        fc: Linear(10),
    }

    /// ResNet-18, a few channels wide and without the last stage.
    #[cfg(test)]
    pub(super) SmallResNet18: [3, 19, 17] -> [5] {
        conv1: Conv2d(3, kernel = 7, stride = 2, padding = 3, bias = false), bn1: BatchNorm2d, ReLU,
        MaxPool2d(3, stride = 2, padding = 1),
        layer1: Sequential { BasicBlock(3), BasicBlock(3) },
        layer2: Sequential { BasicBlockFirst(4), BasicBlock(4) },
        layer3: Sequential { BasicBlockFirst(5), BasicBlock(5) },
        GlobalAvgPool2d,
        fc: Linear(5),
    }

    /// ResNet-50 for small images, a few channels wide and with fewer blocks.
    #[cfg(test)]
    pub(super) SmallResNet50Cifar: [3, 9, 10] -> [5] {
        conv1: Conv2d(3, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { BottleneckFirst(2, stride = 1), Repeat(2) { Bottleneck(2) } },
        layer2: Sequential { BottleneckFirst(3), Bottleneck(3) },
        layer3: Sequential { BottleneckFirst(4), Bottleneck(4) },
        GlobalAvgPool2d,
        fc: Linear(5),
    }
}

const _: () = assert!(ResNet18::PARAMS == 11_689_512);
const _: () = assert!(ResNet50::PARAMS == 25_557_032);

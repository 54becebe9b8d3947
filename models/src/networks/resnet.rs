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
    // Figure 5, left: two convolutions of 3x3.
    block basic(width) {
        Residual {
            conv1: Conv2d(width, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
            conv2: Conv2d(width, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d,
        },
        ReLU,
    }

    // The same with stride 2: the shortcut needs a convolution.
    block halving(width) {
        Residual(shortcut = { downsample: Sequential { Conv2d(width, kernel = 1, stride = 2, bias = false), BatchNorm2d } }) {
            conv1: Conv2d(width, kernel = 3, stride = 2, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
            conv2: Conv2d(width, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d,
        },
        ReLU,
    }

    // Figure 5, right: 1x1 reduction, 3x3, 1x1 expansion by 4.
    block bottleneck(width) {
        Residual {
            conv1: Conv2d(width, kernel = 1, bias = false), bn1: BatchNorm2d, ReLU,
            conv2: Conv2d(width, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d, ReLU,
            conv3: Conv2d(4 * width, kernel = 1, bias = false), bn3: BatchNorm2d,
        },
        ReLU,
    }

    // The first block of a stage.
    block widening(width, stride = 2) {
        Residual(shortcut = { downsample: Sequential { Conv2d(4 * width, kernel = 1, stride = stride, bias = false), BatchNorm2d } }) {
            conv1: Conv2d(width, kernel = 1, bias = false), bn1: BatchNorm2d, ReLU,
            conv2: Conv2d(width, kernel = 3, stride = stride, padding = 1, bias = false), bn2: BatchNorm2d, ReLU,
            conv3: Conv2d(4 * width, kernel = 1, bias = false), bn3: BatchNorm2d,
        },
        ReLU,
    }

    /// ResNet-18 (He et al., 2016): 224x224 color images to logits of 1000 classes.
    pub ResNet18: [3, 224, 224] -> [1000] {
        conv1: Conv2d(64, kernel = 7, stride = 2, padding = 3, bias = false), bn1: BatchNorm2d, ReLU,
        MaxPool2d(3, stride = 2, padding = 1),
        layer1: Sequential { basic(64), basic(64) },
        layer2: Sequential { halving(128), basic(128) },
        layer3: Sequential { halving(256), basic(256) },
        layer4: Sequential { halving(512), basic(512) },
        GlobalAvgPool2d,
        fc: Linear(1000),
    }

    /// ResNet-50 (He et al., 2016): 224x224 color images to logits of 1000 classes.
    pub ResNet50: [3, 224, 224] -> [1000] {
        conv1: Conv2d(64, kernel = 7, stride = 2, padding = 3, bias = false), bn1: BatchNorm2d, ReLU,
        MaxPool2d(3, stride = 2, padding = 1),
        layer1: Sequential { widening(64, stride = 1), Repeat(2) { bottleneck(64) } },
        layer2: Sequential { widening(128), Repeat(3) { bottleneck(128) } },
        layer3: Sequential { widening(256), Repeat(5) { bottleneck(256) } },
        layer4: Sequential { widening(512), Repeat(2) { bottleneck(512) } },
        GlobalAvgPool2d,
        fc: Linear(1000),
    }

    /// ResNet-18 for 32x32 color images, to logits of ten classes.
    pub ResNet18Cifar: [3, 32, 32] -> [10] {
        conv1: Conv2d(64, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { basic(64), basic(64) },
        layer2: Sequential { halving(128), basic(128) },
        layer3: Sequential { halving(256), basic(256) },
        layer4: Sequential { halving(512), basic(512) },
        GlobalAvgPool2d,
        fc: Linear(10),
    }

    /// ResNet-50 for 32x32 color images, to logits of ten classes.
    pub ResNet50Cifar: [3, 32, 32] -> [10] {
        conv1: Conv2d(64, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { widening(64, stride = 1), Repeat(2) { bottleneck(64) } },
        layer2: Sequential { widening(128), Repeat(3) { bottleneck(128) } },
        layer3: Sequential { widening(256), Repeat(5) { bottleneck(256) } },
        layer4: Sequential { widening(512), Repeat(2) { bottleneck(512) } },
        GlobalAvgPool2d,
        fc: Linear(10),
    }

    /// ResNet-18, a few channels wide and without the last stage.
    #[cfg(test)]
    pub(super) SmallResNet18: [3, 19, 17] -> [5] {
        conv1: Conv2d(3, kernel = 7, stride = 2, padding = 3, bias = false), bn1: BatchNorm2d, ReLU,
        MaxPool2d(3, stride = 2, padding = 1),
        layer1: Sequential { basic(3), basic(3) },
        layer2: Sequential { halving(4), basic(4) },
        layer3: Sequential { halving(5), basic(5) },
        GlobalAvgPool2d,
        fc: Linear(5),
    }

    /// ResNet-50 for small images, a few channels wide and with fewer blocks.
    #[cfg(test)]
    pub(super) SmallResNet50Cifar: [3, 9, 10] -> [5] {
        conv1: Conv2d(3, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { widening(2, stride = 1), Repeat(2) { bottleneck(2) } },
        layer2: Sequential { widening(3), bottleneck(3) },
        layer3: Sequential { widening(4), bottleneck(4) },
        GlobalAvgPool2d,
        fc: Linear(5),
    }
}

const _: () = assert!(ResNet18::PARAMS == 11_689_512);
const _: () = assert!(ResNet50::PARAMS == 25_557_032);

//! ResNeXt-50 and SE-ResNet-50: ResNet-50 with other blocks.
//!
//! - S. Xie et al.: *Aggregated Residual Transformations for Deep Neural Networks*, CVPR 2017, figure 3 (c): the 3x3 convolution in 32 groups of 4
//!   channels. Names are torchvision's, `layer1.0.conv2.weight`.
//! - J. Hu et al.: *Squeeze-and-Excitation Networks*, CVPR 2018, figure 3: each channel of a block's result is scaled by a factor that the mean of all
//!   channels gives. Names are those of the library `timm`, `layer1.0.se.fc1.weight`.

use layercake::prelude::*;

network! {
    use super::blocks::SqueezeExcitation;

    // `first` is whether the block is the first of its stage, whose shortcut has a convolution.
    block bottleneck(inner, width, groups, squeezes, first, stride) {
        conv1: Conv2d(inner, kernel = 1, bias = false), bn1: BatchNorm2d, ReLU,
        conv2: Conv2d(inner, kernel = 3, stride = stride, padding = 1, groups = groups, bias = false), bn2: BatchNorm2d, ReLU,
        conv3: Conv2d(width, kernel = 1, bias = false), bn3: BatchNorm2d,
        if squeezes { se: SqueezeExcitation(width / 16, width) }
        if first {
            Add { {}, { from input, downsample: Sequential { Conv2d(width, kernel = 1, stride = stride, bias = false), BatchNorm2d } } }
        } else {
            Add { {}, { from input } }
        }
        ReLU,
    }

    /// ResNeXt-50 of 32x4d (Xie et al., 2017): 224x224 color images to logits of 1000 classes.
    pub ResNeXt50: [3, 224, 224] -> [1000] {
        conv1: Conv2d(64, kernel = 7, stride = 2, padding = 3, bias = false), bn1: BatchNorm2d, ReLU,
        MaxPool2d(3, stride = 2, padding = 1),
        layer1: Sequential { bottleneck(128, 256, 32, false, true, 1), Repeat(2) { bottleneck(128, 256, 32, false, false, 1) } },
        layer2: Sequential { bottleneck(256, 512, 32, false, true, 2), Repeat(3) { bottleneck(256, 512, 32, false, false, 1) } },
        layer3: Sequential { bottleneck(512, 1024, 32, false, true, 2), Repeat(5) { bottleneck(512, 1024, 32, false, false, 1) } },
        layer4: Sequential { bottleneck(1024, 2048, 32, false, true, 2), Repeat(2) { bottleneck(1024, 2048, 32, false, false, 1) } },
        GlobalAvgPool2d,
        fc: Linear(1000),
    }

    /// SE-ResNet-50 (Hu et al., 2018): 224x224 color images to logits of 1000 classes.
    pub SeResNet50: [3, 224, 224] -> [1000] {
        conv1: Conv2d(64, kernel = 7, stride = 2, padding = 3, bias = false), bn1: BatchNorm2d, ReLU,
        MaxPool2d(3, stride = 2, padding = 1),
        layer1: Sequential { bottleneck(64, 256, 1, true, true, 1), Repeat(2) { bottleneck(64, 256, 1, true, false, 1) } },
        layer2: Sequential { bottleneck(128, 512, 1, true, true, 2), Repeat(3) { bottleneck(128, 512, 1, true, false, 1) } },
        layer3: Sequential { bottleneck(256, 1024, 1, true, true, 2), Repeat(5) { bottleneck(256, 1024, 1, true, false, 1) } },
        layer4: Sequential { bottleneck(512, 2048, 1, true, true, 2), Repeat(2) { bottleneck(512, 2048, 1, true, false, 1) } },
        GlobalAvgPool2d,
        fc: Linear(1000),
    }

    #[cfg(test)]
    pub(super) SmallResNeXt: [3, 9, 10] -> [4] {
        conv1: Conv2d(4, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { bottleneck(4, 8, 2, false, true, 1), Repeat(1) { bottleneck(4, 8, 2, false, false, 1) } },
        layer2: Sequential { bottleneck(6, 10, 3, false, true, 2) },
        GlobalAvgPool2d,
        fc: Linear(4),
    }

    #[cfg(test)]
    pub(super) SmallSeResNet: [3, 9, 10] -> [4] {
        conv1: Conv2d(4, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { bottleneck(4, 16, 1, true, true, 1), Repeat(1) { bottleneck(4, 16, 1, true, false, 1) } },
        layer2: Sequential { bottleneck(3, 32, 1, true, true, 2) },
        GlobalAvgPool2d,
        fc: Linear(4),
    }
}

const _: () = assert!(ResNeXt50::PARAMS == 25_028_904);
const _: () = assert!(SeResNet50::PARAMS == 28_088_024);

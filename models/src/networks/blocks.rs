//! Blocks that several networks are made of, for networks of other crates too: `use layercake_models::networks::blocks::BasicBlock;` in `network!`.
//!
//! - K. He et al.: *Deep Residual Learning for Image Recognition*, CVPR 2016, figure 5. Names are torchvision's, `conv1`, `bn1`, `downsample.0`, and the
//!   stride is at the 3x3 convolution as there.
//! - J. Hu et al.: *Squeeze-and-Excitation Networks*, CVPR 2018, figure 3.

use layercake::network;

network! {
    /// Figure 5, left: two convolutions of 3x3.
    pub block BasicBlock(width) {
        Residual {
            conv1: Conv2d(width, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
            conv2: Conv2d(width, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d,
        },
        ReLU,
    }

    /// The first block of a stage: with stride 2, so that the shortcut needs a convolution.
    pub block BasicBlockFirst(width, stride = 2) {
        Residual(shortcut = { downsample: Sequential { Conv2d(width, kernel = 1, stride = stride, bias = false), BatchNorm2d } }) {
            conv1: Conv2d(width, kernel = 3, stride = stride, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
            conv2: Conv2d(width, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d,
        },
        ReLU,
    }

    /// Figure 5, right: 1x1 reduction, 3x3, 1x1 expansion to `4 * width` channels.
    pub block Bottleneck(width) {
        Residual {
            conv1: Conv2d(width, kernel = 1, bias = false), bn1: BatchNorm2d, ReLU,
            conv2: Conv2d(width, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d, ReLU,
            conv3: Conv2d(4 * width, kernel = 1, bias = false), bn3: BatchNorm2d,
        },
        ReLU,
    }

    /// The first block of a stage.
    pub block BottleneckFirst(width, stride = 2) {
        Residual(shortcut = { downsample: Sequential { Conv2d(4 * width, kernel = 1, stride = stride, bias = false), BatchNorm2d } }) {
            conv1: Conv2d(width, kernel = 1, bias = false), bn1: BatchNorm2d, ReLU,
            conv2: Conv2d(width, kernel = 3, stride = stride, padding = 1, bias = false), bn2: BatchNorm2d, ReLU,
            conv3: Conv2d(4 * width, kernel = 1, bias = false), bn3: BatchNorm2d,
        },
        ReLU,
    }

    /// Scales each of `width` channels by a factor between 0 and 1, which the means of all channels give through `squeezed` channels.
    pub block SqueezeExcitation(squeezed, width, act = ReLU) {
        AdaptiveAvgPool2d(1), fc1: Conv2d(squeezed, kernel = 1), act, fc2: Conv2d(width, kernel = 1), Sigmoid, Mul { {}, { from input } },
    }
}

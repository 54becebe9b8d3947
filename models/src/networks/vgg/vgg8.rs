//! VGG-8: six convolutions and two linear layers, small enough for training on a CPU.
//!
//! VGG's design at an eighth of its cost: pairs of 3x3 convolutions, with doubled channels after each pooling; plus batch normalization after
//! each convolution and dropout before both linear layers.
//!
//! | after | 32x32 | 28x28 |
//! |---|---|---|
//! | conv1 | `[32, 16, 16]` | `[32, 14, 14]` |
//! | conv2 | `[64, 8, 8]` | `[64, 7, 7]` |
//! | conv3 | `[128, 4, 4]` | `[128, 3, 3]` |
//! | first linear layer | `[256]` | `[256]` |

use layercake::prelude::*;

network! {
    /// VGG-8: 32x32 color images to logits of ten classes.
    pub Vgg8: [3, 32, 32] -> [10] {
        features: Sequential {
            Repeat(2) { Conv2d(32, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Dropout, Linear(2048, 256), BatchNorm1d, ReLU, Dropout, Linear(10) },
    }

    /// VGG-8 for 28x28 gray images.
    pub Vgg8Gray: [1, 28, 28] -> [10] {
        features: Sequential {
            Repeat(2) { Conv2d(32, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Dropout, Linear(1152, 256), BatchNorm1d, ReLU, Dropout, Linear(10) },
    }
}

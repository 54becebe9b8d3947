//! VGG for CIFAR-10, 32x32: batch normalization, and one linear layer.
//!
//! | after | 32x32 |
//! |---|---|
//! | conv1 | `[64, 16, 16]` |
//! | conv2 | `[128, 8, 8]` |
//! | conv3 | `[256, 4, 4]` |
//! | conv4 | `[512, 2, 2]` |
//! | conv5 | `[512, 1, 1]` |

use layercake::prelude::*;

network! {
    /// VGG-11 for 32x32 color images, with batch normalization: to logits of ten classes.
    pub Vgg11Cifar: [3, 32, 32] -> [10] {
        features: Sequential {
            Conv2d(64, kernel = 3, padding = 1), BatchNorm2d, ReLU, MaxPool2d(2),
            Conv2d(128, kernel = 3, padding = 1), BatchNorm2d, ReLU, MaxPool2d(2),
            Repeat(2) { Conv2d(256, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Linear(512, 10),
    }

    /// VGG-13 for 32x32 color images, with batch normalization: to logits of ten classes.
    pub Vgg13Cifar: [3, 32, 32] -> [10] {
        features: Sequential {
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(256, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Linear(512, 10),
    }

    /// VGG-16 for 32x32 color images, with batch normalization: to logits of ten classes.
    pub Vgg16Cifar: [3, 32, 32] -> [10] {
        features: Sequential {
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(256, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Linear(512, 10),
    }

    /// VGG-19 for 32x32 color images, with batch normalization: to logits of ten classes.
    pub Vgg19Cifar: [3, 32, 32] -> [10] {
        features: Sequential {
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(4) { Conv2d(256, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(4) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(4) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Linear(512, 10),
    }
}

//! Small variants for comparing values and gradients with PyTorch.

use layercake::prelude::*;

network! {
    /// The beginning of VGG-11, a few channels wide and without dropout.
    pub(in crate::networks) SmallVgg11: [3, 9, 10] -> [4] {
        features: Sequential {
            Conv2d(4, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
            Conv2d(5, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
            Repeat(2) { Conv2d(6, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Linear(6, 9), ReLU, Dropout(0.0), Linear(10), ReLU, Dropout(0.0), Linear(4) },
    }

    /// The beginning of VGG-16 for small images, a few channels wide.
    pub(in crate::networks) SmallVgg16Cifar: [3, 11, 12] -> [4] {
        features: Sequential {
            Repeat(2) { Conv2d(3, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(4, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(5, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Linear(5, 4),
    }
}

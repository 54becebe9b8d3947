//! VGG for ImageNet with batch normalization after each convolution; torchvision's `vgg11_bn` and so on.
//!
//! | after | 224x224 |
//! |---|---|
//! | conv1 | `[64, 112, 112]` |
//! | conv2 | `[128, 56, 56]` |
//! | conv3 | `[256, 28, 28]` |
//! | conv4 | `[512, 14, 14]` |
//! | conv5 | `[512, 7, 7]` |

use layercake::prelude::*;

network! {
    /// VGG-11 with batch normalization: 224x224 color images to logits of 1000 classes.
    pub Vgg11Bn: [3, 224, 224] -> [1000] {
        features: Sequential {
            Conv2d(64, kernel = 3, padding = 1), BatchNorm2d, ReLU, MaxPool2d(2),
            Conv2d(128, kernel = 3, padding = 1), BatchNorm2d, ReLU, MaxPool2d(2),
            Repeat(2) { Conv2d(256, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Linear(25088, 4096), ReLU, Dropout, Linear(4096), ReLU, Dropout, Linear(1000) },
    }

    /// VGG-13 with batch normalization: 224x224 color images to logits of 1000 classes.
    pub Vgg13Bn: [3, 224, 224] -> [1000] {
        features: Sequential {
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(256, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Linear(25088, 4096), ReLU, Dropout, Linear(4096), ReLU, Dropout, Linear(1000) },
    }

    /// VGG-16 with batch normalization: 224x224 color images to logits of 1000 classes.
    pub Vgg16Bn: [3, 224, 224] -> [1000] {
        features: Sequential {
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(256, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Linear(25088, 4096), ReLU, Dropout, Linear(4096), ReLU, Dropout, Linear(1000) },
    }

    /// VGG-19 with batch normalization: 224x224 color images to logits of 1000 classes.
    pub Vgg19Bn: [3, 224, 224] -> [1000] {
        features: Sequential {
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(4) { Conv2d(256, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(4) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(4) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Linear(25088, 4096), ReLU, Dropout, Linear(4096), ReLU, Dropout, Linear(1000) },
    }
}

const _: () = assert!(Vgg11Bn::PARAMS == 132_868_840);
const _: () = assert!(Vgg13Bn::PARAMS == 133_053_736);
const _: () = assert!(Vgg16Bn::PARAMS == 138_365_992);
const _: () = assert!(Vgg19Bn::PARAMS == 143_678_248);

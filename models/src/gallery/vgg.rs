//! VGG-11 and VGG-16.
//!
//! K. Simonyan, A. Zisserman: *Very Deep Convolutional Networks for Large-Scale Image Recognition*, ICLR 2015, table 1, columns A and D;
//! and the form for images of 32x32 that is common for CIFAR-10: batch normalisation behind each convolution, one linear layer at the end.
//!
//! | after | 224x224 | 32x32 |
//! |---|---|---|
//! | conv1 | `[64, 112, 112]` | `[64, 16, 16]` |
//! | conv2 | `[128, 56, 56]` | `[128, 8, 8]` |
//! | conv3 | `[256, 28, 28]` | `[256, 4, 4]` |
//! | conv4 | `[512, 14, 14]` | `[512, 2, 2]` |
//! | conv5 | `[512, 7, 7]` | `[512, 1, 1]` |
//!
//! Names are torchvision's: `features.0.weight` to `classifier.6.bias`. Its pooling to 7x7 between the two does nothing to images of
//! 224x224 and is left out.

use layercake::prelude::*;

network! {
    /// VGG-11, column A (Simonyan and Zisserman, 2015): colour images of 224x224 to scores for 1000 classes.
    pub Vgg11: [3, 224, 224] -> [1000] {
        features: Sequential {
            Conv2d(64, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
            Conv2d(128, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
            Repeat(2) { Conv2d(256, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Linear(25088 -> 4096), ReLU, Dropout, Linear(4096), ReLU, Dropout, Linear(1000) },
    }

    /// VGG-16, column D (Simonyan and Zisserman, 2015): colour images of 224x224 to scores for 1000 classes.
    pub Vgg16: [3, 224, 224] -> [1000] {
        features: Sequential {
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(256, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(512, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(512, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Linear(25088 -> 4096), ReLU, Dropout, Linear(4096), ReLU, Dropout, Linear(1000) },
    }

    /// VGG-11 for colour images of 32x32, with batch normalisation: to scores for ten classes.
    pub Vgg11Cifar: [3, 32, 32] -> [10] {
        features: Sequential {
            Conv2d(64, kernel = 3, padding = 1), BatchNorm2d, ReLU, MaxPool2d(2),
            Conv2d(128, kernel = 3, padding = 1), BatchNorm2d, ReLU, MaxPool2d(2),
            Repeat(2) { Conv2d(256, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Linear(512 -> 10),
    }

    /// VGG-16 for colour images of 32x32, with batch normalisation: to scores for ten classes.
    pub Vgg16Cifar: [3, 32, 32] -> [10] {
        features: Sequential {
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(256, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(512, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Linear(512 -> 10),
    }

    /// The beginning of VGG-11, a few channels wide and without dropout.
    #[cfg(test)]
    pub(super) SmallVgg11: [3, 9, 10] -> [4] {
        features: Sequential {
            Conv2d(4, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
            Conv2d(5, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
            Repeat(2) { Conv2d(6, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Linear(6 -> 9), ReLU, Dropout(0.0), Linear(10), ReLU, Dropout(0.0), Linear(4) },
    }

    /// The beginning of VGG-16 for small images, a few channels wide.
    #[cfg(test)]
    pub(super) SmallVgg16Cifar: [3, 11, 12] -> [4] {
        features: Sequential {
            Repeat(2) { Conv2d(3, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(4, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(5, kernel = 3, padding = 1), BatchNorm2d, ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Linear(5 -> 4),
    }
}

const _: () = assert!(Vgg11::PARAMS == 132_863_336);
const _: () = assert!(Vgg16::PARAMS == 138_357_544);

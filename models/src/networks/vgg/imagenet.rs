//! VGG for ImageNet, as in the paper.
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
    /// VGG-11, column A (Simonyan and Zisserman, 2015): 224x224 color images to logits of 1000 classes.
    pub Vgg11: [3, 224, 224] -> [1000] {
        features: Sequential {
            Conv2d(64, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
            Conv2d(128, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
            Repeat(2) { Conv2d(256, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Linear(25088, 4096), ReLU, Dropout, Linear(4096), ReLU, Dropout, Linear(1000) },
    }

    /// VGG-13, column B (Simonyan and Zisserman, 2015): 224x224 color images to logits of 1000 classes.
    pub Vgg13: [3, 224, 224] -> [1000] {
        features: Sequential {
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(256, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(512, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Linear(25088, 4096), ReLU, Dropout, Linear(4096), ReLU, Dropout, Linear(1000) },
    }

    /// VGG-16, column D (Simonyan and Zisserman, 2015): 224x224 color images to logits of 1000 classes.
    pub Vgg16: [3, 224, 224] -> [1000] {
        features: Sequential {
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(256, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(512, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(3) { Conv2d(512, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Linear(25088, 4096), ReLU, Dropout, Linear(4096), ReLU, Dropout, Linear(1000) },
    }

    /// VGG-19, column E (Simonyan and Zisserman, 2015): 224x224 color images to logits of 1000 classes.
    pub Vgg19: [3, 224, 224] -> [1000] {
        features: Sequential {
            Repeat(2) { Conv2d(64, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(2) { Conv2d(128, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(4) { Conv2d(256, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(4) { Conv2d(512, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
            Repeat(4) { Conv2d(512, kernel = 3, padding = 1), ReLU }, MaxPool2d(2),
        },
        Flatten,
        classifier: Sequential { Linear(25088, 4096), ReLU, Dropout, Linear(4096), ReLU, Dropout, Linear(1000) },
    }
}

// Table 2, in millions: 133, 133, 138, 144.
const _: () = assert!(Vgg11::PARAMS == 132_863_336);
const _: () = assert!(Vgg13::PARAMS == 133_047_848);
const _: () = assert!(Vgg16::PARAMS == 138_357_544);
const _: () = assert!(Vgg19::PARAMS == 143_667_240);

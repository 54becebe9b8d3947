//! AlexNet.
//!
//! A. Krizhevsky: *One weird trick for parallelizing convolutional neural networks*, arXiv 1404.5997, 2014: the network of Krizhevsky, Sutskever
//! and Hinton (2012) for one device. Names and sizes are torchvision's, `features.0.weight`.

use layercake::prelude::*;

network! {
    /// AlexNet (Krizhevsky, 2014): 224x224 color images to logits of 1000 classes.
    pub AlexNet: [3, 224, 224] -> [1000] {
        features: Sequential {
            Conv2d(64, kernel = 11, stride = 4, padding = 2), ReLU, MaxPool2d(3, stride = 2),
            Conv2d(192, kernel = 5, padding = 2), ReLU, MaxPool2d(3, stride = 2),
            for channels in [384, 256, 256] { Conv2d(channels, kernel = 3, padding = 1), ReLU }
            MaxPool2d(3, stride = 2),
        },
        Flatten,
        classifier: Sequential { Repeat(2) { Dropout(0.5), Linear(4096), ReLU }, Linear(1000) },
    }
}

const _: () = assert!(AlexNet::PARAMS == 61_100_840);

//! SqueezeNet.
//!
//! F. Iandola et al.: *SqueezeNet: AlexNet-level accuracy with 50x fewer parameters*, arXiv 1602.07360, 2016, figure 1: a fire module squeezes its
//! channels by 1x1 and expands them by 1x1 and 3x3 side by side. The form is the authors' version 1.1; names are torchvision's,
//! `features.3.squeeze.weight`.

use layercake::prelude::*;

network! {
    block fire(squeezed, expanded) {
        squeeze: Conv2d(squeezed, kernel = 1), ReLU,
        Concat { { expand1x1: Conv2d(expanded, kernel = 1), ReLU }, { expand3x3: Conv2d(expanded, kernel = 3, padding = 1), ReLU } },
    }

    /// SqueezeNet 1.1 (Iandola et al., 2016): 224x224 color images to logits of 1000 classes.
    pub SqueezeNet: [3, 224, 224] -> [1000] {
        features: Sequential {
            Conv2d(64, kernel = 3, stride = 2), ReLU, MaxPool2d(3, stride = 2, ceil_mode = true),
            fire(16, 64), fire(16, 64), MaxPool2d(3, stride = 2, ceil_mode = true),
            fire(32, 128), fire(32, 128), MaxPool2d(3, stride = 2, ceil_mode = true),
            for (squeezed, expanded) in [(48, 192), (48, 192), (64, 256), (64, 256)] { fire(squeezed, expanded) }
        },
        classifier: Sequential { Dropout(0.5), Conv2d(1000, kernel = 1), ReLU, GlobalAvgPool2d },
    }

    #[cfg(test)]
    pub(super) SmallSqueezeNet: [2, 11, 12] -> [3] {
        features: Sequential {
            Conv2d(4, kernel = 3, stride = 2), ReLU, MaxPool2d(3, stride = 2, ceil_mode = true), fire(2, 3), fire(3, 4),
        },
        classifier: Sequential { Dropout(0.0), Conv2d(3, kernel = 1), ReLU, GlobalAvgPool2d },
    }
}

const _: () = assert!(SqueezeNet::PARAMS == 1_235_496);

//! MobileNetV2.
//!
//! M. Sandler et al.: *MobileNetV2: Inverted Residuals and Linear Bottlenecks*, CVPR 2018, tables 1 and 2: a block widens its channels by 1x1, filters
//! each by itself, and narrows them without an activation. Names are torchvision's, `features.1.conv.0.0.weight`.

use layercake::prelude::*;

network! {
    block inverted(inputs, outputs, stride, expansion) {
        conv: Sequential {
            if expansion != 1 { Sequential { Conv2d(expansion * inputs, kernel = 1, bias = false), BatchNorm2d, ReLU6 } }
            Sequential {
                Conv2d(expansion * inputs, kernel = 3, stride = stride, padding = 1, groups = expansion * inputs, bias = false),
                BatchNorm2d, ReLU6,
            },
            Conv2d(outputs, kernel = 1, bias = false), BatchNorm2d,
        },
        if stride == 1 && inputs == outputs { Add { {}, { from input } } }
    }

    /// MobileNetV2 (Sandler et al., 2018): 224x224 color images to logits of 1000 classes.
    pub MobileNetV2: [3, 224, 224] -> [1000] {
        features: Sequential {
            Sequential { Conv2d(32, kernel = 3, stride = 2, padding = 1, bias = false), BatchNorm2d, ReLU6 },
            inverted(32, 16, 1, 1),
            for (inputs, outputs, stride) in [
                (16, 24, 2), (24, 24, 1), (24, 32, 2), (32, 32, 1), (32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 64, 1), (64, 64, 1),
                (64, 96, 1),
                (96, 96, 1), (96, 96, 1), (96, 160, 2), (160, 160, 1), (160, 160, 1), (160, 320, 1)
            ] { inverted(inputs, outputs, stride, 6) }
            Sequential { Conv2d(1280, kernel = 1, bias = false), BatchNorm2d, ReLU6 },
        },
        GlobalAvgPool2d,
        classifier: Sequential { Dropout(0.2), Linear(1000) },
    }

    #[cfg(test)]
    pub(super) SmallMobileNetV2: [3, 12, 11] -> [4] {
        features: Sequential {
            Sequential { Conv2d(4, kernel = 3, stride = 2, padding = 1, bias = false), BatchNorm2d, ReLU6 },
            inverted(4, 3, 1, 1),
            for (inputs, outputs, stride) in [(3, 5, 2), (5, 5, 1)] { inverted(inputs, outputs, stride, 2) }
            Sequential { Conv2d(7, kernel = 1, bias = false), BatchNorm2d, ReLU6 },
        },
        GlobalAvgPool2d,
        classifier: Sequential { Dropout(0.0), Linear(4) },
    }
}

const _: () = assert!(MobileNetV2::PARAMS == 3_504_872);

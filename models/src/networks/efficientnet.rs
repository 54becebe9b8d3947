//! EfficientNet-B0.
//!
//! M. Tan, Q. Le: *EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks*, ICML 2019, table 1: inverted residual blocks whose channels
//! are scaled by squeeze-and-excitation. Names are torchvision's, `features.1.0.block.0.0.weight`, and so is the stochastic depth, which grows from
//! block to block to 0.2.

use layercake::prelude::*;

network! {
    use super::blocks::SqueezeExcitation;

    block mbconv(inputs, outputs, expansion, kernel, stride, drop) {
        block: Sequential {
            if expansion != 1 { Sequential { Conv2d(expansion * inputs, kernel = 1, bias = false), BatchNorm2d, SiLU } }
            Sequential {
                Conv2d(
                    expansion * inputs, kernel = kernel, stride = stride, padding = kernel / 2, groups = expansion * inputs, bias = false
                ),
                BatchNorm2d, SiLU,
            },
            SqueezeExcitation(inputs / 4, expansion * inputs, act = SiLU),
            Sequential { Conv2d(outputs, kernel = 1, bias = false), BatchNorm2d },
        },
        if stride == 1 && inputs == outputs { StochasticDepth(drop), Add { {}, { from input } } }
    }

    /// EfficientNet-B0 (Tan and Le, 2019): 224x224 color images to logits of 1000 classes.
    pub EfficientNetB0: [3, 224, 224] -> [1000] {
        features: Sequential {
            Sequential { Conv2d(32, kernel = 3, stride = 2, padding = 1, bias = false), BatchNorm2d, SiLU },
            Sequential { mbconv(32, 16, 1, 3, 1, 0.0) },
            for stage in [
                [(16, 24, 3, 2, 0.0125), (24, 24, 3, 1, 0.025)],
                [(24, 40, 5, 2, 0.0375), (40, 40, 5, 1, 0.05)],
                [(40, 80, 3, 2, 0.0625), (80, 80, 3, 1, 0.075), (80, 80, 3, 1, 0.0875)],
                [(80, 112, 5, 1, 0.1), (112, 112, 5, 1, 0.1125), (112, 112, 5, 1, 0.125)],
                [(112, 192, 5, 2, 0.1375), (192, 192, 5, 1, 0.15), (192, 192, 5, 1, 0.1625), (192, 192, 5, 1, 0.175)],
                [(192, 320, 3, 1, 0.1875)]
            ] {
                Sequential { for (inputs, outputs, kernel, stride, drop) in stage { mbconv(inputs, outputs, 6, kernel, stride, drop) } },
            }
            Sequential { Conv2d(1280, kernel = 1, bias = false), BatchNorm2d, SiLU },
        },
        GlobalAvgPool2d,
        classifier: Sequential { Dropout(0.2), Linear(1000) },
    }

    #[cfg(test)]
    pub(super) SmallEfficientNet: [3, 12, 11] -> [4] {
        features: Sequential {
            Sequential { Conv2d(4, kernel = 3, stride = 2, padding = 1, bias = false), BatchNorm2d, SiLU },
            Sequential { mbconv(4, 4, 1, 3, 1, 0.0) },
            Sequential { mbconv(4, 8, 2, 5, 2, 0.0), mbconv(8, 8, 2, 3, 1, 0.0) },
            Sequential { Conv2d(7, kernel = 1, bias = false), BatchNorm2d, SiLU },
        },
        GlobalAvgPool2d,
        classifier: Sequential { Dropout(0.0), Linear(4) },
    }
}

const _: () = assert!(EfficientNetB0::PARAMS == 5_288_548);

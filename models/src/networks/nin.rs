//! Network in network.
//!
//! M. Lin, Q. Chen, S. Yan: *Network In Network*, ICLR 2014: each convolution is followed by two of 1x1, and the last maps are averaged in the place
//! of a classifier. Sizes are those of the authors' model for CIFAR-10.

use layercake::prelude::*;

network! {
    /// Network in network (Lin et al., 2014): 32x32 color images to logits of ten classes.
    pub NetworkInNetwork: [3, 32, 32] -> [10] {
        Sequential {
            for (width, kernel) in [(192, 5), (160, 1), (96, 1)] { Conv2d(width, kernel = kernel, padding = kernel / 2), ReLU }
            MaxPool2d(3, stride = 2, padding = 1), Dropout(0.5),
            for (width, kernel) in [(192, 5), (192, 1), (192, 1)] { Conv2d(width, kernel = kernel, padding = kernel / 2), ReLU }
            AvgPool2d(3, stride = 2, padding = 1), Dropout(0.5),
            for (width, kernel) in [(192, 3), (192, 1), (10, 1)] { Conv2d(width, kernel = kernel, padding = kernel / 2), ReLU }
            GlobalAvgPool2d,
        },
    }

    #[cfg(test)]
    pub(super) SmallNetworkInNetwork: [2, 9, 10] -> [3] {
        Sequential {
            for (width, kernel) in [(5, 5), (4, 1)] { Conv2d(width, kernel = kernel, padding = kernel / 2), ReLU }
            MaxPool2d(3, stride = 2, padding = 1),
            for (width, kernel) in [(4, 3), (3, 1)] { Conv2d(width, kernel = kernel, padding = kernel / 2), ReLU }
            GlobalAvgPool2d,
        },
    }
}

const _: () = assert!(NetworkInNetwork::PARAMS == 966_986);

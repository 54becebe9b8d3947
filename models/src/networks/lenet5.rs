//! LeNet-5.
//!
//! Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: *Gradient-Based Learning Applied to Document Recognition*, Proceedings of the IEEE
//! 86(11), 1998, figure 2; in the common modern form: images of 28x28 padded to the paper's 32x32, average
//! pooling instead of trained subsampling, full connections between the first pooling and the second convolution, and a linear output
//! layer instead of distances to stylized digits.
//!
//! | | shape |
//! |---|---|
//! | image | `[1, 28, 28]` |
//! | C1, 5x5 | `[6, 28, 28]` |
//! | S2 | `[6, 14, 14]` |
//! | C3, 5x5 | `[16, 10, 10]` |
//! | S4 | `[16, 5, 5]` |
//! | C5 | `[120]` |
//! | F6 | `[84]` |
//! | logits | `[10]` |

use layercake::prelude::*;

network! {
    /// LeNet-5 (LeCun et al., 1998): 28x28 gray images to logits of ten classes.
    pub LeNet5: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Tanh, AvgPool2d(2),
        conv2: Conv2d(16, kernel = 5), Tanh, AvgPool2d(2),
        Flatten,
        fc1: Linear(400, 120), Tanh,
        fc2: Linear(84), Tanh,
        fc3: Linear(10),
    }
}

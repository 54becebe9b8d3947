//! PixelCNN.
//!
//! A. van den Oord, N. Kalchbrenner, K. Kavukcuoglu: *Pixel Recurrent Neural Networks*, ICML 2016, table 1 and figure 5 (left): a masked convolution
//! of 7x7, residual blocks, two layers of 1x1; with h = 32 and 7 blocks, for binary pixels.
//!
//! | | shape |
//! |---|---|
//! | image, 0 or 1 | `[1, 28, 28]` |
//! | 7x7, mask A | `[64, 28, 28]` |
//! | residual blocks, mask B | `[64, 28, 28]` |
//! | logit of a 1 | `[1, 28, 28]` |

use layercake::prelude::*;

network! {
    // Figure 5, left.
    block residual(h) {
        Residual {
            ReLU, narrow: Conv2d(h, kernel = 1),
            ReLU, conv: MaskedConv2d(h, kernel = 3, mask = B),
            ReLU, widen: Conv2d(2 * h, kernel = 1),
        },
    }

    /// PixelCNN (van den Oord et al., 2016): 28x28 binary images to the logit of each pixel, given the pixels before it.
    pub PixelCnn: [1, 28, 28] -> [1, 28, 28] {
        conv1: MaskedConv2d(64, kernel = 7, mask = A),
        blocks: Repeat(7) { residual(32) },
        ReLU, head1: Conv2d(64, kernel = 1),
        ReLU, head2: Conv2d(1, kernel = 1),
    }

    #[cfg(test)]
    pub(in crate::networks) SmallPixelCnn: [1, 6, 5] -> [1, 6, 5] {
        conv1: MaskedConv2d(4, kernel = 5, mask = A),
        blocks: Repeat(2) { residual(2) },
        ReLU, head1: Conv2d(5, kernel = 1),
        ReLU, head2: Conv2d(1, kernel = 1),
    }
}

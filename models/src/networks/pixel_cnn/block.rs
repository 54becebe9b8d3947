//! A block of the gated PixelCNN.
//!
//! A. van den Oord et al.: *Conditional Image Generation with PixelCNN Decoders*, NIPS 2016, figure 2: a vertical stack sees all rows above, a
//! horizontal stack the pixels to the left in the row; the vertical stack feeds the horizontal one. Activations are gated, equation 2:
//! tanh of one half of the channels times sigmoid of the other. The horizontal stack is residual.
//!
//! | | shape |
//! |---|---|
//! | vertical, horizontal | `[64, 28, 28]` each |
//! | before the gates | `[128, 28, 28]` |
//! | vertical, horizontal | `[64, 28, 28]` each |

use layercake::prelude::*;

network! {
    // Equation 2.
    block gate() {
        Chunk(2) as (features, gates),
        Mul { { from features, Tanh }, { from gates, Sigmoid } },
    }

    /// A block of the gated PixelCNN after the first one (van den Oord et al., 2016).
    pub GatedPixelCnnBlock: { vertical: [64, 28, 28], horizontal: [64, 28, 28] } -> { above: [64, 28, 28], left: [64, 28, 28] } {
        from vertical,
        conv_vertical: MaskedConv2d(128, kernel = 3, mask = B, stack = vertical) as rows,
        gate, output above,

        from horizontal,
        Residual {
            Add {
                { conv_horizontal: MaskedConv2d(128, kernel = (1, 3), mask = B, stack = horizontal) },
                { from rows, link: Conv2d(128, kernel = 1) },
            },
            gate,
            mix: Conv2d(64, kernel = 1),
        },
        output left,
    }

    #[cfg(test)]
    pub(in crate::networks) SmallGatedBlock: { vertical: [3, 6, 5], horizontal: [3, 6, 5] } -> { above: [3, 6, 5], left: [3, 6, 5] } {
        from vertical,
        conv_vertical: MaskedConv2d(6, kernel = 3, mask = B, stack = vertical) as rows,
        gate, output above,

        from horizontal,
        Residual {
            Add {
                { conv_horizontal: MaskedConv2d(6, kernel = (1, 3), mask = B, stack = horizontal) },
                { from rows, link: Conv2d(6, kernel = 1) },
            },
            gate,
            mix: Conv2d(3, kernel = 1),
        },
        output left,
    }
}

const _: () = assert!(GatedPixelCnnBlock::PARAMS == 128 * (64 * 9 + 1) + 128 * (64 * 3 + 1) + 128 * (128 + 1) + 64 * (64 + 1));

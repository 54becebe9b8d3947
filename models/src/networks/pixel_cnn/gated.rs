//! The gated PixelCNN, for images alone and for images of a class.
//!
//! A. van den Oord et al.: *Conditional Image Generation with PixelCNN Decoders*, NIPS 2016, figure 2 and equations 2 and 4: six of its blocks
//! with 32 maps behind convolutions of 7x7, for pixels that are black or white. Of a class, each gate gets what a linear layer makes of its one-hot
//! vector (equation 4), the same at every pixel.
//!
//! Every other block's taps are 2 or 4 pixels apart (F. Yu, V. Koltun: *Multi-Scale Context Aggregation by Dilated Convolutions*, ICLR 2016), so
//! that a pixel knows 14 rows above it instead of 9. A gate halves what goes through it, so the convolutions in front of one begin with larger
//! weights than PyTorch's.
//!
//! | | shape |
//! |---|---|
//! | image, 0 or 1 | `[1, 28, 28]` |
//! | class, one-hot | `[10]` |
//! | vertical and horizontal stack | `[32, 28, 28]` each |
//! | scores: the log odds of a 1 | `[1, 28, 28]` |

use layercake::prelude::*;

network! {
    // Equation 2.
    block gate() {
        Split(2) as (features, gates),
        Mul { { from features, Tanh }, { from gates, Sigmoid } },
    }

    /// A block with both stacks, figure 2, its taps `D` pixels apart.
    pub GatedBlock<const D: usize>: { vertical: [32, 28, 28], horizontal: [32, 28, 28] } -> { above: [32, 28, 28], left: [32, 28, 28] } {
        from vertical, conv_vertical: MaskedConv2d(64, kernel = 3, mask = B, stack = vertical, dilation = D, init = kaiming_normal(tanh)) as rows,
        gate, output above,
        from horizontal,
        Residual {
            Add {
                { conv_horizontal: MaskedConv2d(64, kernel = (1, 3), mask = B, stack = horizontal, dilation = (1, D), init = kaiming_normal(tanh)) },
                { from rows, link: Conv2d(64, kernel = 1) },
            },
            gate, mix: Conv2d(32, kernel = 1),
        },
        output left,
    }

    /// The gated PixelCNN (van den Oord et al., 2016): black and white images of 28x28 to the log odds of each pixel, given those before it.
    pub GatedPixelCnn: [1, 28, 28] -> [1, 28, 28] {
        first_vertical: MaskedConv2d(64, kernel = 7, mask = A, stack = vertical, init = kaiming_normal(tanh)) as rows,
        Add {
            { from input, first_horizontal: MaskedConv2d(64, kernel = (1, 7), mask = A, stack = horizontal, init = kaiming_normal(tanh)) },
            { from rows, first_link: Conv2d(64, kernel = 1) },
        },
        gate, first_mix: Conv2d(32, kernel = 1) as left0,
        from rows, gate,
        block1: GatedBlock<1>(left0) as (above1, left1),
        from above1, block2: GatedBlock<2>(left1) as (above2, left2),
        from above2, block3: GatedBlock<1>(left2) as (above3, left3),
        from above3, block4: GatedBlock<4>(left3) as (above4, left4),
        from above4, block5: GatedBlock<1>(left4) as (above5, left5),
        from above5, block6: GatedBlock<2>(left5) as (_, left6),
        from left6,
        ReLU, head1: Conv2d(64, kernel = 1),
        ReLU, head2: Conv2d(1, kernel = 1),
    }

    // What a class adds at every pixel in front of a gate.
    block shade(width, size) { Linear(width, bias = false), Reshape(width, 1, 1), Upsample(size) }

    /// A block whose gates know the class, equation 4.
    pub ClassGatedBlock<const D: usize>:
        { vertical: [32, 28, 28], horizontal: [32, 28, 28], class: [10] } -> { above: [32, 28, 28], left: [32, 28, 28] }
    {
        from vertical, conv_vertical: MaskedConv2d(64, kernel = 3, mask = B, stack = vertical, dilation = D, init = kaiming_normal(tanh)) as rows,
        Add { {}, { from class, class_vertical: shade(64, 28) } },
        gate, output above,
        from horizontal,
        Residual {
            Add {
                { conv_horizontal: MaskedConv2d(64, kernel = (1, 3), mask = B, stack = horizontal, dilation = (1, D), init = kaiming_normal(tanh)) },
                { from rows, link: Conv2d(64, kernel = 1) },
                { from class, class_horizontal: shade(64, 28) },
            },
            gate, mix: Conv2d(32, kernel = 1),
        },
        output left,
    }

    /// The gated PixelCNN of images of a class (van den Oord et al., 2016).
    pub ClassGatedPixelCnn: { image: [1, 28, 28], class: [10] } -> [1, 28, 28] {
        from image, first_vertical: MaskedConv2d(64, kernel = 7, mask = A, stack = vertical, init = kaiming_normal(tanh)) as rows,
        Add {
            { from image, first_horizontal: MaskedConv2d(64, kernel = (1, 7), mask = A, stack = horizontal, init = kaiming_normal(tanh)) },
            { from rows, first_link: Conv2d(64, kernel = 1) },
        },
        gate, first_mix: Conv2d(32, kernel = 1) as left0,
        from rows, gate,
        block1: ClassGatedBlock<1>(left0, class) as (above1, left1),
        from above1, block2: ClassGatedBlock<2>(left1, class) as (above2, left2),
        from above2, block3: ClassGatedBlock<1>(left2, class) as (above3, left3),
        from above3, block4: ClassGatedBlock<4>(left3, class) as (above4, left4),
        from above4, block5: ClassGatedBlock<1>(left4, class) as (above5, left5),
        from above5, block6: ClassGatedBlock<2>(left5, class) as (_, left6),
        from left6,
        ReLU, head1: Conv2d(64, kernel = 1),
        ReLU, head2: Conv2d(1, kernel = 1),
    }

    /// Two blocks of three maps.
    #[cfg(test)]
    pub(in crate::networks) SmallGatedPixelCnn: [1, 6, 5] -> [1, 6, 5] {
        first_vertical: MaskedConv2d(6, kernel = 5, mask = A, stack = vertical) as rows,
        Add {
            { from input, first_horizontal: MaskedConv2d(6, kernel = (1, 5), mask = A, stack = horizontal) },
            { from rows, first_link: Conv2d(6, kernel = 1) },
        },
        gate, first_mix: Conv2d(3, kernel = 1) as left0,
        from rows, gate,
        block1: super::SmallGatedBlock(left0) as (above1, left1),
        from above1, block2: super::SmallGatedBlock(left1) as (_, left2),
        from left2,
        ReLU, head1: Conv2d(5, kernel = 1),
        ReLU, head2: Conv2d(1, kernel = 1),
    }

    #[cfg(test)]
    pub(in crate::networks) SmallClassGatedBlock:
        { vertical: [3, 6, 5], horizontal: [3, 6, 5], class: [4] } -> { above: [3, 6, 5], left: [3, 6, 5] }
    {
        from vertical, conv_vertical: MaskedConv2d(6, kernel = 3, mask = B, stack = vertical) as rows,
        Add { {}, { from class, class_vertical: shade(6, (6, 5)) } },
        gate, output above,
        from horizontal,
        Residual {
            Add {
                { conv_horizontal: MaskedConv2d(6, kernel = (1, 3), mask = B, stack = horizontal) },
                { from rows, link: Conv2d(6, kernel = 1) },
                { from class, class_horizontal: shade(6, (6, 5)) },
            },
            gate, mix: Conv2d(3, kernel = 1),
        },
        output left,
    }

    /// The same, of four classes.
    #[cfg(test)]
    pub(in crate::networks) SmallClassGatedPixelCnn: { image: [1, 6, 5], class: [4] } -> [1, 6, 5] {
        from image, first_vertical: MaskedConv2d(6, kernel = 5, mask = A, stack = vertical) as rows,
        Add {
            { from image, first_horizontal: MaskedConv2d(6, kernel = (1, 5), mask = A, stack = horizontal) },
            { from rows, first_link: Conv2d(6, kernel = 1) },
        },
        gate, first_mix: Conv2d(3, kernel = 1) as left0,
        from rows, gate,
        block1: SmallClassGatedBlock(left0, class) as (above1, left1),
        from above1, block2: SmallClassGatedBlock(left1, class) as (_, left2),
        from left2,
        ReLU, head1: Conv2d(5, kernel = 1),
        ReLU, head2: Conv2d(1, kernel = 1),
    }
}

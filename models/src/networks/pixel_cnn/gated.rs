//! The gated PixelCNN, unconditional and class-conditional.
//!
//! A. van den Oord et al.: *Conditional Image Generation with PixelCNN Decoders*, NIPS 2016, figure 2 and equations 2 and 4: six of its blocks
//! with 32 channels after convolutions of 7x7, for binary pixels. The class is a one-hot vector; a linear layer adds it to each gate, the same at
//! every pixel (equation 4).
//!
//! Every other block has dilation 2 or 4 (F. Yu, V. Koltun: *Multi-Scale Context Aggregation by Dilated Convolutions*, ICLR 2016), so that a pixel
//! sees 14 rows above it instead of 9. A gate halves its input, so the convolutions before a gate have larger initial weights than PyTorch's.
//!
//! | | shape |
//! |---|---|
//! | image, 0 or 1 | `[1, 28, 28]` |
//! | class, one-hot | `[10]` |
//! | vertical and horizontal stack | `[32, 28, 28]` each |
//! | logit of a 1 | `[1, 28, 28]` |

use layercake::prelude::*;

network! {
    // Equation 2.
    block gate() {
        Chunk(2) as (features, gates),
        Mul { { from features, Tanh }, { from gates, Sigmoid } },
    }

    /// A block with both stacks, figure 2, with dilation `D`.
    pub GatedBlock<const D: usize>: { vertical: [32, 28, 28], horizontal: [32, 28, 28] } -> { above: [32, 28, 28], left: [32, 28, 28] } {
        from vertical,
        conv_vertical: MaskedConv2d(64, kernel = 3, mask = B, stack = vertical, dilation = D, init = kaiming_normal(tanh)) as rows,
        gate, output above,
        from horizontal,
        Residual {
            Add {
                {
                    conv_horizontal: MaskedConv2d(
                        64, kernel = (1, 3), mask = B, stack = horizontal, dilation = (1, D), init = kaiming_normal(tanh)
                    ),
                },
                { from rows, link: Conv2d(64, kernel = 1) },
            },
            gate, mix: Conv2d(32, kernel = 1),
        },
        output left,
    }

    /// The gated PixelCNN (van den Oord et al., 2016): 28x28 binary images to the logit of each pixel, given the pixels before it.
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

    // The class bias before a gate, the same at every pixel.
    block shade(width, size) { Linear(width, bias = false), Reshape(width, 1, 1), Upsample(size) }

    /// A block with class-conditional gates, equation 4.
    pub ClassGatedBlock<const D: usize>:
        { vertical: [32, 28, 28], horizontal: [32, 28, 28], class: [10] } -> { above: [32, 28, 28], left: [32, 28, 28] }
    {
        from vertical,
        conv_vertical: MaskedConv2d(64, kernel = 3, mask = B, stack = vertical, dilation = D, init = kaiming_normal(tanh)) as rows,
        Add { {}, { from class, class_vertical: shade(64, 28) } },
        gate, output above,
        from horizontal,
        Residual {
            Add {
                {
                    conv_horizontal: MaskedConv2d(
                        64, kernel = (1, 3), mask = B, stack = horizontal, dilation = (1, D), init = kaiming_normal(tanh)
                    ),
                },
                { from rows, link: Conv2d(64, kernel = 1) },
                { from class, class_horizontal: shade(64, 28) },
            },
            gate, mix: Conv2d(32, kernel = 1),
        },
        output left,
    }

    /// The class-conditional gated PixelCNN (van den Oord et al., 2016).
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

    /// Two blocks with three channels.
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

    /// The same, conditioned on four classes.
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

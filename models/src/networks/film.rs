//! Feature-wise linear modulation.
//!
//! E. Perez et al.: *FiLM: Visual Reasoning with a General Conditioning Layer*, AAAI 2018, figure 3: a residual block whose channels are scaled and shifted by
//! numbers that depend on a question.

use layercake::prelude::*;

network! {
    block film_block(width, question) {
        from question, film: Linear(2 * width), Reshape(2 * width, 1, 1), Chunk(2) as (scale, shift),
        from input, conv1: Conv2d(width, kernel = 1), ReLU as x,
        conv2: Conv2d(width, kernel = 3, padding = 1), bn: BatchNorm2d(affine = false),
        Mul(scale), Add(shift), ReLU, Add(x),
    }

    /// Four FiLM blocks (Perez et al., 2018): the features of an image and the encoding of a question to features of the image.
    pub Film: { image: [128, 14, 14], question: [512] } -> [128, 14, 14] {
        blocks: Sequential { Repeat(4) { film_block(128, question) } },
    }

    #[cfg(test)]
    pub(super) SmallFilm: { image: [3, 5, 4], question: [6] } -> [3, 5, 4] {
        blocks: Sequential { Repeat(2) { film_block(3, question) } },
    }
}

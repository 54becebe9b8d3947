//! One to many: a convolutional network whose features are the first state of an LSTM that writes words.
//!
//! O. Vinyals, A. Toshev, S. Bengio, D. Erhan: *Show and Tell: A Neural Image Caption Generator*, CVPR 2015, with a small network of its own in place of a pretrained one, and
//! the features as the first state instead of the first word.
//!
//! | | shape |
//! |---|---|
//! | a strip of one to four digits | `[1, 28, 112]` |
//! | words behind their start | `usize[5]` |
//! | state | `[1, 128]` twice |
//! | logits of the next word | `[5, 13]` |
//!
//! The decoder has a length of its own: 5 in training, where it is given the right words, and 1 when it writes.

use layercake::prelude::*;

network! {
    block stage(channels) { conv: Conv2d(channels, kernel = 3, padding = 1, bias = false), norm: BatchNorm2d, ReLU, MaxPool2d(2) }

    /// Sees a strip: the first state of the decoder.
    pub StripEncoder: [1, 28, 112] -> { h: [1, 128], c: [1, 128] } {
        stage1: stage(16), stage2: stage(32), stage3: stage(64),
        Flatten, features: Linear(256), ReLU as x,
        to_h: Linear(128), Tanh, Unsqueeze(0), output h,
        from x, to_c: Linear(128), Unsqueeze(0), output c,
    }

    /// Writes a caption, `T` words at once.
    pub CaptionDecoder<const T: usize>: {
        tokens: usize[T], h: [1, 128], c: [1, 128],
    } -> { scores: [T, 13], h_n: [1, 128], c_n: [1, 128] } {
        from tokens, embedding: Embedding(13, 32),
        lstm: LSTM(128, state = (h, c)) as (y, h_new, c_new),
        fc: Linear(13), output scores,
        from h_new, output h_n,
        from c_new, output c_n,
    }

    /// Both, as they are trained: the logits of each word behind those before it.
    pub Captioner: { picture: [1, 28, 112], words: usize[5] } -> [5, 13] {
        from picture, encoder: StripEncoder as (h, c),
        from words, decoder: CaptionDecoder<5>(h, c) as (scores, _, _),
    }
}

const _: () = assert!(StripEncoder::PARAMS == 9 * (16 + 16 * 32 + 32 * 64) + 2 * (16 + 32 + 64) + 64 * 3 * 14 * 256 + 256 + 2 * 257 * 128);
const _: () = assert!(Captioner::PARAMS == StripEncoder::PARAMS + 13 * 32 + 4 * 128 * (32 + 128 + 2) + 129 * 13);

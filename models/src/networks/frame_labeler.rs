//! Many to many, in step: a convolutional network for each frame of a clip, and an LSTM over the frames that gives each a label.
//!
//! After J. Donahue, L. A. Hendricks, S. Guadarrama et al.: *Long-term Recurrent Convolutional Networks for Visual Recognition and Description*, CVPR 2015, with an
//! LSTM in both directions: what a digit is shows only after it has entered.
//!
//! | | shape |
//! |---|---|
//! | a frame | `[1, 32, 32]` |
//! | features of the frames of a clip | `[20, 128]` |
//! | logits of each frame | `[20, 11]` |
//!
//! Frames are a batch of their own, so these are two networks; the second begins where the first ends.

use layercake::prelude::*;

network! {
    block stage(channels) { conv: Conv2d(channels, kernel = 3, padding = 1, bias = false), norm: BatchNorm2d, ReLU, MaxPool2d(2) }

    /// The features of a frame.
    pub FrameFeatures: [1, 32, 32] -> [128] {
        stage1: stage(16), stage2: stage(32), stage3: stage(64), Flatten, fc: Linear(128), ReLU,
    }

    /// The labels of the frames of a clip, and those that the features of each frame alone give: what the LSTM is worth.
    pub FrameLabels: { features: [20, 128] } -> { labels: [20, 11], alone: [20, 11] } {
        from features, alone: Linear(11), output alone,
        from features, lstm: LSTM(64, bidirectional = true), fc: Linear(11), output labels,
    }
}

const _: () = assert!(FrameFeatures::PARAMS == 9 * (16 + 16 * 32 + 32 * 64) + 2 * (16 + 32 + 64) + 64 * 4 * 4 * 128 + 128);
const _: () = assert!(FrameLabels::PARAMS == 129 * 11 + 2 * 4 * 64 * (128 + 64 + 2) + 129 * 11);

//! Classification and localization of one object: a trunk and two heads.
//!
//! Sermanet et al., *OverFeat: Integrated Recognition, Localization and Detection using Convolutional Networks*, ICLR 2014: one trunk, a head that classifies and one that
//! regresses the box.
//!
//! | trunk | digits | cells |
//! |---|---|---|
//! | `conv1` | `[16, 32, 32]` | `[16, 96, 128]` |
//! | `conv2` | `[32, 32, 32]` | `[32, 48, 64]` |
//! | `conv3` | `[64, 16, 16]` | `[64, 24, 32]` |
//! | `conv4` | `[128, 8, 8]` | `[64, 12, 16]` |
//! | `conv5` | | `[64, 6, 8]` |
//!
//! The class does not depend on the place, so its head pools over all places; the box does, so its head keeps them.

use layercake::prelude::*;

network! {
    block convs(width) {
        conv: Conv2d(width, kernel = 3, padding = 1, bias = false), norm: BatchNorm2d, ReLU,
    }

    block halved(width) {
        conv: Conv2d(width, kernel = 5, stride = 2, padding = 2, bias = false), norm: BatchNorm2d, ReLU,
    }

    /// One digit on a canvas of 64x64 with clutter: logits of ten classes, and the box as offsets from the canvas.
    pub DigitLocalizer: [1, 64, 64] -> { scores: [10], offsets: [4] } {
        conv1: halved(16),
        conv2: convs(32), MaxPool2d(2),
        conv3: convs(64), MaxPool2d(2),
        conv4: convs(128) as features,
        GlobalMaxPool2d, scores: Linear(10), output scores,
        from features, Flatten, fc: Linear(128), ReLU, offsets: Linear(4), output offsets,
    }

    /// The white blood cell in a photo of 128x96: its box as offsets from the photo. There is one class, and no head for it.
    pub CellLocalizer: [3, 96, 128] -> [4] {
        conv1: convs(16), MaxPool2d(2),
        conv2: convs(32), MaxPool2d(2),
        conv3: convs(64), MaxPool2d(2),
        conv4: convs(64), MaxPool2d(2),
        conv5: convs(64), Flatten,
        fc: Linear(128), ReLU,
        offsets: Linear(4),
    }

    /// Two stages of a few channels.
    #[cfg(test)]
    pub(super) SmallLocalizer: [2, 6, 8] -> { scores: [3], offsets: [4] } {
        conv1: halved(3),
        conv2: convs(4) as features,
        GlobalMaxPool2d, scores: Linear(3), output scores,
        from features, Flatten, fc: Linear(6), ReLU, offsets: Linear(4), output offsets,
    }
}

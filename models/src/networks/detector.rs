//! Detectors: what finds objects in photos of 320x240, in three generations.
//!
//! - R. Girshick, J. Donahue, T. Darrell, J. Malik: *Rich feature hierarchies for accurate object detection and semantic segmentation*, CVPR 2014 (R-CNN): each proposal is
//!   cropped from the photo and classified alone.
//! - R. Girshick: *Fast R-CNN*, ICCV 2015: the trunk sees the photo once, and proposals are cropped from its features by RoI pooling.
//! - S. Ren, K. He, R. Girshick, J. Sun: *Faster R-CNN*, NIPS 2015: a small network proposes the boxes, from the same features.
//!
//! Each has the stages of ResNet-20 behind a convolution of stride 2 as its trunk. Region proposals have three sizes and three shapes of anchors, so nine in each cell.
//!
//! | | photo | crop |
//! |---|---|---|
//! | `conv1`, `layer1` | `[16, 120, 160]` | `[16, 32, 32]` |
//! | `layer2` | `[32, 60, 80]` | `[32, 16, 16]` |
//! | `layer3` | `[64, 30, 40]` | `[64, 8, 8]` |
//!
//! A network has one batch axis. The batch of a head are boxes, so it is a network of its own.

use layercake::prelude::*;

network! {
    use super::blocks::{BasicBlock, BasicBlockFirst};

    /// The features of a crop.
    pub CropTrunk: [3, 64, 64] -> [64, 8, 8] {
        conv1: Conv2d(16, kernel = 5, stride = 2, padding = 2, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { Repeat(3) { BasicBlock(16) } },
        layer2: Sequential { BasicBlockFirst(32), Repeat(2) { BasicBlock(32) } },
        layer3: Sequential { BasicBlockFirst(64), Repeat(2) { BasicBlock(64) } },
    }

    /// The features of a photo.
    pub PhotoTrunk: [3, 240, 320] -> [64, 30, 40] {
        conv1: Conv2d(16, kernel = 5, stride = 2, padding = 2, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { Repeat(3) { BasicBlock(16) } },
        layer2: Sequential { BasicBlockFirst(32), Repeat(2) { BasicBlock(32) } },
        layer3: Sequential { BasicBlockFirst(64), Repeat(2) { BasicBlock(64) } },
    }

    /// The features of a photo, and for each of nine anchors in each cell whether it is an object, and the offsets of that object's box.
    pub ProposingTrunk: [3, 240, 320] -> { features: [64, 30, 40], objectness: [9, 30, 40], offsets: [36, 30, 40] } {
        conv1: Conv2d(16, kernel = 5, stride = 2, padding = 2, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { Repeat(3) { BasicBlock(16) } },
        layer2: Sequential { BasicBlockFirst(32), Repeat(2) { BasicBlock(32) } },
        layer3: Sequential { BasicBlockFirst(64), Repeat(2) { BasicBlock(64) } },
        output features,
        rpn: Conv2d(64, kernel = 3, padding = 1), ReLU as proposed,
        objectness: Conv2d(9, kernel = 1), output objectness,
        from proposed, offsets: Conv2d(36, kernel = 1), output offsets,
    }

    /// The logits of a crop's features: the background, then three classes. For each class, the offsets of the box.
    pub CropHead: [64, 8, 8] -> { scores: [4], offsets: [12] } {
        Flatten, fc: Linear(256), ReLU as hidden,
        scores: Linear(4), output scores,
        from hidden, offsets: Linear(12), output offsets,
    }

    /// The logits of a box's features: the background, then three classes. For each class, the offsets of the box.
    pub BoxHead: [64, 7, 7] -> { scores: [4], offsets: [12] } {
        Flatten, fc: Linear(256), ReLU as hidden,
        scores: Linear(4), output scores,
        from hidden, offsets: Linear(12), output offsets,
    }

    /// Two stages, and two anchors in each cell.
    #[cfg(test)]
    pub(super) SmallProposingTrunk: [3, 12, 16] -> { features: [4, 3, 4], objectness: [2, 3, 4], offsets: [8, 3, 4] } {
        conv1: Conv2d(3, kernel = 5, stride = 2, padding = 2, bias = false), bn1: BatchNorm2d, ReLU,
        layer1: Sequential { BasicBlock(3) },
        layer2: Sequential { BasicBlockFirst(4), BasicBlock(4) }, output features,
        rpn: Conv2d(4, kernel = 3, padding = 1), ReLU as proposed,
        objectness: Conv2d(2, kernel = 1), output objectness,
        from proposed, offsets: Conv2d(8, kernel = 1), output offsets,
    }

    #[cfg(test)]
    pub(super) SmallBoxHead: [2, 3, 3] -> { scores: [3], offsets: [8] } {
        Flatten, fc: Linear(5), ReLU as hidden,
        scores: Linear(3), output scores,
        from hidden, offsets: Linear(8), output offsets,
    }
}

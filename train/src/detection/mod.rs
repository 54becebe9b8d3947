//! Detection: boxes, anchors, matching, non-maximum suppression, average precision.
//!
//! Results are those of torchvision's `ops` and `models.detection`, where not stated otherwise, and average precision is COCO's. The losses are
//! [`smooth_l1`](layercake::loss::smooth_l1) and [`focal`](layercake::loss::focal), and boxes are cropped from feature maps by [`layercake::roi`].
//!
//! ```
//! use layercake_train::detection::{BBox, BoxCoder, iou, nms};
//!
//! let boxes = [BBox::new(0.0, 0.0, 10.0, 10.0), BBox::new(1.0, 0.0, 11.0, 10.0), BBox::new(20.0, 0.0, 30.0, 10.0)];
//! assert_eq!(iou(&boxes[0], &boxes[1]), 90.0 / 110.0);
//! assert_eq!(nms(&boxes, &[0.5, 0.9, 0.1], 0.5), [1, 2]);
//!
//! let coder = BoxCoder::default();
//! let offsets = coder.encode(&boxes[0], &boxes[1])?;
//! assert_eq!(coder.decode(offsets, &boxes[0]), boxes[1]);
//! # Ok::<(), layercake_train::detection::DetectionError>(())
//! ```
//!
//! # Boxes without area, and none at all
//!
//! A box may lie outside the picture, have no area, or have its edges in the wrong order, as those that a network predicts. Its area is then 0 and its overlap with
//! all boxes 0, where torchvision gives 0 / 0 or a negative area. It matches nothing, is suppressed by nothing, and only [`BoxCoder::encode`] refuses it:
//! the logarithm of its size does not exist. All functions take empty lists.

mod anchors;
mod average_precision;
mod boxes;
mod coder;
mod error;
mod matcher;
mod nms;
mod sampler;
mod selective_search;

pub use anchors::AnchorGenerator;
pub use average_precision::{AveragePrecision, AveragePrecisions, Curve};
pub use boxes::{BBox, giou, iou, iou_matrix};
pub use coder::BoxCoder;
pub use error::DetectionError;
pub use matcher::{Match, Matcher};
pub use nms::{batched_nms, nms};
pub use sampler::BalancedSampler;
pub use selective_search::SelectiveSearch;

/// An object in a picture: what is to be found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Object {
    /// Where it is, in pixels.
    pub bbox: BBox,
    /// The index of its class.
    pub class: usize,
    /// Whether it does not count, whether it is found or not: COCO's crowds, Pascal VOC's difficult objects.
    pub ignore: bool,
}

/// What a model finds in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Where it is, in pixels.
    pub bbox: BBox,
    /// The index of its class.
    pub class: usize,
    /// How sure the model is.
    pub score: f32,
}

//! ReLU.

use super::prelude::*;

operation! {
    /// `max(x, 0)`, PyTorch's `ReLU`. Any shape.
    pub struct Relu("ReLU"): Activation {}
    has()
    torch: &["inplace: -"],
    example: "ReLU",
}

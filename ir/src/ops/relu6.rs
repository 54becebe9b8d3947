//! ReLU6.

use super::prelude::*;

operation! {
    /// `min(max(x, 0), 6)`, PyTorch's `ReLU6`. Any shape.
    pub struct Relu6("ReLU6"): Activation {}
    has()
    torch: &["inplace: -"],
    example: "ReLU6",
}

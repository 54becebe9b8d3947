//! The rectifier with an upper bound.

use super::prelude::*;

operation! {
    /// `min(max(x, 0), 6)`
    pub struct Relu6("ReLU6"): Activation {}
    has()
    torch: &["inplace: -"],
    example: "ReLU6",
}

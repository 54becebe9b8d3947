//! The rectifier.

use super::prelude::*;

operation! {
    /// `max(x, 0)`
    pub struct Relu("ReLU"): Activation {}
    has()
    torch: &["inplace: -"],
    example: "ReLU",
}

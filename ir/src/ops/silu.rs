//! The sigmoid linear unit.

use super::prelude::*;

operation! {
    /// `x / (1 + exp(-x))`, PyTorch's `SiLU`. Any shape.
    pub struct Silu("SiLU"): Activation {}
    has()
    torch: &["inplace: -"],
    others: &["swish"],
    example: "SiLU",
}

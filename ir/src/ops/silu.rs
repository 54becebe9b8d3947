//! The sigmoid linear unit.

use super::prelude::*;

operation! {
    /// `x / (1 + exp(-x))`
    pub struct Silu("SiLU"): Activation {}
    has()
    torch: &["inplace: -"],
    others: &["swish"],
    example: "SiLU",
}

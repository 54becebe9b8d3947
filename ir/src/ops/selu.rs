//! The scaled exponential linear unit.

use super::prelude::*;

operation! {
    /// `scale x` where positive, else `scale alpha (exp(x) - 1)`, with the constants that keep mean 0 and variance 1 (Klambauer et
    /// al., 2017, arXiv 1706.02515).
    pub struct Selu("SELU"): Activation {}
    has()
    torch: &["inplace: -"],
    example: "SELU",
}

//! The scaled exponential linear unit.

use super::prelude::*;

operation! {
    /// `scale * x` if `x > 0`, else `scale * alpha * (exp(x) - 1)`, with the constants that preserve mean 0 and variance 1: PyTorch's `SELU` (Klambauer
    /// et al., 2017, arXiv 1706.02515). Any shape.
    pub struct Selu("SELU"): Activation {}
    has()
    torch: &["inplace: -"],
    example: "SELU",
}

//! Mish.

use super::prelude::*;

operation! {
    /// `x tanh(ln(1 + exp(x)))`, PyTorch's `Mish` (Misra, 2019, arXiv 1908.08681). Any shape.
    pub struct Mish("Mish"): Activation {}
    has()
    torch: &["inplace: -"],
    example: "Mish",
}

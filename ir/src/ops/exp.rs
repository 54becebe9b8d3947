//! Exponential function.

use super::prelude::*;

operation! {
    /// `exp(x)`, PyTorch's `exp`. Any shape.
    pub struct Exp("Exp"): Activation {}
    has()
    example: "Exp",
}

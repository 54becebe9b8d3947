//! The logistic function.

use super::prelude::*;

operation! {
    /// `1 / (1 + exp(-x))`, PyTorch's `Sigmoid`. Any shape.
    pub struct Sigmoid("Sigmoid"): Activation {}
    has()
    others: &["logistic", "sigm"],
    example: "Sigmoid",
}

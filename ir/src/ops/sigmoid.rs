//! The logistic function.

use super::prelude::*;

operation! {
    /// `1 / (1 + exp(-x))`
    pub struct Sigmoid("Sigmoid"): Activation {}
    has()
    others: &["logistic", "sigm"],
    example: "Sigmoid",
}

//! Softsign.

use super::prelude::*;

operation! {
    /// `x / (1 + |x|)`, PyTorch's `Softsign`. Any shape.
    pub struct Softsign("Softsign"): Activation {}
    has()
    example: "Softsign",
}

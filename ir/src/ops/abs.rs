//! Absolute value.

use super::prelude::*;

operation! {
    /// The absolute value, PyTorch's `abs`. The gradient at 0 is 0. Any shape.
    pub struct Abs("Abs"): Activation {}
    has()
    example: "Abs",
}

//! Square root.

use super::prelude::*;

operation! {
    /// The square root, PyTorch's `sqrt`: NaN below 0. The gradient at 0 is infinite. Any shape.
    pub struct Sqrt("Sqrt"): Activation {}
    has()
    example: "Sqrt",
}

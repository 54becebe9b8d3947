//! The hyperbolic tangent.

use super::prelude::*;

operation! {
    /// The hyperbolic tangent, PyTorch's `Tanh`. Any shape.
    pub struct Tanh("Tanh"): Activation {}
    has()
    example: "Tanh",
}

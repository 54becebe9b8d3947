//! The hyperbolic tangent.

use super::prelude::*;

operation! {
    /// The hyperbolic tangent.
    pub struct Tanh("Tanh"): Activation {}
    has()
    example: "Tanh",
}

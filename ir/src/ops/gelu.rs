//! The Gaussian error linear unit.

use super::prelude::*;

words! {
    /// How GELU is worked out.
    Approximation {
        /// By the error function.
        None = "none",
        /// By a hyperbolic tangent that is near it.
        Tanh = "tanh",
    }
}

operation! {
    /// `x Phi(x)` with the normal distribution's `Phi(x) = (1 + erf(x / sqrt(2))) / 2`, PyTorch's `GELU` (Hendrycks and Gimpel, 2016, arXiv
    /// 1606.08415). Any shape. The approximation is `x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`.
    pub struct Gelu("GELU"): Activation {
        /// Exact, or approximated?
        approximate: Approximation = Choice::word("none"),
    }
    has()
    torch: &["approximate"],
    example: "GELU(approximate = tanh)",
}

//! The Gaussian error linear unit.

use super::prelude::*;

words! {
    /// How GELU is computed.
    Approximation {
        /// Exactly, with the error function.
        None = "none",
        /// Approximately, with the hyperbolic tangent.
        Tanh = "tanh",
    }
}

operation! {
    /// `x Phi(x)` with the cumulative normal distribution `Phi(x) = (1 + erf(x / sqrt(2))) / 2`, PyTorch's `GELU` (Hendrycks and Gimpel, 2016,
    /// arXiv 1606.08415). With `approximate = tanh` it is `x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`. Any shape.
    pub struct Gelu("GELU"): Activation {
        /// Exact or approximate; exact by default.
        approximate: Approximation = Choice::word("none"),
    }
    has()
    torch: &["approximate"],
    example: "GELU(approximate = tanh)",
}

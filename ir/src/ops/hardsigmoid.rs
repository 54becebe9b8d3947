//! Hard sigmoid.

use super::prelude::*;

operation! {
    /// `min(max(x + 3, 0), 6) / 6`, PyTorch's `Hardsigmoid` (Howard et al., 2019, arXiv 1905.02244, section 5.2). Any shape.
    pub struct Hardsigmoid("Hardsigmoid"): Activation {}
    has()
    torch: &["inplace: -"],
    example: "Hardsigmoid",
}

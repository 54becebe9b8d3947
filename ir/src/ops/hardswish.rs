//! Hard swish.

use super::prelude::*;

operation! {
    /// `x min(max(x + 3, 0), 6) / 6`, PyTorch's `Hardswish` (Howard et al., 2019, arXiv 1905.02244, section 5.2). Any shape.
    pub struct Hardswish("Hardswish"): Activation {}
    has()
    torch: &["inplace: -"],
    others: &["hswish"],
    example: "Hardswish",
}

//! Natural logarithm.

use super::prelude::*;

operation! {
    /// The natural logarithm, PyTorch's `log`: minus infinity at 0, NaN below. Any shape.
    pub struct Log("Log"): Activation {}
    has()
    others: &["ln"],
    example: "Log",
}

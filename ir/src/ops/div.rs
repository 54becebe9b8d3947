//! Division.

use super::prelude::*;

operation! {
    /// The first value divided by the second. Sizes of 1 are repeated. A zero divides to infinity or NaN, as in IEEE 754.
    pub struct Div("Div"): Join {}
    has(infer_all)
    others: &["divide", "truedivide"],
    inputs: Inputs::Alike,
    sign: "÷",
    two: "`Div` takes two tensors, the first divided by the second",
    example: "Div(norm)",
}

impl Div {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        if inputs.len() > 2 {
            let text = site.start().str(" expects two values, but receives ").num(inputs.len());
            return Err(Mistake::new(Part::Layer, text));
        }
        match alike::joined("divides", inputs, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}

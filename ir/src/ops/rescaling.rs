//! Multiplication by a number.

use super::prelude::*;

operation! {
    /// `x * scale + offset`, Keras's `Rescaling`. Any shape. `Mul(0.5)`, `Div(8.0)`, `Add(1.0)` and `Sub(0.5)` with a number in the place of a tag mean this.
    pub struct Rescaling("Rescaling"): Activation {
        /// The factor.
        scale: f64 = Choice::float(1.0).first().always() => 1.0,
        /// What is added.
        offset: f64 = Choice::float(0.0).label(Label::Named("plus")) => 0.0,
    }
    has(infer)
    others: &["rescale", "scale", "affine", "normalise", "normalize", "neg", "negative"],
    example: "Rescaling(0.125)",
}

impl Rescaling {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        let (a, part, number) = if self.scale.is_finite() { ("an", "offset", self.offset) } else { ("a", "scale", self.scale) };
        if number.is_finite() {
            return Ok((self, *input));
        }
        let text = site.start().str(" has ").str(a).str(" `").str(part).str("` of ").float(number).str(", which is not finite");
        Err(Mistake::new(Part::Option(part), text))
    }
}

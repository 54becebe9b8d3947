//! Concatenation.

use super::prelude::*;

operation! {
    /// Concatenates values along an axis. All other sizes must be equal: `[64, 8, 8]` and `[32, 8, 8]` give `[96, 8, 8]`.
    pub struct Concat("Concat"): Join {
        /// The axis, counted from 0 without the batch: 0 is the channels of an image.
        axis: usize = Choice::size(0).label(Label::Named("axis")),
    }
    has(infer_all)
    torch: &["dim: axis"],
    inputs: Inputs::Several,
    outline: Outline::Rank,
    example: "Concat(skip)",
}

impl Concat {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = alike::too_few("concatenates", inputs, site) {
            return Err(mistake);
        }
        let first = &inputs[0];
        if self.axis >= first.rank() {
            let text = site.start().str(" concatenates along axis ").num(self.axis).str(", but receives ").shape(first).str(" ");
            let help = axis::last(first);
            return Err(Mistake::new(Part::Option("axis"), site.from_nth(text, 0)).help(help));
        }
        let mut total = first.dim(self.axis);
        let mut i = 1;
        while i < inputs.len() {
            let other = &inputs[i];
            if other.rank() != first.rank() || !other.with_dim(self.axis, first.dim(self.axis)).same(first) {
                let text = site.start().str(" concatenates ").shape(first).str(" ");
                let text = site.from_nth(text, 0).str(" and ").shape(other).str(" ");
                let help = Text::new().str("all sizes except axis ").num(self.axis).str(" must be equal");
                return Err(Mistake::new(Part::Branch(i), site.from_nth(text, i)).help(help));
            }
            total = total.saturating_add(other.dim(self.axis));
            i += 1;
        }
        Ok((self, first.with_dim(self.axis, total)))
    }
}

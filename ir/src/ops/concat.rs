//! Concatenation.

use super::join;
use crate::{Mistake, Part, Shape, Site, Text};

/// Puts values one behind the other along an axis. All other sizes must be equal: `[64, 8, 8]` and `[32, 8, 8]` give `[96, 8, 8]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Concat {
    /// The axis, the batch not counted: 0 is the channels of an image.
    pub axis: usize,
}

impl Concat {
    pub(super) const fn infer(&self, inputs: &[Shape], site: &Site) -> Result<Shape, Mistake> {
        if let Some(mistake) = join::too_few("concatenates", inputs, site) {
            return Err(mistake);
        }
        let first = &inputs[0];
        if self.axis >= first.rank() {
            let text = site.start().str(" concatenates along axis ").num(self.axis).str(", but receives ").shape(first).str(" ");
            let help = super::axis::last(first);
            return Err(Mistake::new(Part::Axis, site.from_nth(text, 0)).help(help));
        }
        let mut total = first.dim(self.axis);
        let mut i = 1;
        while i < inputs.len() {
            let other = &inputs[i];
            if other.rank() != first.rank() || !other.with_dim(self.axis, first.dim(self.axis)).same(first) {
                let text = site.start().str(" concatenates ").shape(first).str(" ");
                let text = site.from_nth(text, 0).str(" and ").shape(other).str(" ");
                let help = Text::new().str("all sizes but that of axis ").num(self.axis).str(" must be equal");
                return Err(Mistake::new(Part::Branch(i), site.from_nth(text, i)).help(help));
            }
            total = total.saturating_add(other.dim(self.axis));
            i += 1;
        }
        Ok(first.with_dim(self.axis, total))
    }
}

//! The gated linear unit.

use super::prelude::*;

operation! {
    /// The first half along an axis times the sigmoid of the second, PyTorch's `GLU` (Dauphin et al., 2016, arXiv 1612.08083).
    pub struct Glu("GLU"): Activation {
        /// The axis, the batch not counted; [`INFER`] takes the last.
        axis: usize = Choice::infer().label(Label::Axis),
    }
    has(infer)
    torch: &["dim: axis"],
    outline: Outline::Rank,
    example: "GLU(axis = 0)",
}

impl Glu {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.axis == INFER {
            self.axis = input.rank().saturating_sub(1);
        }
        if let Some(mistake) = axis::check(self.axis, Part::Option("axis"), input, site) {
            return Err(mistake);
        }
        let size = input.dim(self.axis);
        if size.is_multiple_of(2) {
            return Ok((self, input.with_dim(self.axis, size / 2)));
        }
        let text = site.received(site.start().str(" halves axis ").num(self.axis).str(" of "), input);
        let text = text.str(", which has an odd size of ").num(size);
        Err(Mistake::new(Part::Option("axis"), text).help(Text::new().str("give it twice the size that is to come out")))
    }
}

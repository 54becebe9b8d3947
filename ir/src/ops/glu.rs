//! The gated linear unit.

use super::prelude::*;

operation! {
    /// The first half of the input along an axis (the last by default) times the sigmoid of the second half, PyTorch's `GLU` (Dauphin et al., 2016,
    /// arXiv 1612.08083). The output has half the size along this axis. Any shape.
    pub struct Glu("GLU"): Activation {
        /// The axis, counted from 0 without the batch; [`INFER`] for the last.
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
        Err(Mistake::new(Part::Option("axis"), text).help(Text::new().str("the input needs twice the output's size along this axis")))
    }
}

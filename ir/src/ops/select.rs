//! Selection of an index along an axis.

use super::prelude::*;

operation! {
    /// Selects one index along an axis, which is removed from the output: PyTorch's `select(dim, index)`. `Select(index = 0)` of `[length, features]` is
    /// the first step, `[features]`.
    pub struct Select("Select"): Shape {
        /// The axis, counted from 0 without the batch; the first by default.
        axis: usize = Choice::size(0),
        /// The index, counted from 0.
        index: usize = Choice::required(),
    }
    has(infer, label)
    torch: &["dim: axis", "index"],
    outline: Outline::OneFewer,
    example: "Select(index = 2)",
}

impl Select {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if input.rank() < 2 {
            let text = site.received(site.start().str(" removes the only axis of "), input);
            return Err(Mistake::new(Part::Layer, text).help(Text::new().str("`Slice` keeps the axis")));
        }
        if let Some(mistake) = axis::check(self.axis, Part::Option("axis"), input, site) {
            return Err(mistake);
        }
        let size = input.dim(self.axis);
        if self.index >= size {
            let text = site.start().str(" selects index ").num(self.index).str(" of axis ").num(self.axis).str(", but receives ");
            let help = Text::new().str("the last index is ").num(size - 1).str("; indices are counted from 0");
            return Err(Mistake::new(Part::Option("index"), site.received(text, input)).help(help));
        }
        let mut dims = [0; MAX_RANK];
        let (mut from, mut to) = (0, 0);
        while from < input.rank() {
            if from != self.axis {
                dims[to] = input.dim(from);
                to += 1;
            }
            from += 1;
        }
        Ok((self, Shape::new(dims.split_at(to).0)))
    }

    pub(crate) fn label(&self, _: &Shape) -> String {
        format!("{} of axis {}", self.index, self.axis)
    }
}

//! One place of an axis.

use super::prelude::*;

operation! {
    /// The part at one place of an axis, which is gone from the output: PyTorch's `select(dim, index)`, `x[:, .., index]`. `Select(index = 0)` of
    /// `[length, features]` is the first step, `[features]`.
    pub struct Select("Select"): Shape {
        /// The axis, the batch not counted; the first if not stated.
        axis: usize = Choice::size(0),
        /// The place, counted from 0.
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
            let text = site.received(site.start().str(" leaves no axis of "), input);
            return Err(Mistake::new(Part::Layer, text).help(Text::new().str("`Slice` keeps the axis")));
        }
        if let Some(mistake) = axis::check(self.axis, Part::Option("axis"), input, site) {
            return Err(mistake);
        }
        let size = input.dim(self.axis);
        if self.index >= size {
            let text = site.start().str(" takes place ").num(self.index).str(" of axis ").num(self.axis).str(", but receives ");
            let help = Text::new().str("the last place is ").num(size - 1).str(": they are counted from 0");
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

//! Splitting into parts of given sizes.

use super::prelude::*;

operation! {
    /// Splits a value along an axis into parts of given sizes: PyTorch's `split` with a list. Each part is an output:
    /// `Split([16, 48]) as (a, b)`. [`Chunk`](super::Chunk) splits into equal parts.
    pub struct Split("Split"): Shape {
        /// The size of each part; the sizes must add up to the size of the axis.
        sizes: Sizes = Choice::required().first().of_up_to(Sizes::MOST),
        /// The axis, counted from 0 without the batch: 0 is the channels of an image.
        axis: usize = Choice::size(0),
    }
    has(infer, label, outputs)
    torch: &["split_size_or_sections: sizes", "dim: axis"],
    outline: Outline::Rank,
    example: "Split([2, 4]) as (a, b)",
}

impl Split {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = axis::check(self.axis, Part::Option("axis"), input, site) {
            return Err(mistake);
        }
        let size = input.dim(self.axis);
        if self.sizes.is_empty() || self.sizes.contains(0) {
            let text = site.start().str(" splits into the sizes (").list(self.sizes.as_slice()).str("); each must be at least 1");
            return Err(Mistake::new(Part::Option("sizes"), text));
        }
        let mut total: usize = 0;
        let mut i = 0;
        while i < self.sizes.len() {
            total = total.saturating_add(self.sizes.get(i));
            i += 1;
        }
        if total != size {
            let text = site.start().str(" splits axis ").num(self.axis).str(" into ").list(self.sizes.as_slice()).str(", which add up to ");
            let text = site.received(text.num(total).str(", but the axis has size ").num(size).str(": "), input);
            return Err(Mistake::new(Part::Option("sizes"), text).help(last(&self.sizes, size)));
        }
        Ok((self, input.with_dim(self.axis, self.sizes.get(0))))
    }

    pub(crate) fn label(&self, _: &Shape) -> String {
        let sizes: Vec<String> = self.sizes.as_slice().iter().map(usize::to_string).collect();
        let axis = if self.axis == 0 { String::new() } else { format!(", axis {}", self.axis) };
        format!("{}{axis}", sizes.join(" + "))
    }

    pub(crate) const fn outputs(&self) -> usize {
        self.sizes.len()
    }

    pub(crate) const fn further(&self, index: usize, _: &[Shape], first: &Shape) -> Shape {
        first.with_dim(self.axis, self.sizes.get(index))
    }
}

/// The help for sizes that do not add up: the last one changed so that they do, if that is possible.
const fn last(sizes: &Sizes, size: usize) -> Text {
    let mut before: usize = 0;
    let mut i = 0;
    while i + 1 < sizes.len() {
        before = before.saturating_add(sizes.get(i));
        i += 1;
    }
    if before >= size {
        return Text::new().str("the sizes of the parts must add up to the size of the axis");
    }
    let fits = sizes.with(sizes.len() - 1, size - before);
    Text::new().str("for example `Split([").list(fits.as_slice()).str("])`")
}

//! An additional axis.

use super::prelude::*;

operation! {
    /// Inserts an axis of size 1, PyTorch's `unsqueeze(dim)` without the batch: `Unsqueeze(0)` turns `[64]` into `[1, 64]`, and `Unsqueeze(1)` into
    /// `[64, 1]`.
    pub struct Unsqueeze("Unsqueeze"): Shape {
        /// The position of the new axis in the output, counted from 0 without the batch.
        axis: usize = Choice::required().first().label(Label::Named("axis")),
    }
    has(infer)
    torch: &["dim: axis"],
    others: &["expanddims"],
    outline: Outline::OneMore,
    example: "Unsqueeze(1)",
}

impl Unsqueeze {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if input.rank() == MAX_RANK {
            let text = site.received(site.start().str(" adds an axis to "), input).str(", which has as many as a shape may have");
            return Err(Mistake::new(Part::Layer, text));
        }
        if self.axis > input.rank() {
            let text = site.received(site.start().str(" inserts axis ").num(self.axis).str(", but receives "), input);
            let help =
                Text::new().str("write `").num(input.rank()).str("` for a new last axis; axes are counted from 0, without the batch");
            return Err(Mistake::new(Part::Option("axis"), text).help(help));
        }
        let mut dims = [1; MAX_RANK];
        let mut from = 0;
        while from < input.rank() {
            dims[if from < self.axis { from } else { from + 1 }] = input.dim(from);
            from += 1;
        }
        Ok((self, Shape::new(dims.split_at(input.rank() + 1).0)))
    }
}

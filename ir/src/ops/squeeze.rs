//! Removal of an axis of size 1.

use super::prelude::*;

operation! {
    /// Removes an axis of size 1, PyTorch's `squeeze(dim)` without the batch: `Squeeze(0)` turns `[1, 64]` into `[64]`. Another size is an error, where
    /// PyTorch leaves the tensor as it is.
    pub struct Squeeze("Squeeze"): Shape {
        /// The axis, counted from 0 without the batch.
        axis: usize = Choice::required().first().label(Label::Named("axis")),
    }
    has(infer)
    torch: &["dim: axis"],
    outline: Outline::OneFewer,
    example: "Squeeze(1)",
    sample: "[6, 1, 8]",
}

impl Squeeze {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = axis::check(self.axis, Part::Option("axis"), input, site) {
            return Err(mistake);
        }
        if input.dim(self.axis) != 1 {
            let text = site.start().str(" removes axis ").num(self.axis).str(" of size ").num(input.dim(self.axis)).str(": it receives ");
            let help =
                Text::new().str("only an axis of size 1 can be removed; `Select` takes one index of an axis, `Flatten` joins all axes");
            return Err(Mistake::new(Part::Option("axis"), site.received(text, input)).help(help));
        }
        if input.rank() == 1 {
            let text = site.received(site.start().str(" removes the only axis of "), input);
            return Err(Mistake::new(Part::Option("axis"), text).help(Text::new().str("at least one axis must remain")));
        }
        let mut output = Sizes::NONE;
        let mut from = 0;
        while from < input.rank() {
            if from != self.axis {
                output = output.push(input.dim(from));
            }
            from += 1;
        }
        Ok((self, output.shape()))
    }
}

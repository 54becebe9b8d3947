//! Permutation of axes.

use super::prelude::*;

operation! {
    /// Permutes the axes, PyTorch's `permute` with the batch kept first: axis `i` of the output is axis `axes[i]` of the input. `Permute(1, 0)` turns
    /// `[length, features]` into `[features, length]`.
    pub struct Permute("Permute"): Shape {
        /// For each axis of the output, the axis of the input, counted from 0 without the batch.
        axes: Sizes = Choice::required().first().label(Label::List("")),
    }
    has(infer)
    outline: Outline::Rank,
    example: "Permute(2, 0, 1)",
}

impl Permute {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        let mut output = *input;
        let mut whole = self.axes.len() == input.rank();
        let mut i = 0;
        while whole && i < input.rank() {
            whole = self.axes.contains(i);
            output = output.with_dim(i, input.dim(self.axes.get(i)));
            i += 1;
        }
        if whole {
            return Ok((self, output));
        }
        let text = site.start().str(" permutes the axes (").list(self.axes.as_slice()).str("), but receives ");
        let help = Text::new().str("name each axis from 0 to ").num(input.rank().saturating_sub(1)).str(" once; the batch is not counted");
        Err(Mistake::new(Part::Option("axes"), site.received(text, input)).help(help))
    }
}

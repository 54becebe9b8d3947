//! Exchange of two axes.

use super::Permute;
use super::prelude::*;

operation! {
    /// Exchanges two axes, PyTorch's `transpose(dim0, dim1)` without the batch: `Transpose(0, 1)` turns `[length, features]` into `[features, length]`.
    pub struct Transpose("Transpose"): Shape {
        /// The two axes, counted from 0 without the batch.
        axes: Sizes = Choice::required().first().of_up_to(2).label(Label::List("")),
    }
    has(infer)
    others: &["swapaxes", "swapdims"],
    outline: Outline::Rank,
    example: "Transpose(0, 2)",
}

impl Transpose {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.axes.len() != 2 {
            let text = site.start().str(" exchanges two axes, but is given ").num(self.axes.len());
            let help = Text::new().str("`Permute` takes the order of all axes");
            return Err(Mistake::new(Part::Option("axes"), text).help(help));
        }
        let (a, b) = (self.axes.get(0), self.axes.get(1));
        let mut i = 0;
        while i < 2 {
            if let Some(mistake) = axis::check(self.axes.get(i), Part::Option("axes"), input, site) {
                return Err(mistake);
            }
            i += 1;
        }
        if a == b {
            return Err(Mistake::new(Part::Option("axes"), site.start().str(" names axis ").num(a).str(" twice")));
        }
        Ok((self, input.with_dim(a, input.dim(b)).with_dim(b, input.dim(a))))
    }

    /// The same as a permutation of all axes.
    pub fn permutation(&self, rank: usize) -> Permute {
        let mut axes = Sizes::NONE;
        let mut axis = 0;
        while axis < rank {
            let from = if axis == self.axes.get(0) {
                self.axes.get(1)
            } else if axis == self.axes.get(1) {
                self.axes.get(0)
            } else {
                axis
            };
            axes = axes.push(from);
            axis += 1;
        }
        Permute { axes }
    }
}

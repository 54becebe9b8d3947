//! Other axes for the same elements.

use super::Sizes;
use crate::{INFER, Mistake, Part, Shape, Site, Text};

/// The elements of a sample in the same order under other sizes, PyTorch's `reshape` with the batch kept.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reshape {
    /// The sizes; one may be [`INFER`].
    pub shape: Sizes,
}

impl Reshape {
    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        let mut product: usize = 1;
        let mut inferred = INFER;
        let mut i = 0;
        while i < self.shape.len() {
            let size = self.shape.get(i);
            if size == 0 {
                return Err(Mistake::new(Part::Shape, site.start().str(" has a size of 0; every size must be at least 1")));
            }
            if size != INFER {
                product = product.saturating_mul(size);
            } else if inferred == INFER {
                inferred = i;
            } else {
                return Err(Mistake::new(Part::Shape, site.start().str(" has two sizes `_`; only one can be inferred")));
            }
            i += 1;
        }
        let total = input.len();
        if inferred != INFER && total.is_multiple_of(product) {
            self.shape = self.shape.with(inferred, total / product);
            product = total;
        }
        if product != total {
            let text = site.received(site.start().str(" makes ").num(product).str(" elements of the ").num(total).str(" of "), input);
            let text = if inferred == INFER { text } else { text.str(", which they do not divide") };
            return Err(Mistake::new(Part::Shape, text).help(Text::new().str("the sizes must multiply to ").num(total)));
        }
        Ok((self, self.shape.shape()))
    }
}

/// The axes in another order, PyTorch's `permute` with the batch kept in front: axis `i` of the output is axis `axes[i]` of the input.
/// `Permute(1, 0)` makes `[features, length]` of `[length, features]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Permute {
    /// For each axis of the output that of the input, counted from 0 without the batch.
    pub axes: Sizes,
}

impl Permute {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
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
        let text = site.start().str(" orders the axes (").list(self.axes.as_slice()).str("), but receives ");
        let help = Text::new().str("name each axis from 0 to ").num(input.rank().saturating_sub(1)).str(" once, the batch not counted");
        Err(Mistake::new(Part::Axes, site.received(text, input)).help(help))
    }
}

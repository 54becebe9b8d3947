//! Reshaping.

use super::prelude::*;

operation! {
    /// Reshapes a sample, keeping the order of its elements: PyTorch's `reshape` with the batch kept. One size may be `_`, which is inferred.
    pub struct Reshape("Reshape"): Shape {
        /// The output's sizes; one may be [`INFER`].
        shape: Sizes = Choice::required().first().with_inferred(),
    }
    has(infer)
    others: &["view"],
    outline: Outline::List("shape"),
    example: "Reshape(16, _)",
}

impl Reshape {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        let mut product: usize = 1;
        let mut inferred = INFER;
        let mut i = 0;
        while i < self.shape.len() {
            let size = self.shape.get(i);
            if size == 0 {
                return Err(Mistake::new(Part::Option("shape"), site.start().str(" has a size of 0; every size must be at least 1")));
            }
            if size != INFER {
                product = product.saturating_mul(size);
            } else if inferred == INFER {
                inferred = i;
            } else {
                return Err(Mistake::new(Part::Option("shape"), site.start().str(" has two sizes `_`; only one can be inferred")));
            }
            i += 1;
        }
        let total = input.len();
        if inferred != INFER && total.is_multiple_of(product) {
            self.shape = self.shape.with(inferred, total / product);
            product = total;
        }
        if product != total {
            let what = if inferred == INFER { " expects " } else { " expects a multiple of " };
            let text = site.start().str(what).count(product, "element").str(", but receives ").num(total);
            let text = site.received(text.str(": "), input);
            return Err(Mistake::new(Part::Option("shape"), text).help(Text::new().str("the sizes must multiply to ").num(total)));
        }
        Ok((self, self.shape.shape()))
    }
}

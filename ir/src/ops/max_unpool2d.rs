//! The reverse of maximum pooling.

use super::MaxPool2d;
use super::prelude::*;

operation! {
    /// Puts each element of the current tensor where the pooling layer of that name found its largest element, among zeros, so that the output
    /// has the size of what the pool received: PyTorch's `max_unpool2d` with the pool's indices and `output_size` (Zeiler and Fergus, 2014, arXiv
    /// 1311.2901, section 2.1). Input: the shape that `name: MaxPool2d(..)` gave.
    ///
    /// Where windows overlap and two have the same largest element, the later window's value counts, and the other has no gradient. What the pool
    /// received gets no gradient from here.
    pub struct MaxUnpool2d("MaxUnpool2d"): Pooling {
        /// Size of the pool's window.
        kernel: [usize; 2] = Choice::required().first(),
        /// Steps between its windows.
        stride: [usize; 2] = Choice::same("kernel").label(Label::Named("stride")),
        /// Its padding.
        padding: [usize; 2] = Choice::size(0).label(Label::Named("pad")),
        /// Distance between its taps.
        dilation: [usize; 2] = Choice::size(1).label(Label::Named("dilation")),
        /// Does it keep a last window that reaches beyond the input?
        ceil_mode: bool = Choice::switch(false, "ceil"),
    }
    has(infer_all)
    inputs: Inputs::Several,
    outline: Outline::Map(None),
    example: "MaxUnpool2d(pool1)",
}

impl MaxUnpool2d {
    /// The pool.
    pub const fn pool(&self) -> MaxPool2d {
        MaxPool2d { kernel: self.kernel, stride: self.stride, padding: self.padding, dilation: self.dilation, ceil_mode: self.ceil_mode }
    }

    /// The pool's sliding window.
    pub const fn window(&self) -> Window {
        self.pool().window()
    }

    /// The inputs: the values, and what the pool received.
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        let [values, pooled] = inputs else {
            let text = site.start().str(" takes values and what the pool received, but receives ").num(inputs.len());
            return Err(Mistake::new(Part::Layer, text));
        };
        // What is wrong with the pool is said of the pool.
        let expected = match self.pool().infer(pooled, site) {
            Ok((_, output)) => output,
            Err(mistake) => return Err(Mistake::new(Part::Layer, mistake.text)),
        };
        if values.same(&expected) {
            return Ok((self, *pooled));
        }
        let text = site.received(site.start().str(" receives "), values).str(", but its pool made ").shape(&expected).str(" of ");
        let help = Text::new().str("it takes what has the pool's own shape; a layer between must keep it");
        Err(Mistake::new(Part::Layer, text.shape(pooled)).help(help))
    }
}

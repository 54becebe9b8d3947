//! Max unpooling.

use super::MaxPool2d;
use super::prelude::*;

operation! {
    /// Reverses a named max pooling layer: places each element of the input at the position of the pool's maximum and fills the rest with zeros.
    /// PyTorch's `MaxUnpool2d` with the pool's indices and `output_size` (Zeiler and Fergus, 2014, arXiv 1311.2901, section 2.1). The input has the
    /// shape of the pool's output, the output that of the pool's input.
    ///
    /// If overlapping windows have the same maximum, the value of the last window is used and the others get no gradient. The pool's input gets no
    /// gradient from this layer.
    pub struct MaxUnpool2d("MaxUnpool2d"): Pooling {
        /// The pool's `kernel`.
        kernel: [usize; 2] = Choice::required().first(),
        /// The pool's `stride`.
        stride: [usize; 2] = Choice::same("kernel").label(Label::Named("stride")),
        /// The pool's `padding`.
        padding: [usize; 2] = Choice::size(0).label(Label::Named("pad")),
        /// The pool's `dilation`.
        dilation: [usize; 2] = Choice::size(1).label(Label::Named("dilation")),
        /// The pool's `ceil_mode`.
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

    /// The inputs are the values and the pool's input.
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        let [values, pooled] = inputs else {
            let text = site.start().str(" expects two inputs, the values and the pool's input, but receives ").num(inputs.len());
            return Err(Mistake::new(Part::Layer, text));
        };
        // A mistake in an option of the pool has no token here: it is reported at the layer.
        let expected = match self.pool().infer(pooled, site) {
            Ok((_, output)) => output,
            Err(mistake) => return Err(Mistake::new(Part::Layer, mistake.text)),
        };
        if values.same(&expected) {
            return Ok((self, *pooled));
        }
        let text = site.start().str(" expects ").shape(&expected).str(", the shape of its pool's output, but receives ");
        let help = Text::new().str("layers between the pool and its unpool must keep the shape");
        Err(Mistake::new(Part::Layer, site.received(text, values)).help(help))
    }
}

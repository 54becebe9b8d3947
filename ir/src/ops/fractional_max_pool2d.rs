//! Fractional max pooling.

use super::prelude::*;

operation! {
    /// Max pooling to a given output size, with windows at distances that vary by one: PyTorch's `FractionalMaxPool2d` (Graham, 2014, arXiv
    /// 1412.6071). Window `i` of `out` starts at `floor((i + u) a) - floor(u a)` with `a = (size - kernel) / (out - 1)`, the last window at
    /// `size - kernel`. In training, `u` is drawn from 0..1 for each channel of each sample and used for both axes; at inference it is 1/2. Input
    /// `[channels, height, width]`, output `[channels, output_size[0], output_size[1]]`; pairs are `[height, width]`.
    pub struct FractionalMaxPool2d("FractionalMaxPool2d"): Pooling {
        /// Size of the window.
        kernel: [usize; 2] = Choice::required().first(),
        /// The output's height and width.
        output_size: [usize; 2] = Choice::required().label(Label::Sized("to")),
    }
    has(infer, draws)
    torch: &["kernel_size: kernel", "output_size", "output_ratio: -", "return_indices: -"],
    outline: Outline::Map(None),
    example: "FractionalMaxPool2d(2, output_size = 5)",
}

impl FractionalMaxPool2d {
    /// The start of window `i` along an axis of this size, with the shift `u`.
    pub fn start(&self, axis: usize, size: usize, u: f64, i: usize) -> usize {
        let (room, out) = (size - self.kernel[axis], self.output_size[axis]);
        if i + 1 == out {
            return room;
        }
        let step = room as f64 / (out - 1) as f64;
        ((i as f64 + u) * step) as usize - (u * step) as usize
    }

    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        if let Some(mistake) = window::positive(site, self.kernel, [1, 1], [1, 1]) {
            return Err(mistake);
        }
        let [height, width] = self.output_size;
        if height == 0 || width == 0 {
            return Err(Mistake::new(Part::Option("output_size"), site.start().str(" has an output size of 0; it must be at least 1")));
        }
        let mut axis = 0;
        while axis < 2 {
            let (size, kernel, out) = (input.dim(axis + 1), self.kernel[axis], self.output_size[axis]);
            if kernel > size {
                let text = site.received(site.start().str(" has a kernel of ").pair(self.kernel).str(", but receives "), input);
                return Err(Mistake::new(Part::Option("kernel"), text).help(Text::new().str("use a kernel of at most ").num(size)));
            }
            if out > size - kernel + 1 {
                let text = site.start().str(" has an output size of ").num(out).str(", but receives ");
                let help = Text::new().str("a kernel of ").num(kernel).str(" has at most ").num(size - kernel + 1).str(" positions");
                return Err(Mistake::new(Part::Option("output_size"), site.received(text, input)).help(help));
            }
            axis += 1;
        }
        Ok((self, Shape::new(&[input.dim(0), height, width])))
    }

    pub(crate) const fn draws(&self) -> bool {
        true
    }
}

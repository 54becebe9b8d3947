//! Sliding windows, shared by convolution and pooling.

use crate::{Mistake, Part, Shape, Site, Text};

/// A window that slides over an image; each option is `[height, width]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Size of the window, in elements.
    pub kernel: [usize; 2],
    /// Distance between windows.
    pub stride: [usize; 2],
    /// Rows and columns added at each side.
    pub padding: [usize; 2],
    /// Distance between elements of the window.
    pub dilation: [usize; 2],
    /// Whether to keep a last window that extends beyond the padded input, PyTorch's `ceil_mode`.
    pub ceil: bool,
}

/// The adjective for a window's extent along an axis of an image, or along the length of a sequence.
const fn extent(axis: usize, input: &Shape) -> &'static str {
    match (axis, input.rank()) {
        (_, 2) => "long",
        (0, _) => "high",
        _ => "wide",
    }
}

/// Height or width; a sequence `[channels, length]` counts as an image of height 1.
pub(crate) const fn size(axis: usize, input: &Shape) -> usize {
    if input.rank() == 3 {
        input.dim(axis + 1)
    } else if axis == 0 {
        1
    } else {
        input.dim(1)
    }
}

impl Window {
    /// The number of rows (columns) that the window spans: `dilation * (kernel - 1) + 1`.
    pub const fn span(&self, axis: usize) -> usize {
        self.dilation[axis].saturating_mul(self.kernel[axis].saturating_sub(1)).saturating_add(1)
    }

    /// The number of windows along an axis of `size`: `floor((size + 2 padding - span) / stride) + 1`. With `ceil` it is rounded up, if the last
    /// window starts inside the input or the leading padding, as in PyTorch.
    pub const fn steps(&self, axis: usize, size: usize) -> usize {
        let room = size + 2 * self.padding[axis] - self.span(axis);
        let stride = self.stride[axis];
        if !self.ceil {
            return room / stride + 1;
        }
        let steps = room.div_ceil(stride) + 1;
        if (steps - 1) * stride >= size + self.padding[axis] { steps - 1 } else { steps }
    }

    /// Checks the options and the input's size and returns the output's height and width.
    pub(crate) const fn slide(&self, input: &Shape, site: &Site) -> Result<[usize; 2], Mistake> {
        if let Some(mistake) = positive(site, self.kernel, self.stride, self.dilation) {
            return Err(mistake);
        }
        let mut out = [0; 2];
        let mut axis = 0;
        while axis < 2 {
            let size = size(axis, input);
            let padded = size.saturating_add(self.padding[axis].saturating_mul(2));
            // Larger than any memory, and the sums below would overflow.
            if padded > usize::MAX / 4 {
                return Err(Mistake::new(
                    Part::Option("padding"),
                    site.start().str(" pads its input to a size that does not fit in memory"),
                ));
            }
            if self.span(axis) > padded {
                return Err(self.too_large(axis, input, padded, site));
            }
            out[axis] = self.steps(axis, size);
            axis += 1;
        }
        Ok(out)
    }

    const fn too_large(&self, axis: usize, input: &Shape, padded: usize, site: &Site) -> Mistake {
        let mut text = site.start().str(" has a kernel ").num(self.kernel[axis]).str(" ").str(extent(axis, input));
        if self.dilation[axis] != 1 {
            text = text.str(" that spans ").num(self.span(axis)).str(" with dilation ").num(self.dilation[axis]);
        }
        text = site.received(text.str(", but receives "), input);
        if self.padding[axis] > 0 {
            text = text.str(", ").num(padded).str(" ").str(extent(axis, input)).str(" with its padding");
        }
        let help = if self.dilation[axis] != 1 {
            Text::new()
                .str("use a smaller kernel or dilation, or pad with `padding = ")
                .num((self.span(axis) - size(axis, input)).div_ceil(2))
                .str("`")
        } else {
            Text::new()
                .str("use a kernel of at most ")
                .num(padded)
                .str(", or pad with `padding = ")
                .num((self.span(axis) - size(axis, input)).div_ceil(2))
                .str("`")
        };
        // A pool's padding is at most half its kernel; convolutions allow any.
        Mistake::new(Part::Option("kernel"), text).help(help)
    }
}

/// A mistake if a number of any of these options is zero.
pub(crate) const fn positive(site: &Site, kernel: [usize; 2], stride: [usize; 2], dilation: [usize; 2]) -> Option<Mistake> {
    if let Some(mistake) = zero(site, "kernel", Part::Option("kernel"), kernel) {
        return Some(mistake);
    }
    if let Some(mistake) = zero(site, "stride", Part::Option("stride"), stride) {
        return Some(mistake);
    }
    zero(site, "dilation", Part::Option("dilation"), dilation)
}

/// A mistake if either number of an option is zero.
const fn zero(site: &Site, option: &str, part: Part, pair: [usize; 2]) -> Option<Mistake> {
    if pair[0] != 0 && pair[1] != 0 {
        return None;
    }
    Some(Mistake::new(part, site.start().str(" has a ").str(option).str(" of 0; it must be at least 1")))
}

/// Refuses what is not `[channels, height, width]`.
pub(crate) const fn image(input: &Shape, site: &Site) -> Option<Mistake> {
    if input.rank() == 3 {
        return None;
    }
    let text = site.received(site.start().str(" expects an image [channels, height, width], but receives "), input);
    let mistake = Mistake::new(Part::Layer, text);
    if site.flattened.is_some() {
        return Some(mistake.help(Text::new().str("put it before ").name(site.source).str(", which removes the image's axes")));
    }
    if !site.source.is_empty() {
        return Some(mistake);
    }
    // The network's own input: a missing channel axis or an added batch axis is likely.
    let help = Text::new();
    Some(match *input.dims() {
        [height, width] => mistake.help(
            help.str("write `").shape(&Shape::new(&[1, height, width])).str("` for the network's input, which includes the channels"),
        ),
        [_, channels, height, width] => mistake.help(
            help.str("write `")
                .shape(&Shape::new(&[channels, height, width]))
                .str("` for the network's input: the batch is not part of a shape"),
        ),
        _ => mistake,
    })
}

/// Refuses what is not `[channels, length]`.
pub(crate) const fn line(input: &Shape, site: &Site) -> Option<Mistake> {
    if input.rank() == 2 {
        return None;
    }
    let text = site.received(site.start().str(" expects a sequence [channels, length], but receives "), input);
    let mistake = Mistake::new(Part::Layer, text);
    Some(if input.rank() == 3 {
        mistake.help(Text::new().str("for images, use the layer of this kind whose name ends in `2d`"))
    } else {
        mistake
    })
}

//! Output sizes of pooling layers.

use super::window::Window;
use crate::{Mistake, Part, Shape, Site, Text};

/// The output's shape of a pool with this window.
pub(crate) const fn pool(window: &Window, input: &Shape, site: &Site) -> Result<Shape, Mistake> {
    let mut axis = 0;
    while axis < 2 {
        // PyTorch's own limit: beyond it a window could contain padding alone, even with a dilation of 1.
        if window.padding[axis] > window.kernel[axis] / 2 && window.kernel[axis] > 0 {
            let text = site
                .start()
                .str(" has a padding of ")
                .num(window.padding[axis])
                .str(", more than half its kernel of ")
                .num(window.kernel[axis]);
            let help = Text::new().str("use a padding of at most ").num(window.kernel[axis] / 2);
            return Err(Mistake::new(Part::Option("padding"), text).help(help));
        }
        axis += 1;
    }
    match window.slide(input, site) {
        Ok([_, length]) if input.rank() == 2 => Ok(Shape::new(&[input.dim(0), length])),
        Ok([height, width]) => Ok(Shape::new(&[input.dim(0), height, width])),
        Err(mistake) => Err(mistake),
    }
}

//! Reductions over axes.

use super::axis;
use crate::ops::Sizes;
use crate::{Mistake, Part, Shape, Site, Text};

/// The shape without these axes.
pub(crate) const fn without(axes: &Sizes, input: &Shape, site: &Site) -> Result<Shape, Mistake> {
    let mut i = 0;
    while i < axes.len() {
        if let Some(mistake) = axis::check(axes.get(i), Part::Option("axes"), input, site) {
            return Err(mistake);
        }
        let mut before = 0;
        while before < i {
            if axes.get(before) == axes.get(i) {
                return Err(Mistake::new(Part::Option("axes"), site.start().str(" names axis ").num(axes.get(i)).str(" twice")));
            }
            before += 1;
        }
        i += 1;
    }
    if axes.len() == input.rank() {
        let text = site.received(site.start().str(" removes all axes of "), input);
        return Err(Mistake::new(Part::Option("axes"), text).help(Text::new().str("at least one axis must remain")));
    }
    let mut output = Sizes::NONE;
    let mut i = 0;
    while i < input.rank() {
        if !axes.contains(i) {
            output = output.push(input.dim(i));
        }
        i += 1;
    }
    Ok(output.shape())
}

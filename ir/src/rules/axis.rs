//! Checks of axes.

use crate::{INFER, Mistake, Part, Shape, Site, Text};

/// Refuses an axis that the input does not have.
pub(crate) const fn check(axis: usize, part: Part, input: &Shape, site: &Site) -> Option<Mistake> {
    if axis < input.rank() {
        return None;
    }
    let text = site.received(site.start().str(" acts along axis ").num(axis).str(", but receives "), input);
    Some(Mistake::new(part, text).help(last(input)))
}

/// The help that names the last axis.
pub(crate) const fn last(input: &Shape) -> Text {
    Text::new().str("write `").num(input.rank().saturating_sub(1)).str("` for the last axis; axes are counted from 0, without the batch")
}

/// The given axis, or the only axis of the input if none is given.
pub(crate) const fn of(axis: usize, input: &Shape, site: &Site) -> Result<usize, Mistake> {
    if axis == INFER {
        if input.rank() == 1 {
            return Ok(0);
        }
        let text = site.received(site.start().str(" needs an `axis`, since it receives "), input);
        let help = Text::new()
            .str("write `axis = ")
            .num(input.rank().saturating_sub(1))
            .str("` for the last axis, or `axis = 0` for the first, without the batch");
        return Err(Mistake::new(Part::Layer, text).help(help));
    }
    match check(axis, Part::Option("axis"), input, site) {
        Some(mistake) => Err(mistake),
        None => Ok(axis),
    }
}

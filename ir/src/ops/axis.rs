//! What is said of axes.

use crate::{Mistake, Part, Shape, Site, Text};

/// Refuses an axis that the input does not have.
pub(super) const fn check(axis: usize, part: Part, input: &Shape, site: &Site) -> Option<Mistake> {
    if axis < input.rank() {
        return None;
    }
    let text = site.received(site.start().str(" acts along axis ").num(axis).str(", but receives "), input);
    let help = Text::new().str("axes are counted from 0, without the batch: the last one here is ").num(input.rank().saturating_sub(1));
    Some(Mistake::new(part, text).help(help))
}

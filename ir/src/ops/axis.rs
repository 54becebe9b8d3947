//! What is said of axes.

use crate::{Mistake, Part, Shape, Site, Text};

/// Refuses an axis that the input does not have.
pub(super) const fn check(axis: usize, part: Part, input: &Shape, site: &Site) -> Option<Mistake> {
    if axis < input.rank() {
        return None;
    }
    let text = site.received(site.start().str(" acts along axis ").num(axis).str(", but receives "), input);
    Some(Mistake::new(part, text).help(last(input)))
}

/// What to write for the last axis.
pub(super) const fn last(input: &Shape) -> Text {
    Text::new().str("write `").num(input.rank().saturating_sub(1)).str("` for the last axis: they are counted from 0, without the batch")
}

//! Drop probabilities.

use crate::{Mistake, Part, Site};

/// Refuses a number outside 0..1. `what` is dropped: "an element".
pub(crate) const fn check(p: f64, what: &str, site: &Site) -> Option<Mistake> {
    if p >= 0.0 && p < 1.0 {
        return None;
    }
    let text = site.start();
    let text = if p == 1.0 {
        text.str(" would drop everything: `p` is the probability of dropping ").str(what).str(" and must be less than 1")
    } else {
        text.str(" has a `p` of ").float(p).str(", outside 0..1; it is the probability of dropping ").str(what)
    };
    Some(Mistake::new(Part::Option("p"), text))
}

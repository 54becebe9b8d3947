//! Reused layers, which share the tensors of an earlier one.

use crate::{Mistake, Op, Part, Site, Text};

/// Checks that `op`, at `site` and with all sizes inferred, can use the tensors of `owner`, the layer `name`.
///
/// # Errors
/// On [`Part::Layer`], if a tensor has another shape, or only one of the two has it.
pub const fn check_shared(op: &Op, owner: &Op, name: &str, site: &Site) -> Result<(), Mistake> {
    let (own, theirs) = (op.params(), owner.params());
    let (own, theirs) = (own.as_slice(), theirs.as_slice());
    let mut i = 0;
    while i < own.len() && i < theirs.len() {
        if !own[i].shape.same(&theirs[i].shape) {
            let text = site.start().str(" reuses ").name(name).str(", whose ").str(own[i].name).str(" is ").shape(&theirs[i].shape);
            let text = site.from(text.str(", but its input ")).str(" needs ").shape(&own[i].shape);
            return Err(Mistake::new(Part::Layer, text));
        }
        i += 1;
    }
    if i < own.len() {
        let text = site.start().str(" reuses ").name(name).str(", which has no ").str(own[i].name);
        let help = Text::new().str("write `").str(own[i].name).str(" = false`");
        return Err(Mistake::new(Part::Layer, text).help(help));
    }
    if i < theirs.len() {
        let text = site.start().str(" reuses ").name(name).str(", whose ").str(theirs[i].name).str(" it has no use for");
        return Err(Mistake::new(Part::Layer, text));
    }
    Ok(())
}

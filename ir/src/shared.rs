//! Layers that are applied again with the tensors of an earlier one.

use crate::{Mistake, Op, Part, Site};

/// Checks that `op`, which stands at `site` with nothing left to infer, can use the tensors of `owner`, a layer of the name `name`.
///
/// # Errors
/// On [`Part::Layer`], if a tensor would have another shape.
pub const fn check_shared(op: &Op, owner: &Op, name: &str, site: &Site) -> Result<(), Mistake> {
    let (own, theirs) = (op.params(), owner.params());
    let (own, theirs) = (own.as_slice(), theirs.as_slice());
    let mut i = 0;
    while i < own.len() && i < theirs.len() {
        if !own[i].shape.same(&theirs[i].shape) {
            let text = site.start().str(" applies ").name(name).str(" again, whose ").str(own[i].name).str(" is ").shape(&theirs[i].shape);
            let text = site.from(text.str("; for what it receives ")).str(" it would have to be ").shape(&own[i].shape);
            return Err(Mistake::new(Part::Layer, text));
        }
        i += 1;
    }
    Ok(())
}

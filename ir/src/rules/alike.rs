//! Elementwise joins: values of the same shape, or of sizes that are repeated.

use crate::{Mistake, Part, Shape, Site, Text};

/// The shape of elementwise joined `inputs`, by PyTorch's rule of broadcasting for values with equally many axes: along each axis the sizes are equal, or
/// 1, which is repeated. `verb` says what the layer does with them, such as "adds".
pub(crate) const fn joined(verb: &str, inputs: &[Shape], site: &Site) -> Result<Shape, Mistake> {
    if let Some(mistake) = too_few(verb, inputs, site) {
        return Err(mistake);
    }
    let mut shape = inputs[0];
    let mut i = 1;
    while i < inputs.len() {
        let (next, fits) = repeated(&shape, &inputs[i]);
        if !fits || (site.exact && !inputs[i].same(&shape)) {
            let help = advice(&inputs[0], &inputs[i], site.exact);
            return Err(Mistake::new(Part::Branch(i), apart(verb, inputs, i, site)).help(help));
        }
        shape = next;
        i += 1;
    }
    Ok(shape)
}

/// The common shape of `inputs`, which must be equal. `advice` completes the help if they differ.
pub(crate) const fn equal(verb: &str, advice: &str, inputs: &[Shape], site: &Site) -> Result<Shape, Mistake> {
    if let Some(mistake) = too_few(verb, inputs, site) {
        return Err(mistake);
    }
    let mut i = 1;
    while i < inputs.len() {
        if !inputs[i].same(&inputs[0]) {
            let help = Text::new().str("the shapes must be equal; ").str(advice);
            return Err(Mistake::new(Part::Branch(i), apart(verb, inputs, i, site)).help(help));
        }
        i += 1;
    }
    Ok(inputs[0])
}

/// Refuses a join of less than two values.
pub(crate) const fn too_few(verb: &str, inputs: &[Shape], site: &Site) -> Option<Mistake> {
    if inputs.len() >= 2 {
        return None;
    }
    let text = site.start().str(" ").str(verb).str(" two or more values, but receives ").num(inputs.len());
    Some(Mistake::new(Part::Layer, text))
}

/// The shape in which both fit, and whether there is one.
const fn repeated(a: &Shape, b: &Shape) -> (Shape, bool) {
    let mut shape = *a;
    let mut fits = a.rank() == b.rank();
    let mut axis = 0;
    while fits && axis < a.rank() {
        if a.dim(axis) == 1 {
            shape = shape.with_dim(axis, b.dim(axis));
        }
        fits = b.dim(axis) == 1 || b.dim(axis) == shape.dim(axis);
        axis += 1;
    }
    (shape, fits)
}

/// "`add_1` adds [6, 8, 8] from `a` and [4, 8, 8] from `b`"
const fn apart(verb: &str, inputs: &[Shape], i: usize, site: &Site) -> Text {
    let text = site.start().str(" ").str(verb).str(" ").shape(&inputs[0]).str(" ");
    let text = site.from_nth(text, 0).str(" and ").shape(&inputs[i]).str(" ");
    site.from_nth(text, i)
}

const fn advice(first: &Shape, other: &Shape, exact: bool) -> Text {
    let help = Text::new();
    if first.rank() != other.rank() {
        let (small, large) = if first.rank() < other.rank() { (first, other) } else { (other, first) };
        if !exact && leads(small, large) {
            let mut help = help.str("`Reshape` ").shape(small).str(" to [");
            let mut axis = 0;
            while axis < large.rank() {
                help = if axis > 0 { help.str(", ") } else { help };
                help = if axis < small.rank() { help.num(small.dim(axis)) } else { help.str("1") };
                axis += 1;
            }
            return help.str("], which is repeated along the other axes");
        }
        return help.str("both must have equally many axes");
    }
    let help = help.str(if exact { "the shapes must be equal; " } else { "the sizes must be equal, or 1 to be repeated; " });
    if other.rank() == 3 {
        return help
            .str("a `Conv2d` with ")
            .count(first.dim(0), "output channel")
            .str(", strided if needed, changes the shape of an image");
    }
    help.str("change one of the branches")
}

/// Whether the axes of `small` are the first ones of `large`: a number for each channel of an image.
const fn leads(small: &Shape, large: &Shape) -> bool {
    let mut axis = 0;
    while axis < small.rank() {
        if small.dim(axis) != large.dim(axis) {
            return false;
        }
        axis += 1;
    }
    true
}

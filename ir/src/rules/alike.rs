//! Elementwise joins: values of the same shape.

use crate::{Mistake, Part, Shape, Site, Text};

/// The common shape of `inputs`. `verb` says what the layer does with them, such as "adds"; `advice` completes the help if the shapes differ.
pub(crate) const fn check(verb: &str, advice: &str, inputs: &[Shape], site: &Site) -> Result<Shape, Mistake> {
    if let Some(mistake) = too_few(verb, inputs, site) {
        return Err(mistake);
    }
    let mut i = 1;
    while i < inputs.len() {
        if !inputs[i].same(&inputs[0]) {
            let text = site.start().str(" ").str(verb).str(" ").shape(&inputs[0]).str(" ");
            let text = site.from_nth(text, 0).str(" and ").shape(&inputs[i]).str(" ");
            let help = Text::new().str("the shapes must be equal; ");
            let help = if !advice.is_empty() {
                help.str(advice)
            } else if inputs[i].rank() == 3 && inputs[0].rank() == 3 {
                help.str("a `Conv2d` with ")
                    .count(inputs[0].dim(0), "output channel")
                    .str(", strided if needed, changes the shape of an image")
            } else {
                help.str("change one of the branches")
            };
            return Err(Mistake::new(Part::Branch(i), site.from_nth(text, i)).help(help));
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

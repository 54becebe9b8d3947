//! Flattening.

use super::prelude::*;

operation! {
    /// Flattens all axes of a sample into one, in row-major order: `[channels, height, width]` becomes `[channels * height * width]`.
    pub struct Flatten("Flatten"): Shape {
    }
    has(infer)
    torch: &["start_dim: -", "end_dim: -"],
    others: &["ravel"],
    outline: Outline::Flat,
    example: "Flatten",
}

impl Flatten {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if input.len() == usize::MAX {
            return Err(Mistake::new(Part::Layer, site.received(site.start().str(" cannot flatten "), input)));
        }
        Ok((self, Shape::new(&[input.len()])))
    }
}

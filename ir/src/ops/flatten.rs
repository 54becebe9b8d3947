//! Flattening.

use crate::{Mistake, Part, Shape, Site};

/// All axes of a sample into one, in row-major order: `[channels, height, width]` becomes `[channels * height * width]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Flatten {}

impl Flatten {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if input.len() == usize::MAX {
            return Err(Mistake::new(Part::Layer, site.received(site.start().str(" cannot count the elements of "), input)));
        }
        Ok((self, Shape::new(&[input.len()])))
    }
}

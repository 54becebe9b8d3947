//! Means and maxima over axes.

use super::{Sizes, axis};
use crate::{Mistake, Part, Shape, Site, Text};

/// The mean over some axes, which are gone from the output: PyTorch's `mean(dim)`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Mean {
    /// The axes, counted from 0 without the batch.
    pub axes: Sizes,
}

/// The maximum over some axes, which are gone from the output: PyTorch's `amax(dim)`. Of equal elements each receives the same share of the
/// gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Amax {
    /// The axes, counted from 0 without the batch.
    pub axes: Sizes,
}

impl Mean {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match without(&self.axes, input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}

impl Amax {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match without(&self.axes, input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}

/// The shape without these axes.
const fn without(axes: &Sizes, input: &Shape, site: &Site) -> Result<Shape, Mistake> {
    let mut i = 0;
    while i < axes.len() {
        if let Some(mistake) = axis::check(axes.get(i), Part::Axes, input, site) {
            return Err(mistake);
        }
        let mut before = 0;
        while before < i {
            if axes.get(before) == axes.get(i) {
                return Err(Mistake::new(Part::Axes, site.start().str(" names axis ").num(axes.get(i)).str(" twice")));
            }
            before += 1;
        }
        i += 1;
    }
    if axes.len() == input.rank() {
        let text = site.received(site.start().str(" leaves no axis of "), input);
        return Err(Mistake::new(Part::Axes, text).help(Text::new().str("one axis must stay: it is not named")));
    }
    let mut output = Sizes::NONE;
    let mut i = 0;
    while i < input.rank() {
        if !axes.contains(i) {
            output = output.push(input.dim(i));
        }
        i += 1;
    }
    Ok(output.shape())
}

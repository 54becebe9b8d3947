//! Softmax and its logarithm.

use super::axis;
use crate::{INFER, Mistake, Part, Shape, Site, Text};

/// `exp(x) / sum(exp(x))` along an axis. Any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Softmax {
    /// The axis, the batch not counted: 0 is the channels of an image. [`INFER`] takes the only one there is.
    pub axis: usize,
}

/// `x - log(sum(exp(x)))` along an axis. Any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LogSoftmax {
    /// The axis, the batch not counted: 0 is the channels of an image. [`INFER`] takes the only one there is.
    pub axis: usize,
}

impl Softmax {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match check_axis(self.axis, input, site) {
            Ok(axis) => Ok((Self { axis }, *input)),
            Err(mistake) => Err(mistake),
        }
    }
}

impl LogSoftmax {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match check_axis(self.axis, input, site) {
            Ok(axis) => Ok((Self { axis }, *input)),
            Err(mistake) => Err(mistake),
        }
    }
}

pub(super) const fn check_axis(axis: usize, input: &Shape, site: &Site) -> Result<usize, Mistake> {
    if axis == INFER {
        if input.rank() == 1 {
            return Ok(0);
        }
        let text = site.received(site.start().str(" must be told its axis, since it receives "), input);
        let help = Text::new()
            .str("write `axis = ")
            .num(input.rank().saturating_sub(1))
            .str("` for the last, or `axis = 0` for the first, the batch not counted");
        return Err(Mistake::new(Part::Layer, text).help(help));
    }
    match axis::check(axis, Part::Axis, input, site) {
        Some(mistake) => Err(mistake),
        None => Ok(axis),
    }
}

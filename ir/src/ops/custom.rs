//! A custom layer, of which the graph knows only the output's shape.

use super::prelude::*;
use crate::spec::Spec;

/// A custom layer: the user's own module, or one of dfdx. The network calls it; its tensors are not part of the graph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Custom {
    /// The output's shape, as the network states it.
    pub output: Shape,
}

impl Custom {
    /// Its specification, which has no options.
    pub const SPEC: Spec = Spec { kind: "Custom", variant: "Custom", inputs: Inputs::Any, outline: Outline::Unknown, ..Spec::PLAIN };

    pub(crate) const fn infer_all(self, _: &[Shape], _: &Site) -> Result<(Self, Shape), Mistake> {
        Ok((self, self.output))
    }
}

structural!(Custom[infer_all]);

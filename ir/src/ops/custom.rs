//! A layer that the graph knows nothing of but what it gives.

use super::prelude::*;
use crate::spec::Spec;

/// A module of the user's own or of dfdx. The network that it stands in calls it; its tensors are no part of the graph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Custom {
    /// What it gives, as the network states it.
    pub output: Shape,
}

impl Custom {
    /// Its specification; it has no options that could be written.
    pub const SPEC: Spec = Spec { kind: "Custom", variant: "Custom", inputs: Inputs::Any, outline: Outline::Unknown, ..Spec::PLAIN };

    pub(crate) const fn infer_all(self, _: &[Shape], _: &Site) -> Result<(Self, Shape), Mistake> {
        Ok((self, self.output))
    }
}

structural!(Custom[infer_all]);

//! Applying all shape rules again.

use crate::{Graph, Shape, Site, blame_all};

const MOST_INPUTS: usize = 16;

impl Graph {
    /// The graph itself, after applying all shape rules again: generated code calls this for a network with generic parameters, whose sizes
    /// the macro does not know.
    ///
    /// # Panics
    /// With the rule's message, if a layer does not accept its input, or its output differs from the graph; at compile time, since
    /// it is called in constants.
    #[must_use]
    pub const fn verified(&'static self) -> &'static Self {
        let mut index = 0;
        while index < self.nodes().len() {
            let node = &self.nodes()[index];
            let values = node.inputs();
            assert!(values.len() <= MOST_INPUTS, "a layer of a network with generic parameters takes at most 16 values");
            let mut shapes = [Shape::UNKNOWN; MOST_INPUTS];
            let mut i = 0;
            while i < values.len() {
                shapes[i] = *self.shape(values[i]);
                i += 1;
            }
            let site = Site { layer: node.name(), source: self.source(values[0]), flattened: None, others: &[], exact: false };
            let outcome = node.op.infer(shapes.split_at(values.len()).0, &site);
            blame_all(&outcome);
            index += 1;
        }
        self
    }
}

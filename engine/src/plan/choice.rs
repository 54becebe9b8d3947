//! Which layout a plan has.

use layercake_ir::Graph;

use super::Key;
use crate::Mode;

/// Which axis of the values is innermost in memory, and so fills the vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The images of a lane. A batch is divided into lanes, each of which a thread takes through the network.
    Images,
    /// The channels of a position. All threads work on one layer at a time, so a single image fills both vectors and threads. For inference.
    Channels,
}

/// The layout of a plan. It follows from the graph, the batch and the mode, so that the bits do.
pub fn layout(_graph: &Graph, key: Key) -> Layout {
    match key.layout {
        Some(layout) if key.mode == Mode::Infer => layout,
        _ => Layout::Images,
    }
}

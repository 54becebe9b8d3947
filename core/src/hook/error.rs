//! Errors of hooks.

use std::fmt::Display;

use layercake_ir::{Graph, Mistake};

use super::At;
use crate::GraphError;

/// Why a network cannot run with hooks. `Err` is the device's error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HookError<Err: Display> {
    /// The network has no layer of this name.
    #[error("`{graph}` has no layer `{layer}`{}", near(.nearest, .known))]
    UnknownLayer {
        /// The network's name.
        graph: String,
        /// The name.
        layer: String,
        /// The names that are most like it.
        nearest: Vec<String>,
        /// All names.
        known: Vec<String>,
    },
    /// The layer has fewer inputs or outputs.
    #[error("`{graph}` has no {at}: the layer has {count}")]
    Number {
        /// The network's name.
        graph: String,
        /// The place.
        at: At,
        /// The number of its inputs or outputs.
        count: usize,
    },
    /// The value consists of token ids, which have no gradient and cannot be changed.
    #[error("{at} of `{graph}` holds token ids; a hook needs numbers, such as the output of the embedding")]
    TokenIds {
        /// The network's name.
        graph: String,
        /// The place.
        at: At,
    },
    /// A hook gave a tensor of another shape.
    #[error("the hook at {at} of `{graph}` receives {expected:?}, but gives {found:?}")]
    Shape {
        /// The network's name.
        graph: String,
        /// The place.
        at: At,
        /// The sizes that it received, batch axis first.
        expected: Vec<usize>,
        /// The sizes that it gave.
        found: Vec<usize>,
    },
    /// A layer does not accept inputs of this size.
    #[error("`{graph}` cannot take inputs of this size: {}", .mistake.text)]
    Size {
        /// The network's name.
        graph: String,
        /// What the layer says.
        mistake: Box<Mistake>,
    },
    /// The network cannot run on these inputs, or the device failed.
    #[error(transparent)]
    Run(GraphError<Err>),
}

impl<Err: Display + 'static> From<Err> for HookError<Err> {
    fn from(error: Err) -> Self {
        Self::Run(GraphError::from(error))
    }
}

impl<Err: Display> HookError<Err> {
    /// No layer of a graph has this name.
    pub(crate) fn unknown(graph: &Graph, layer: &str) -> Self {
        let inputs = graph.inputs().iter().map(|port| port.name.to_string());
        let mut known: Vec<String> = inputs.chain(graph.nodes().iter().map(|node| node.name.to_string())).collect();
        known.dedup();
        // At most half of the characters differ.
        let mut nearest: Vec<(usize, &String)> = known.iter().map(|name| (strsim::damerau_levenshtein(layer, name), name)).collect();
        nearest.retain(|(distance, name)| 2 * distance <= layer.len().max(name.len()));
        nearest.sort_by_key(|(distance, _)| *distance);
        let nearest = nearest.into_iter().take(3).map(|(_, name)| name.clone()).collect();
        Self::UnknownLayer { graph: graph.name.to_string(), layer: layer.to_owned(), nearest, known }
    }
}

/// What to write instead of an unknown name.
fn near(nearest: &[String], known: &[String]) -> String {
    let list = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match nearest {
        [] => format!("; it has {}", list(known)),
        names => format!("; did you mean {}?", list(names)),
    }
}

//! What can be wrong with the text of a graph.

use layercake_ir::{Mistake, Shape};

/// A text is no graph, or a graph cannot be a text. Every message names the place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// More text than any graph needs.
    #[error("larger than the {most} bytes that are read of a graph")]
    Long {
        /// The limit.
        most: usize,
    },
    /// No JSON, or JSON with a field twice, or with a number that no size can have.
    #[error("not valid JSON: {reason}")]
    Syntax {
        /// What is wrong, and at which line and column.
        reason: String,
    },
    /// Something other than a graph.
    #[error("not a graph: expected the format \"layercake-graph\", found {found}")]
    Format {
        /// The format it claims to have.
        found: String,
    },
    /// A version that is not known.
    #[error("expected version {expected}, found {found}")]
    Version {
        /// The version that is read.
        expected: u64,
        /// The file's.
        found: String,
    },
    /// A field that must be there is not.
    #[error("{place}: the field `{field}` is missing")]
    Missing {
        /// The network, or one of its inputs, nodes or outputs.
        place: String,
        /// The field.
        field: String,
    },
    /// A field that should not be there.
    #[error("{place}: unknown field `{field}`")]
    Unknown {
        /// The network, or one of its inputs, nodes or outputs.
        place: String,
        /// The field.
        field: String,
    },
    /// A field holds something else.
    #[error("{place}: `{field}`: expected {expected}, found {found}")]
    Type {
        /// The network, or one of its inputs, nodes or outputs.
        place: String,
        /// The field.
        field: String,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// An operation that is not known.
    #[error("{place}: unknown operation `{found}`; there are: {known}")]
    Operation {
        /// The node.
        place: String,
        /// Its operation.
        found: String,
        /// All operations.
        known: String,
    },
    /// An operation's options do not fit it.
    #[error("{place}: {reason}")]
    Options {
        /// The node.
        place: String,
        /// What is wrong with them.
        reason: String,
    },
    /// A name that names nothing.
    #[error("{place}: {reason}, found `{found}`")]
    Name {
        /// The node or output.
        place: String,
        /// What was expected.
        reason: &'static str,
        /// The name.
        found: String,
    },
    /// The output that is stated is not the one that the rule gives.
    #[error("{place}: said to give {stated}, but gives {found}")]
    Shape {
        /// The node.
        place: String,
        /// The shape in the file.
        stated: Shape,
        /// The shape that the operation gives.
        found: Shape,
    },
    /// The graph breaks a rule.
    #[error("{mistake}")]
    Rule {
        /// Which, and where.
        mistake: Box<Mistake>,
    },
    /// Too many of something.
    #[error("{found} {what}; at most {most} are read")]
    Many {
        /// Of what.
        what: &'static str,
        /// The limit.
        most: u64,
        /// How many there are.
        found: u64,
    },
    /// A graph that would not be the same when it is read again.
    #[error("the graph `{name}` cannot be written: {reason}")]
    Unwritable {
        /// The graph's name.
        name: String,
        /// Why not.
        reason: String,
    },
}

impl From<Mistake> for JsonError {
    fn from(mistake: Mistake) -> Self {
        Self::Rule { mistake: Box::new(mistake) }
    }
}

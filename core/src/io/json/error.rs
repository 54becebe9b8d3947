//! Errors of graphs as JSON.

use layercake_ir::{Mistake, Shape};

/// Why a text is not a graph, or a graph cannot be written as text. Messages name the place in the graph.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The text is too long.
    #[error("longer than {limit} bytes, the limit for a graph")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// The text is not JSON, or has a duplicate field or a number that is too large.
    #[error("not valid JSON: {reason}")]
    Syntax {
        /// The reason, with line and column.
        reason: String,
    },
    /// The text is JSON, but not a graph.
    #[error("not a graph: expected the format \"layercake-graph\", found {found}")]
    Format {
        /// The format that the text states.
        found: String,
    },
    /// The version is not supported.
    #[error("expected version {expected}, found {found}")]
    Version {
        /// The version that is supported.
        expected: u64,
        /// The version in the text.
        found: String,
    },
    /// A required field is missing.
    #[error("{place}: the field `{field}` is missing")]
    Missing {
        /// The network, or one of its inputs, nodes or outputs.
        place: String,
        /// The field.
        field: String,
    },
    /// A field is not known.
    #[error("{place}: unknown field `{field}`")]
    Unknown {
        /// The network, or one of its inputs, nodes or outputs.
        place: String,
        /// The field.
        field: String,
    },
    /// A field has a value of the wrong type.
    #[error("{place}: `{field}`: expected {expected}, found {found}")]
    Type {
        /// The network, or one of its inputs, nodes or outputs.
        place: String,
        /// The field.
        field: String,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// The operation is not known.
    #[error("{place}: unknown operation `{found}`; expected one of: {known}")]
    Operation {
        /// The node.
        place: String,
        /// The operation that was found.
        found: String,
        /// All known operations.
        known: String,
    },
    /// The options do not fit the operation.
    #[error("{place}: {reason}")]
    Options {
        /// The node.
        place: String,
        /// The reason.
        reason: String,
    },
    /// A name does not refer to a value.
    #[error("{place}: {reason}, found `{found}`")]
    Name {
        /// The node or output.
        place: String,
        /// What was expected.
        reason: &'static str,
        /// The name that was found.
        found: String,
    },
    /// The number of stated outputs is not the number of the operation's outputs.
    #[error("{place}: the operation has {found} outputs, but the file lists {stated}")]
    Outputs {
        /// The node.
        place: String,
        /// The number in the file.
        stated: usize,
        /// The number of the operation's outputs.
        found: usize,
    },
    /// A stated output shape is not the one that the operation returns.
    #[error("{place}: states the output {stated}, but the operation returns {found}")]
    Shape {
        /// The node.
        place: String,
        /// The shape in the file.
        stated: Shape,
        /// The shape that the operation returns.
        found: Shape,
    },
    /// The graph violates a shape rule.
    #[error("{mistake}")]
    Rule {
        /// The mistake.
        mistake: Box<Mistake>,
    },
    /// A limit is exceeded.
    #[error("{found} {what}; the limit is {limit}")]
    TooMany {
        /// What is limited.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// The number that was found.
        found: u64,
    },
    /// The text would not read back as the same graph.
    #[error("the graph `{name}` cannot be written: {reason}")]
    Unwritable {
        /// The graph's name.
        name: String,
        /// The reason.
        reason: String,
    },
}

impl From<Mistake> for JsonError {
    fn from(mistake: Mistake) -> Self {
        Self::Rule { mistake: Box::new(mistake) }
    }
}

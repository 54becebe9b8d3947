//! Errors of embeddings.

/// Why points cannot be embedded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddingError {
    /// The numbers are not rows of this length.
    #[error("{numbers} numbers are not rows of {dims}; expected at least one dimension, and as many numbers in each row")]
    Rows {
        /// How many numbers there are.
        numbers: usize,
        /// The length of a row.
        dims: usize,
    },
    /// A number is NaN or infinite.
    #[error("point {point} has a coordinate that is not finite")]
    NotFinite {
        /// The point, counted from 0.
        point: usize,
    },
    /// There are more components than points or dimensions.
    #[error("{components} components of {points} points with {dims} dimensions; expected from 1 to the smaller of the two")]
    Components {
        /// How many were asked for.
        components: usize,
        /// The number of points.
        points: usize,
        /// Their dimensions.
        dims: usize,
    },
    /// A setting is out of range.
    #[error("`{option}` is {found}; expected {expected}")]
    Option {
        /// The setting.
        option: &'static str,
        /// What it may be.
        expected: String,
        /// What it is.
        found: f64,
    },
    /// The embedding has another number of points than the data.
    #[error("an embedding of {embedded} points for {points} points")]
    Length {
        /// The number of points.
        points: usize,
        /// The number in the embedding.
        embedded: usize,
    },
}

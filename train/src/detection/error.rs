//! Errors of detection.

use super::BBox;

/// What is wrong with boxes or options.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DetectionError {
    /// Offsets are relative to the size of a box, and this one has none.
    #[error("the box {0} has no area: offsets from it or to it are not defined")]
    NoArea(BBox),
    /// An option is out of range.
    #[error("{option}: expected {expected}, found {found}")]
    Option {
        /// The option.
        option: &'static str,
        /// Valid values.
        expected: String,
        /// What was given.
        found: String,
    },
}

/// An option that is out of range.
pub(super) fn option(option: &'static str, expected: impl ToString, found: impl ToString) -> DetectionError {
    DetectionError::Option { option, expected: expected.to_string(), found: found.to_string() }
}

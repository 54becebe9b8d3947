//! Options that are out of range.

use std::ops::{Range, RangeBounds};

/// An option that is out of its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name} is {value}; it must be {expected}")]
pub struct InvalidOption {
    /// The option.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// The allowed range.
    pub expected: &'static str,
}

/// All finite numbers from 0.
pub(super) const FINITE: Range<f64> = 0.0..f64::INFINITY;

/// Checks that an option is in its range. NaN is in no range.
pub(super) fn in_range(name: &'static str, value: f64, range: impl RangeBounds<f64>) -> Result<(), InvalidOption> {
    if range.contains(&value) {
        return Ok(());
    }
    let expected = if range.contains(&1.0) { "0 or more" } else { "at least 0 and below 1" };
    Err(InvalidOption { name, value, expected })
}

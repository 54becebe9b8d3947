//! Options that no optimizer can go by.

use std::ops::{Range, RangeBounds};

/// An option that is out of its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name} is {value}; it must be {expected}")]
pub struct Setting {
    /// The option.
    pub name: &'static str,
    /// What it is.
    pub value: f64,
    /// What it has to be.
    pub expected: &'static str,
}

/// All that is finite and not below 0.
pub(super) const FINITE: Range<f64> = 0.0..f64::INFINITY;

/// Is an option within its range? NaN is in none.
pub(super) fn setting(name: &'static str, value: f64, range: impl RangeBounds<f64>) -> Result<(), Setting> {
    if range.contains(&value) {
        return Ok(());
    }
    let expected = if range.contains(&1.0) { "0 or more" } else { "between 0 and 1, without 1" };
    Err(Setting { name, value, expected })
}

//! Layercake.

//! The macros of Layercake.

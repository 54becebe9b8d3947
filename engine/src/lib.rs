//! Runs graphs on CPU slices.

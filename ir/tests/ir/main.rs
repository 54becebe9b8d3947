//! Shape rules and graphs.

mod graphs;
mod rules;

//! Losses.

mod cross_entropy;

pub use cross_entropy::{cross_entropy, try_cross_entropy};

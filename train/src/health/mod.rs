//! The health of a training run: what the trainer measures of the layers, and what it warns of.

mod found;
mod layer;
mod units;

pub use found::{Symptom, Warning, warnings};
pub(crate) use found::{UPDATE, first_loss, found, median_step};
pub use layer::LayerHealth;
pub use units::count_units;

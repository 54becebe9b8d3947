//! Training by several ranks: steps measured under `mpirun`, and a model of their exchanges for numbers of ranks that are not at hand.

mod measure;
mod model;

pub use measure::measure;
pub use model::{Link, plan};

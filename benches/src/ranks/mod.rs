//! Training by several ranks: steps measured under `mpirun`, beside those of one process, and a model of their exchanges for numbers of ranks that are not at hand.

mod beside;
mod measure;
mod model;

pub use beside::beside;
pub use measure::{measure, together};
pub use model::{Link, plan};

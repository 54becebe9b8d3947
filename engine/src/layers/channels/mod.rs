//! Layers on values whose channels are innermost, for inference: all threads of the pool work on one layer at a time.
//!
//! The plan asks each operation for its [`Form`] in this layout. One that has none runs as in the other layout, on one thread, and the plan puts a
//! [`Rearrange`] around it.

mod alike;
mod concat;
mod conv;
mod dense;
mod ending;
mod form;
mod gate;
mod norm;
mod places;
mod pool;
mod rearrange;
#[cfg(test)]
mod tests;
mod tiled;

pub use alike::{Joined, Mapped};
pub use concat::Joint;
pub use conv::Conv;
pub use dense::{Positions, Rows};
pub use ending::{Ending, Fold, Next};
pub use form::{Form, Fuses, Order};
pub use gate::Gate;
pub use norm::Scaled;
use places::Places;
pub use pool::Pool;
pub use rearrange::Rearrange;
use tiled::Tiled;

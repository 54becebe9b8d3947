//! What is measured.

mod confusion;
mod epoch;
mod figures;
mod scores;

pub use confusion::Tally;
pub use epoch::Epoch;
pub use figures::{Figures, Running};
pub(crate) use figures::{is_share, shown};
pub use scores::{accuracy, best, best_of_maps, perplexity, top_k};

//! What is measured.

mod confusion;
mod epoch;
mod figures;
mod number;
mod scores;

pub use confusion::Tally;
pub use epoch::Epoch;
pub(crate) use epoch::{exact_epoch, exact_epochs};
pub use figures::{Figures, Running};
pub(crate) use figures::{is_share, kind_of, kinds, shown};
pub use scores::{accuracy, best, best_of_maps, perplexity, top_k};

//! Metrics.

mod confusion;
mod epoch;
mod named;
mod number;
mod scores;

pub use confusion::ConfusionMatrix;
pub use epoch::Epoch;
pub(crate) use epoch::{exact_epoch, exact_epochs};
pub use named::{Metrics, RunningMetrics};
pub(crate) use named::{is_share, kind_of, kinds, shown};
pub use scores::{accuracy, argmax, argmax_maps, perplexity, top_k_accuracy};

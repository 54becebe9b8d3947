//! Metrics.

mod auroc;
mod confusion;
mod epoch;
mod multi_label;
mod named;
mod number;
mod regression;
mod scores;

pub use auroc::{auroc, class_auroc, softmax};
pub use confusion::ConfusionMatrix;
pub use epoch::Epoch;
pub(crate) use epoch::{exact_epoch, exact_epochs};
pub use multi_label::{multi_label_accuracy, multi_label_auroc, multi_label_f1};
pub use named::{Metrics, RunningMetrics};
pub(crate) use named::{is_share, kind_of, kinds, shown};
pub use regression::{mean_absolute_error, r2_score, root_mean_squared_error};
pub use scores::{accuracy, argmax, argmax_maps, perplexity, top_k_accuracy};

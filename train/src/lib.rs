//! Training for Layercake networks: data sets, the training loop, metrics, and what a run leaves behind.
//!
//! ```
//! use layercake::prelude::*;
//! use layercake_train::data::{Loader, Normalise, Split, digits};
//! use layercake_train::{Recipe, Schedule, fit};
//!
//! network! {
//!     Perceptron: [1, 8, 8] -> [10] { Flatten, hidden: Linear(32), Tanh, scores: Linear(10) }
//! }
//!
//! let Split { train, test } = digits();
//! let normalise = Normalise::measure(&train);
//! let recipe = Recipe { epochs: 3, batch_size: 16, lr: 3e-3, schedule: Schedule::Cosine, weight_decay: 0.0, seed: 1 };
//! let train = Loader::new(&train, &normalise, recipe.batch_size);
//! let test = Loader::new(&test, &normalise, 360);
//!
//! let device = Cpu::seed_from_u64(recipe.seed);
//! let mut net = Perceptron::new(&device);
//! let history = fit(&mut net, &device, &train, &test, &recipe, &mut [])?;
//! assert!(history[2].test_accuracy > 0.9);
//! # Ok::<(), layercake_train::TrainError>(())
//! ```
//!
//! [`fit`] is a loop as a user would write it: read it before writing another.

mod bench;
mod classifier;
mod crops;
pub mod data;
mod error;
mod evaluate;
mod fit;
mod metrics;
pub mod neighbours;
mod progress;
pub mod run;
mod schedule;

pub use bench::{Timing, bench};
pub use classifier::{Classifier, ImageBatch, Scores};
pub use crops::{five_crops, predict_five_crops};
pub use error::TrainError;
pub use evaluate::evaluate;
pub use fit::{Observer, Progress, Recipe, fit};
pub use metrics::{Epoch, Tally};
pub use progress::Report;
pub use schedule::Schedule;

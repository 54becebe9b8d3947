//! Training for Layercake networks: data sets, the trainer, metrics, checkpoints, and what a run leaves behind.
//!
//! ```
//! use layercake::optim::{Adam, AdamConfig};
//! use layercake::prelude::*;
//! use layercake_train::data::{Loader, Normalize, Split, digits};
//! use layercake_train::{Classification, Trainer, Until};
//!
//! network! {
//!     Perceptron: [1, 8, 8] -> [10] { Flatten, hidden: Linear(32), Tanh, scores: Linear(10) }
//! }
//!
//! let Split { train, test } = digits();
//! let (classes, normalize) = (train.classes().to_vec(), Normalize::measure(&train));
//! let train = Loader::new(train, 16).shuffle(1).transform(normalize.clone());
//! let test = Loader::new(test, 360).transform(normalize);
//!
//! let device = Cpu::seed_from_u64(1);
//! let mut net = Perceptron::new(&device);
//! let mut optimizer = Adam::new(&net, AdamConfig { lr: 3e-3, ..Default::default() });
//! let mut task = Classification::new("digits", test, &classes)?;
//! let history = Trainer::new(Until::Epochs(3)).fit(&mut net, &device, &mut optimizer, &mut task, &train)?;
//! assert!(history[2].test.get("accuracy") > Some(0.9));
//! # Ok::<(), layercake_train::TrainError>(())
//! ```
//!
//! What a network is trained for is a [`Task`]; the [module of the trainer](Trainer) shows one with several outputs. A loop that is
//! written by hand takes batches from the same loaders: `examples/hand_loop.rs`.

mod bench;
mod checkpoint;
mod crops;
pub mod data;
mod error;
mod metrics;
pub mod neighbors;
pub mod run;
mod trainer;

pub use bench::{Timing, bench};
pub use checkpoint::Checkpoints;
pub use crops::{five_crops, predict_five_crops};
pub use error::TrainError;
pub use metrics::{ConfusionMatrix, Epoch, Metrics, RunningMetrics, accuracy, argmax, argmax_maps, perplexity, top_k_accuracy};
pub use trainer::{
    Callback, CancellationToken, Classification, Classifier, Criterion, EarlyStopping, ImageBatch, LrSchedule, Pass, Progress,
    ProgressReport, RunSchedule, Scores, Seeded, Step, TapedLoss, Task, TaskFn, Trainer, TrainingEnd, Until, WithValidation, evaluate,
    hold_out, label_weight, load_latest, task_fn,
};

//! Training for [Layercake](layercake) networks: data sets, a trainer, metrics,
//! checkpoints and run folders.
//!
//! ```toml
//! [dependencies]
//! # A clone of the repository.
//! layercake = { path = "../layercake/core" }
//! layercake-train = { path = "../layercake/train" }
//!
//! # Debug builds: arithmetic is optimized, your own code is not.
//! [profile.dev.package]
//! layercake = { opt-level = 3, debug = false, debug-assertions = false, overflow-checks = false }
//! layercake-engine = { opt-level = 3, debug = false, debug-assertions = false, overflow-checks = false }
//! layercake-train = { opt-level = 3, debug = false, debug-assertions = false, overflow-checks = false }
//! gemm-f32 = { opt-level = 3 }   # dfdx's matrix products
//! gemm-f64 = { opt-level = 3 }
//! ```
//!
//! # Declare and train
//!
//! ```
//! use layercake::optim::{Adam, AdamConfig};
//! use layercake::prelude::*;
//! use layercake_train::data::{Loader, Normalize, Split, digits};
//! use layercake_train::{Classification, Trainer, Until};
//!
//! network! {
//!     Perceptron: [1, 8, 8] -> [10] {
//!         Flatten, hidden: Linear(32), Tanh, scores: Linear(10),
//!     }
//! }
//!
//! let Split { train, test } = digits();
//! let classes = train.classes().to_vec();
//! let normalize = Normalize::measure(&train);
//! let train = Loader::new(train, 16).shuffle(1).transform(normalize.clone());
//! let test = Loader::new(test, 360).transform(normalize);
//!
//! let device = Cpu::seed_from_u64(1);
//! let mut net = Perceptron::new(&device);
//! let config = AdamConfig { lr: 3e-3, ..Default::default() };
//! let mut optimizer = Adam::new(&net, config);
//! let mut task = Classification::new("digits", test, &classes)?;
//! let mut trainer = Trainer::new(Until::Epochs(3));
//! let history =
//!     trainer.fit(&mut net, &device, &mut optimizer, &mut task, &train)?;
//! assert!(history[2].test.get("accuracy") > Some(0.9));
//! # Ok::<(), layercake_train::TrainError>(())
//! ```
//!
//! # Save and load
//!
//! Parameters are saved with [`layercake::io`], in safetensors files with PyTorch's
//! names:
//!
//! ```
//! # use layercake::prelude::*;
//! # network! { Perceptron: [1, 8, 8] -> [10] { Flatten, scores: Linear(10) } }
//! # let device = Cpu::seed_from_u64(1);
//! # let mut net = Perceptron::new(&device);
//! # let path = std::env::temp_dir().join("layercake-train-docs.safetensors");
//! io::save_safetensors(&net, &path)?;
//! io::load_safetensors(&mut net, &path)?;
//! # std::fs::remove_file(&path).unwrap();
//! # Ok::<(), io::IoError>(())
//! ```
//!
//! [`Checkpoints`] save the whole state of a run, so that it can be resumed with the
//! same bits. A [`run::RunFolder`] records configuration, metrics, parameters and plots.
//!
//! # Features
//!
//! - Data: [`data::Dataset`], [`data::Loader`] with worker threads, [`data::readers`] for
//!   images, tables, text, IDX and CIFAR-10, [`data::samplers`], [`data::transforms`].
//! - Training: [`Trainer`] with learning rate schedules, gradient accumulation, parameter
//!   averaging, early stopping, [`Callback`]s and cancellation; [`InTurn`] for several optimizers with a loss each, with a [guide](guide::two_networks).
//! - Tasks: [`Supervised`] for classes, numbers or labels of inputs of any shape, [`PerPosition`] for segmentation, labels of sequences and language models, [`Reconstruction`] for
//!   autoencoders, [`Classification`] of images, [`task_fn`] for a loss in a closure, or your own [`Task`].
//! - Metrics: [`ConfusionMatrix`], [`accuracy`], [`top_k_accuracy`], [`auroc`], [`mean_absolute_error`], [`root_mean_squared_error`], [`r2_score`],
//!   [`perplexity`].
//! - Detection: [`detection`] has boxes, anchors, matching, suppression and COCO's average precision, with a [guide](guide::detection).
//! - Sequences: [`sequence`] has padding, greedy and beam decoding, sampling and scores, with a [guide](guide::sequences).
//! - Reinforcement learning: [`rl`] has environments, memories and agents, with a guide.
//! - Results: [`run`] has run folders, curves, confusion matrices and image grids; [`tensorboard`] writes event files; [`embedding`] has nearest neighbors, PCA and t-SNE.
//! - Hyperparameters: [`search`], [`LrRange`].
//! - Mean predictions of several networks, views and draws of dropout: [`ensemble`].
//! - Samples of generative models: [`generative`] has the Fréchet distance, precision and recall.
//! - Features of pictures: [`features`] has histograms of oriented gradients and of hue.
//! - Several processes: [`distributed`] trains with all ranks that `mpirun` started, to the bits of one process, with a [guide](guide::ranks).
//! - Other: [`neighbors`] (k nearest neighbors), [`five_crops`], [`bench()`].
//!
//! For a training loop without the trainer, take batches from a loader as in
//! `examples/hand_loop.rs`.
//!
//! # Guide
//!
//! - [Find objects](guide::detection)
//! - [Sequences](guide::sequences)
//! - [Two networks in turn](guide::two_networks)
//! - [Continue a series](guide::series), [write like my texts](guide::texts), [my own loop](guide::own_loop); with the feature `tables` also "predict a column", and with `cli` "classify my photos"
//! - [Several processes](guide::ranks)
//! - [The language](layercake::guide::language)
//! - [The layers](layercake::guide::layers)
//! - [Reading the errors](layercake::guide::errors)
//! - [Coming from PyTorch](layercake::guide::pytorch)
//! - [Learning by acting](rl)
//!
//! # Other crates
//!
//! - [`layercake`]: networks, losses, optimizers, schedules, files
//! - [`layercake_models`](../layercake_models/index.html): the model zoo and the `layercake`
//!   command, which are built on this crate
//!
//! # Cargo features
//!
//! - `tables`: [`tables`], CSV files with words and missing values, and `own`, training on tables and folders of pictures
//! - `cli`: `cli`, the whole command for a network of your own; with `onnx` it writes ONNX files too
//! - `mpi`: the ranks that `mpirun` starts, [`distributed`]; needs an MPI and libclang to build
//! - `cuda`: train on dfdx's CUDA device
//! - `ci-check`: type-check the CUDA code on a machine without CUDA; such a build does not
//!   link

pub mod arrays;
mod bench;
mod checkpoint;
#[cfg(feature = "cli")]
pub mod cli;
mod crops;
pub mod data;
pub mod detection;
pub mod distributed;
pub mod embedding;
pub mod ensemble;
mod error;
pub mod features;
pub mod generative;
pub mod guide;
pub mod health;
mod metrics;
pub mod neighbors;
#[cfg(feature = "tables")]
pub mod own;
pub mod rl;
pub mod run;
pub mod search;
pub mod sequence;
pub mod tables;
mod target;
pub mod tensorboard;
mod trainer;

pub use bench::{Timing, bench};
pub use checkpoint::Checkpoints;
pub use crops::{five_crops, predict_five_crops};
pub use error::TrainError;
pub use metrics::{
    ConfusionMatrix, Epoch, Metrics, RunningMetrics, accuracy, argmax, argmax_maps, auroc, class_auroc, mean_absolute_error,
    multi_label_accuracy, multi_label_auroc, multi_label_f1, perplexity, r2_score, root_mean_squared_error, softmax, top_k_accuracy,
};
pub use target::{Follow, TargetNetwork};
pub use trainer::{
    Callback, CancellationToken, Classification, Classifier, Criterion, EarlyStopping, Goal, ImageBatch, InTurn, LrCurve, LrRange,
    LrSchedule, NumberTarget, Optimizers, Pass, PerPosition, Player, Predictions, Progress, ProgressReport, Reconstruction,
    ReconstructionLoss, RunSchedule, Scores, Seeded, Step, Supervised, TapedLoss, Task, TaskFn, Trainer, TrainingEnd, Until,
    WithValidation, evaluate, hold_out, infer, label_weight, load_latest, task_fn,
};

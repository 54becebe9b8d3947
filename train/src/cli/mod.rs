//! The whole command for a network of one's own: `train`, `search`, `eval`, `predict`, `summary`, `draw` and `export`, with run folders and `--resume`.
//!
//! ```no_run
//! use layercake::prelude::*;
//! use layercake_train::cli::Program;
//! use layercake_train::data::digits;
//!
//! network! {
//!     Perceptron: [1, 8, 8] -> [10] { Flatten, hidden: Linear(32), Tanh, scores: Linear(10) }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     Program::<Perceptron>::new().data(digits).main()
//! }
//! ```
//!
//! `cargo run --release -- train` then trains on the digits, and `cargo run --release -- train --data photos/` on a folder of pictures. `layercake new NAME` writes such a
//! program. [`Program::of_graph`] does the same for a network that is known when the program runs: from an ONNX file, or of a struct with `#[derive(Model)]`. With the feature
//! `cuda`, `--device cuda` trains on a GPU.

mod args;
mod data_args;
mod device;
mod ensemble_args;
mod folds;
mod on_device;
mod program;
mod ranks_args;
mod run;
mod search;
mod search_args;
mod search_own;
mod transfer_args;
mod tuning_args;

pub use data_args::{DataArgs, PredictArgs, Task};
pub use device::Device;
pub use ensemble_args::EnsembleArgs;
pub use folds::{FoldsArgs, cross_validate};
pub use program::Program;
pub use ranks_args::RanksArgs;
pub use run::{cancel_on_signals, draw_to_file, one_line, predict, print_evaluation, use_threads};
pub use search::{TrainTrial, print_outcome, search};
pub use search_args::{Range, SearchArgs, with_values};
pub use search_own::{OwnSearchOptions, search_own};
pub use transfer_args::TransferArgs;
pub use tuning_args::TuningArgs;

/// The exit code of an interrupted command, as in the shell: 128 plus the number of SIGINT.
pub const INTERRUPTED: u8 = 130;

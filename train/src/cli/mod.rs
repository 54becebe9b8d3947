//! The whole command for a network of one's own: `train`, `eval`, `predict`, `summary`, `draw` and `export`, with run folders and `--resume`.
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
//! program.

mod args;
mod data_args;
mod program;
mod run;

pub use data_args::{DataArgs, PredictArgs, Task};
pub use program::Program;
pub use run::{cancel_on_signals, draw_to_file, one_line, predict, print_evaluation, use_threads};

/// The exit code of an interrupted command, as in the shell: 128 plus the number of SIGINT.
pub const INTERRUPTED: u8 = 130;

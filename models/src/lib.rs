//! The Layercake model zoo: each network a file that reads like the figure in its paper, and a row in [`zoo`] that gives it to the
//! `layercake` command.

mod classifier;
mod cuda;
pub mod gallery;
mod lenet5;
mod model;
mod recipes;
mod sketch;
mod training;
mod zoo;

pub use lenet5::LeNet5;
pub use model::{Bench, Device, EvalOptions, Evaluation, Model, ModelError, SampleOptions, Sampled, TrainOptions};
pub use zoo::zoo;

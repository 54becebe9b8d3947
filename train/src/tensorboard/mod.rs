//! Event files for TensorBoard.
//!
//! [`TensorBoard`] is a [`Callback`](crate::Callback) that writes what a run does; [`SummaryWriter`] writes what you give it, with the names of PyTorch's
//! `torch.utils.tensorboard`.
//!
//! ```
//! use layercake_train::tensorboard::SummaryWriter;
//!
//! let folder = std::env::temp_dir().join("layercake-tensorboard-docs");
//! let mut writer = SummaryWriter::create(&folder)?;
//! for step in 0..10 {
//!     writer.add_scalar("loss/train", 1.0 / (1.0 + step as f64), step)?;
//! }
//! writer.add_histogram("fc1.weight", &[0.5, -0.25, 0.125], 9)?;
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok::<(), layercake_train::TrainError>(())
//! ```
//!
//! `tensorboard --logdir DIR` shows all event files in the folder and those within it, one run for each folder.
//!
//! The writer is Layercake's own: an event file needs five kinds of protobuf fields and a checksum, which are fewer lines than a dependency costs seconds. (The crates
//! for it, `tensorboard-rs` 0.5 and `tboard` 0.1, depend on old versions of `image`, `protobuf` and `prost`.)

mod callback;
mod crc32c;
mod event;
mod graph;
mod hparams;
mod proto;
mod summary;
mod writer;

pub use callback::TensorBoard;
pub use hparams::HyperParameter;
pub use writer::SummaryWriter;

#[cfg(test)]
mod tests;

//! Data sets: where they come from, and how they become batches.
//!
//! A [`Dataset`] gives items one by one; a [`Loader`] puts them side by side, in the order of a sampler, after transforms, and prepares
//! batches ahead of time on threads of its own. A batch is numbers in memory until [`Array::on`] makes a tensor of them.

mod array;
mod check;
mod contained;
mod dataset;
mod error;
mod images;
mod loader;
mod picture;
pub mod readers;
pub mod samplers;
mod seed;
mod sets;
pub mod transforms;

pub use array::{Array, Batched};
pub use check::{Checked, check};
pub(crate) use contained::text_of;
pub use dataset::{Collate, Dataset};
pub use error::DataError;
pub use images::Images;
pub use loader::{Batches, Loader};
pub use picture::{Batch, Image, Labelled, Mask, Masked, MaskedBatch, Picture, Pictured};
/// The random numbers that a transform is given are of this crate.
pub use rand;
pub use readers::{digits, frame, read_idx};
pub use samplers::{Random, Sampler, Sequential, Subset, Weighted};
pub(crate) use seed::stream;
pub use sets::{DataSet, Split};
pub use transforms::Normalise;

use sets::numerals;

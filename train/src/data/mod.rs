//! Data sets: where they come from, and how they become batches.
//!
//! A [`Dataset`] gives items one by one; a [`Loader`] puts them side by side, in the order of a sampler, after transforms, and prepares
//! batches ahead of time on threads of its own. A batch is numbers in memory until [`Array::into_tensor`] makes a tensor of them.

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

pub use array::{Array, BatchShape};
pub use check::{CheckedDataset, check};
pub(crate) use contained::text_of;
pub use dataset::{Collate, Dataset};
pub use error::DataError;
pub use images::Images;
pub use loader::{Batches, Loader};
pub use picture::{Batch, HasImage, Image, ImageMut, Labeled, Mask, Masked, MaskedBatch};
/// The random numbers that a transform is given are of this crate.
pub use rand;
pub use readers::{digits, frame, read_idx};
pub use samplers::{RandomSampler, Sampler, SequentialSampler, SubsetSampler, WeightedSampler};
pub(crate) use seed::stream;
pub use sets::{KnownDataset, Split};
pub use transforms::Normalize;

use sets::numerals;

//! Data sets, transforms, samplers and loaders.
//!
//! A [`Dataset`] returns items by index. A [`Loader`] applies transforms and collates items into batches, in the order of a sampler, with
//! optional worker threads. Batches are arrays in memory; [`Array::into_tensor`] converts them to tensors.

mod array;
mod check;
mod columns;
mod contained;
mod dataset;
mod error;
mod images;
mod loader;
mod number_words;
mod picture;
mod points;
mod positions;
pub mod readers;
mod sample;
pub mod samplers;
mod seed;
mod sets;
mod split;
mod sums;
pub mod transforms;

pub use array::{Array, BatchShape};
pub use check::{CheckedDataset, check};
pub use columns::Column;
pub(crate) use columns::{fingerprint, join};
pub(crate) use contained::text_of;
pub use dataset::{Collate, Dataset};
pub use error::DataError;
pub(crate) use error::listed;
pub(crate) use error::text as sizes;
pub use images::Images;
pub use loader::{Batches, Loader};
pub use number_words::{NUMBER_WORDS, NUMBERS, english, french, number_words, read_english};
pub use picture::{Batch, HasImage, Image, ImageMut, Labeled, Mask, Masked, MaskedBatch, Scene, SceneBatch};
pub use points::{CURVE_RANGE, curve, curve_at, moons};
pub use positions::{Inputs, PositionBatch, PositionSample, PositionSamples};
/// Transforms get random number generators of this crate.
pub use rand;
#[cfg(feature = "tables")]
pub(crate) use readers::read_text;
pub use readers::{digits, frame, read_idx};
pub use sample::{Sample, SampleBatch, Samples, Target, Targets};
pub use samplers::{RandomSampler, Sampler, SequentialSampler, SubsetSampler, WeightedSampler};
pub(crate) use seed::stream;
pub use sets::{KnownDataset, Split};
pub use split::{folds, folds_grouped, split_grouped, split_stratified};
pub use sums::{TextPair, sums};
pub use transforms::Normalize;

use sets::numerals;

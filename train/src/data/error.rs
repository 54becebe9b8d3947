//! What can be wrong with a data set.

use std::{io, path::PathBuf};

/// Why a data set could not be read, or not be used. Each message names the file or the set, what was expected and what was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The data set's own folder is not there.
    #[error("{folder}: no such folder; the data folder must hold the data set's own folder `{name}`")]
    NoFolder {
        /// The folder that was looked for.
        folder: PathBuf,
        /// The data set's name.
        name: String,
    },
    /// A data set that comes from files was asked for without saying where they are.
    #[error("the data set `{name}` is read from files: say which folder holds the folder `{name}` (--data-dir)")]
    NoDataFolder {
        /// The data set's name.
        name: String,
    },
    /// A data set of another kind than is needed.
    #[error("the data set `{name}` does not fit: expected {expected}, found {about}")]
    Kind {
        /// The data set's name.
        name: &'static str,
        /// The kind that is needed.
        expected: &'static str,
        /// What it is.
        about: &'static str,
    },
    /// A file is not there, neither as it is nor gzipped.
    #[error("{folder}: holds neither `{name}` nor `{name}.gz`")]
    NoFile {
        /// Where it was looked for.
        folder: PathBuf,
        /// Its name without `.gz`.
        name: String,
    },
    /// The system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is gzipped, but cannot be unpacked.
    #[error("{path}: damaged or cut off: the gzip data cannot be unpacked beyond {unpacked} bytes ({source})")]
    Gzip {
        /// The file.
        path: PathBuf,
        /// How many bytes came out before.
        unpacked: u64,
        /// The decoder's reason.
        source: io::Error,
    },
    /// The first four bytes are not those of such a file.
    #[error("{path}: expected the magic number {expected:#010x} ({what}), found {found:#010x}")]
    Magic {
        /// The file.
        path: PathBuf,
        /// What the number stands for.
        what: &'static str,
        /// The number it should begin with.
        expected: u32,
        /// The number it begins with.
        found: u32,
    },
    /// The file ends within its header.
    #[error("{path}: cut off: expected a header of {expected} bytes, found {found} bytes in all")]
    Header {
        /// The file.
        path: PathBuf,
        /// The size of the header.
        expected: u64,
        /// The size of the file, unpacked.
        found: u64,
    },
    /// There are fewer bytes than the header says.
    #[error("{path}: cut off: the header says {shape}, which is {expected} bytes, but only {found} follow it")]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The sizes in the header, as `60000x28x28`.
        shape: String,
        /// Their product.
        expected: u64,
        /// What follows the header.
        found: u64,
    },
    /// There are more bytes than the header says.
    #[error("{path}: the header says {shape}, which is {expected} bytes, but more follow it")]
    Surplus {
        /// The file.
        path: PathBuf,
        /// The sizes in the header.
        shape: String,
        /// Their product.
        expected: u64,
    },
    /// The header promises more than is read into memory.
    #[error("{path}: the header says {shape}; at most {limit} bytes are read into memory")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The sizes in the header.
        shape: String,
        /// The most that is read.
        limit: u64,
    },
    /// There is nothing in it.
    #[error("{origin}: expected at least one image of at least one pixel, found {shape}")]
    Empty {
        /// The file or the set.
        origin: String,
        /// The sizes found.
        shape: String,
    },
    /// There is a label beyond the last class.
    #[error("{origin}: label {label} at position {index} (counted from 0) is out of range; there are {classes} classes, 0..={}", classes.saturating_sub(1))]
    Label {
        /// The file or the set.
        origin: String,
        /// The position.
        index: usize,
        /// The label found there.
        label: usize,
        /// The number of classes.
        classes: usize,
    },
    /// There are not as many labels as images.
    #[error("{images} holds {image_count} images, but {labels} holds {label_count} labels")]
    Counts {
        /// The file of the images, or the set.
        images: String,
        /// How many it holds.
        image_count: usize,
        /// The file of the labels, or the set.
        labels: String,
        /// How many it holds.
        label_count: usize,
    },
    /// The images are not of the size that a network takes, or that was said.
    #[error("{origin}: expected images of {} (channels x height x width), found {}", text(expected), text(found))]
    Size {
        /// The file or the set.
        origin: String,
        /// The size that is needed.
        expected: [usize; 3],
        /// The size there is.
        found: [usize; 3],
    },
    /// There are classes that the network has no score for.
    #[error("{origin}: there are {classes} classes, but the network gives scores for {scores}")]
    Classes {
        /// The file or the set.
        origin: String,
        /// The classes of the data.
        classes: usize,
        /// The scores that the network gives.
        scores: usize,
    },
    /// A batch is not of the sizes that a network takes.
    #[error("a batch of {found} does not fit: expected {expected}")]
    Batch {
        /// The type of the shape that is needed.
        expected: String,
        /// The sizes there are.
        found: String,
    },
    /// Items of one batch are of different sizes.
    #[error("{what} of one batch must be of one size: the first is {first}, another {found}; resize or crop them")]
    Uneven {
        /// What they are.
        what: &'static str,
        /// The size of the first one.
        first: String,
        /// The size of another.
        found: String,
    },
    /// An item cannot be had.
    #[error("item {index}: {source}")]
    Item {
        /// Its position in the set.
        index: usize,
        /// Why.
        source: Box<DataError>,
    },
    /// The code that reads or changes an item panicked.
    #[error("item {index}: reading it panicked: {reason}")]
    Panicked {
        /// Its position in the set.
        index: usize,
        /// What the panic said.
        reason: String,
    },
    /// The order of an epoch cannot be made: the sampler, or the number of items that the data set says it has.
    #[error("the order of epoch {epoch} cannot be made: {reason}")]
    Order {
        /// The epoch, counted from 1.
        epoch: usize,
        /// What the panic said.
        reason: String,
    },
    /// A thread that prepares batches ended without the batch that it had taken.
    #[error("batch {number} (counted from 0) is lost: the thread that prepared it ended{reason}")]
    Worker {
        /// The batch.
        number: usize,
        /// What the panic said, where it said something.
        reason: String,
    },
    /// A sampler asked for an item that is not there.
    #[error("the sampler asked for item {index}, but there are {len} items")]
    Index {
        /// The item, counted from 0.
        index: usize,
        /// The number of items.
        len: usize,
    },
    /// Weights by which nothing can be drawn.
    #[error("items cannot be drawn by these weights: {reason}")]
    Weights {
        /// What is wrong with them.
        reason: String,
    },
    /// A transform cannot be applied to a picture.
    #[error("{reason}")]
    Transform {
        /// What does not fit.
        reason: String,
    },
    /// A file does not hold what it should.
    #[error("{path}: {expected}, found {found}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What was expected, and where.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The device failed: it is out of memory, most often.
    #[error("the device failed: {0}")]
    Device(String),
}

/// `60000x28x28`
pub(crate) fn text(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}

/// `` `cat`, `dog` ``, and how many more where there are many.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{}`", name.as_ref())).collect();
    let more = names.len().saturating_sub(SHOWN);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

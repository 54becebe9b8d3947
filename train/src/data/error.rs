//! Errors of data sets.

use layercake::DeviceError;
use std::{io, path::PathBuf};

/// An error of a data set. Messages name the file or data set, what was expected and what was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// No data set has this name.
    #[error("unknown data set `{name}`; known: {}", super::KnownDataset::ALL.map(super::KnownDataset::name).join(", "))]
    UnknownDataset {
        /// The name.
        name: String,
    },
    /// The data set's folder does not exist.
    #[error("{folder}: no such folder; the data folder must contain the data set's folder `{name}`")]
    NoFolder {
        /// The expected folder.
        folder: PathBuf,
        /// The data set's name.
        name: String,
    },
    /// No data folder was given for a data set in files.
    #[error("the data set `{name}` is read from files; name the folder that contains `{name}` (--data-dir)")]
    NoDataFolder {
        /// The data set's name.
        name: String,
    },
    /// The data set is of another kind.
    #[error("data set `{name}`: expected {expected}, found {description}")]
    Kind {
        /// The data set's name.
        name: &'static str,
        /// The expected kind.
        expected: &'static str,
        /// A description of the data set.
        description: &'static str,
    },
    /// A file does not exist, gzipped or not.
    #[error("{folder}: contains neither `{name}` nor `{name}.gz`")]
    NoFile {
        /// The folder.
        folder: PathBuf,
        /// The name without `.gz`.
        name: String,
    },
    /// I/O failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// The file is gzipped and cannot be decompressed.
    #[error("{path}: damaged or truncated: the gzip data cannot be decompressed beyond {unpacked} bytes ({source})")]
    Gzip {
        /// The file.
        path: PathBuf,
        /// The number of bytes decompressed before.
        unpacked: u64,
        /// The decoder's error.
        source: io::Error,
    },
    /// The magic number is wrong.
    #[error("{path}: expected the magic number {expected:#010x} ({what}), found {found:#010x}")]
    Magic {
        /// The file.
        path: PathBuf,
        /// The meaning of the expected number.
        what: &'static str,
        /// The expected number.
        expected: u32,
        /// The number found.
        found: u32,
    },
    /// The file ends within its header.
    #[error("{path}: truncated: expected a header of {expected} bytes, found {found} bytes in all")]
    Header {
        /// The file.
        path: PathBuf,
        /// The size of the header.
        expected: u64,
        /// The decompressed size of the file.
        found: u64,
    },
    /// The file has fewer bytes than the header says.
    #[error("{path}: truncated: the header says {shape}, which is {expected} bytes, but only {found} follow it")]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The shape in the header, such as `60000x28x28`.
        shape: String,
        /// The size that follows from the shape.
        expected: u64,
        /// The number of bytes after the header.
        found: u64,
    },
    /// The file has more bytes than the header says.
    #[error("{path}: the header says {shape}, which is {expected} bytes, but more follow it")]
    Surplus {
        /// The file.
        path: PathBuf,
        /// The shape in the header.
        shape: String,
        /// The size that follows from the shape.
        expected: u64,
    },
    /// The size in the header is above the limit.
    #[error("{path}: the header says {shape}; at most {limit} bytes are read into memory")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The shape in the header.
        shape: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The data set is empty.
    #[error("{origin}: expected at least one image of at least one pixel, found {shape}")]
    Empty {
        /// The file or data set.
        origin: String,
        /// The shape found.
        shape: String,
    },
    /// A label is out of range.
    #[error("{origin}: label {label} at position {index} (counted from 0) is out of range; there are {classes} classes, 0..={}", classes.saturating_sub(1))]
    Label {
        /// The file or data set.
        origin: String,
        /// Its position.
        index: usize,
        /// The label.
        label: usize,
        /// The number of classes.
        classes: usize,
    },
    /// The numbers of images and labels differ.
    #[error("{images} contains {image_count} images, but {labels} contains {label_count} labels")]
    Counts {
        /// The file of the images, or the data set.
        images: String,
        /// The number of images.
        image_count: usize,
        /// The file of the labels, or the data set.
        labels: String,
        /// The number of labels.
        label_count: usize,
    },
    /// The images do not have the expected size.
    #[error("{origin}: expected images of {} (channels x height x width), found {}", text(expected), text(found))]
    Size {
        /// The file or data set.
        origin: String,
        /// The expected size.
        expected: [usize; 3],
        /// The size found.
        found: [usize; 3],
    },
    /// There are more classes than outputs of the network.
    #[error("{origin}: {classes} classes, but the network has {scores} outputs")]
    Classes {
        /// The file or data set.
        origin: String,
        /// Number of classes of the data.
        classes: usize,
        /// Number of outputs of the network.
        scores: usize,
    },
    /// The shape of a batch does not match the tensor's type.
    #[error("batch of shape {found}: expected {expected}")]
    Batch {
        /// The expected shape type.
        expected: String,
        /// The shape found.
        found: String,
    },
    /// The items of a batch have different sizes.
    #[error("{what} of a batch must have the same size: the first is {first}, another {found}; resize or crop them")]
    Uneven {
        /// What they are.
        what: &'static str,
        /// The size of the first item.
        first: String,
        /// The size of another item.
        found: String,
    },
    /// An item cannot be read or transformed.
    #[error("item {index}: {source}")]
    Item {
        /// Its index in the data set.
        index: usize,
        /// The error.
        source: Box<DataError>,
    },
    /// The code that reads or transforms an item panicked.
    #[error("item {index}: reading it panicked: {reason}")]
    Panicked {
        /// Its index in the data set.
        index: usize,
        /// The panic message.
        reason: String,
    },
    /// The sampler or the data set panicked while the order of an epoch was computed.
    #[error("computing the order of epoch {epoch} panicked: {reason}")]
    Order {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The panic message.
        reason: String,
    },
    /// A worker thread ended without completing its batch.
    #[error("batch {number} (counted from 0) is lost: its worker thread ended{reason}")]
    Worker {
        /// The batch.
        number: usize,
        /// The panic message, if any.
        reason: String,
    },
    /// A sampler returned an index out of range.
    #[error("the sampler returned index {index}, but there are {len} items")]
    Index {
        /// The index, counted from 0.
        index: usize,
        /// The number of items.
        len: usize,
    },
    /// The weights of a sampler are invalid.
    #[error("invalid sampling weights: {reason}")]
    Weights {
        /// The reason.
        reason: String,
    },
    /// A transform cannot be applied.
    #[error("{reason}")]
    Transform {
        /// The reason.
        reason: String,
    },
    /// The content of a file is invalid.
    #[error("{path}: {expected}, found {found}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What was expected, and where.
        expected: String,
        /// What was found.
        found: String,
    },
    /// A file of arrays cannot be read.
    #[error(transparent)]
    Arrays(#[from] layercake::io::IoError),
    /// The device failed, usually for lack of memory.
    #[error("the device failed: {0}")]
    Device(DeviceError),
}

/// `60000x28x28`
pub(crate) fn text(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}

/// `` `cat`, `dog` ``, with the number of names left out.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{}`", name.as_ref())).collect();
    let more = names.len().saturating_sub(SHOWN);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

//! Named arrays, whatever the file format.

mod number;
mod source;
mod view;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

pub use number::NumberType;
pub(crate) use source::{Entry, Source};
#[cfg(feature = "zip")]
pub(crate) use view::MOST_AXES;
pub(crate) use view::View;

use super::{IoError, bytes, encode, safetensors, write_atomically};
use crate::Scalar;

/// An array of any shape and number type.
#[derive(Clone, Debug)]
pub struct Array(View<'static>);

/// Named arrays, such as the contents of a file.
pub type Arrays = BTreeMap<String, Array>;

impl Array {
    /// An array from its numbers in row-major order; `None` if their number is not that of the shape.
    pub fn new<E: Scalar>(shape: &[usize], numbers: &[E]) -> Option<Self> {
        View::new(NumberType::of::<E>(), shape.to_vec(), encode(numbers)).ok().map(Self)
    }

    /// An array of integers of 64 bits from indices in row-major order; `None` if their number is not that of the shape.
    pub fn of_indices(shape: &[usize], indices: &[usize]) -> Option<Self> {
        let bytes: Vec<u8> = indices.iter().flat_map(|&index| (index as i64).to_le_bytes()).collect();
        View::new(NumberType::I64, shape.to_vec(), bytes).ok().map(Self)
    }

    /// The sizes of its axes.
    pub fn shape(&self) -> &[usize] {
        self.0.shape()
    }

    /// The type of its numbers.
    pub fn number_type(&self) -> NumberType {
        self.0.kind()
    }

    /// The numbers in row-major order, converted to `f32` or `f64`.
    pub fn to_vec<E: Scalar>(&self) -> Vec<E> {
        self.0.decode()
    }

    /// The numbers in row-major order as indices; `None` if they are floats, negative or too large.
    pub fn to_indices(&self) -> Option<Vec<usize>> {
        let bytes = self.0.in_order();
        match self.0.kind() {
            NumberType::I64 => bytes.as_chunks().0.iter().map(|&bytes| usize::try_from(i64::from_le_bytes(bytes)).ok()).collect(),
            NumberType::U64 => bytes.as_chunks().0.iter().map(|&bytes| usize::try_from(u64::from_le_bytes(bytes)).ok()).collect(),
            kind if kind.is_float() => None,
            // All of them are exact in `f64`.
            _ => self.to_vec::<f64>().into_iter().map(|number| (number >= 0.0).then_some(number as usize)).collect(),
        }
    }

    /// The rows from `first` on, along the first axis.
    ///
    /// # Panics
    /// Panics if there are no such rows, or no axes.
    #[must_use]
    pub fn rows(&self, first: usize, count: usize) -> Self {
        let (bytes, shape) = (self.0.in_order(), self.shape());
        let row = shape[1..].iter().product::<usize>() * self.number_type().size();
        assert!(count <= shape[0] && first <= shape[0] - count, "rows {first} to {} of {}", first + count, shape[0]);
        let part = View::new(self.number_type(), [&[count], &shape[1..]].concat(), bytes[first * row..][..count * row].to_vec());
        Self(part.expect("as many bytes as the shape says"))
    }

    #[cfg(feature = "zip")]
    pub(crate) fn new_of(view: View<'static>) -> Self {
        Self(view)
    }

    fn of(view: &View<'_>) -> Self {
        let copied = View::new(view.kind(), view.shape().to_vec(), view.in_order().into_owned());
        Self(copied.expect("as many bytes as the shape says"))
    }
}

/// Reads all arrays of a file: safetensors, a file of PyTorch, or `.npz`, whichever its bytes are.
///
/// Memory: at most 128 times the size of the file and 256 KiB, and 192 MiB in addition if arrays are compressed. A file of arrays takes its own size, and that of its
/// arrays.
///
/// # Errors
/// Returns an error if the file cannot be read, is damaged or is refused, or if it has numbers of a type that is not read.
pub fn read_arrays(path: impl AsRef<Path>) -> Result<Arrays, IoError> {
    let path = path.as_ref();
    let bytes = bytes(path)?;
    all(path, &Source::open(path, &bytes, None)?)
}

/// Copies of all arrays of a source.
pub(crate) fn all(path: &Path, source: &Source<'_>) -> Result<Arrays, IoError> {
    let names = source.tensors.keys().cloned();
    names
        .map(|name| {
            let view = source.view(path, &name).expect("the name is one of the source's")?;
            let array = Array::of(view);
            Ok((name, array))
        })
        .collect()
}

/// Writes arrays as a file of the format that its extension names: `.safetensors` or `.npz`. The file is written atomically, and the same arrays give the
/// same bytes.
///
/// # Errors
/// Returns an error if the extension is another one, or if the file cannot be written.
pub fn write_arrays(path: impl AsRef<Path>, arrays: &Arrays) -> Result<(), IoError> {
    let views = arrays.iter().map(|(name, array)| (name.as_str(), Cow::Borrowed(&array.0))).collect();
    write(path.as_ref(), views)
}

/// [`write_arrays`] for views.
pub(crate) fn write(path: &Path, views: BTreeMap<&str, Cow<'_, View<'_>>>) -> Result<(), IoError> {
    let bytes = match path.extension().and_then(OsStr::to_str) {
        Some("safetensors") => safetensors::to_bytes(views),
        #[cfg(feature = "zip")]
        Some("npz") => super::npz::to_bytes(views).map_err(|reason| IoError::Refused { path: path.into(), reason })?,
        _ => {
            let known = if cfg!(feature = "zip") { ".safetensors or .npz" } else { ".safetensors" };
            return Err(IoError::Refused { path: path.into(), reason: format!("expected the extension {known}") });
        }
    };
    write_atomically(path, &bytes).map_err(|source| IoError::Write { path: path.into(), source })
}

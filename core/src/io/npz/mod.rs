//! Files of NumPy: `numpy.savez` and `numpy.savez_compressed` with several arrays, `numpy.save` with one.

mod file;
mod header;
mod write;

use std::borrow::Cow;
use std::path::Path;

pub use file::NpyFile;
use header::Header;
pub(super) use write::to_bytes;

use super::IoError;
use super::archive::Archive;
use super::arrays::{Entry, Source, View};

/// The ending of an array's entry.
const ENDING: &str = ".npy";
/// The beginning of an array.
const MAGIC: &[u8] = b"\x93NUMPY";

/// Whether the archive is one of arrays: all entries are, also if there are none.
pub(super) fn is_one(archive: &Archive<'_>) -> bool {
    archive.names().all(|name| name.ends_with(ENDING))
}

/// The arrays of an archive.
pub(super) fn source<'a>(path: &Path, archive: &Archive<'a>) -> Result<Source<'a>, IoError> {
    let wrong = |reason: String| IoError::Format { path: path.into(), format: "npz", reason };
    let (mut source, mut budget) = (Source::default(), archive.budget());
    for entry in archive.names() {
        let name = entry.strip_suffix(ENDING).unwrap_or(entry).to_owned();
        let bytes = archive.inflated(entry, &mut budget).expect("the name is one of the archive's").map_err(wrong)?;
        let array = array(bytes).map_err(|reason| wrong(format!("`{name}`: {reason}")))?;
        source.add(name, array).map_err(wrong)?;
    }
    Ok(source)
}

fn array(bytes: Cow<'_, [u8]>) -> Result<Entry<'_>, String> {
    let Header { kind, fortran_order, shape, begins } = Header::read(&bytes)?;
    let kind = match kind {
        Ok(kind) => kind,
        Err(kind) => return Ok(Entry::Unread { shape, kind }),
    };
    let numbers = match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[begins..]),
        Cow::Owned(mut bytes) => {
            bytes.drain(..begins);
            Cow::Owned(bytes)
        }
    };
    let expected = shape.iter().try_fold(kind.size(), |product: usize, &size| product.checked_mul(size));
    if expected != Some(numbers.len()) {
        return Err(format!("shape {shape:?} of {kind} does not fit its {} bytes", numbers.len()));
    }
    if !fortran_order {
        return View::new(kind, shape, numbers).map(Entry::Read);
    }
    // The first axis is the innermost one.
    let strides = shape.iter().scan(1usize, |product, &size| Some(std::mem::replace(product, *product * size))).collect();
    View::strided(kind, shape, strides, 0, numbers).map(Entry::Read)
}

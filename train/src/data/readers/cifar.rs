//! The binary version of CIFAR-10 (Krizhevsky, 2009).
//!
//! A file is a sequence of records of 3,073 bytes: a label, then the red, green and blue planes of 32x32 bytes, row-major.

use std::path::Path;

use super::gzip::Unpacked;
use crate::data::{DataError, Images};

const SHAPE: [usize; 3] = [3, 32, 32];
const PIXELS: usize = 3 * 32 * 32;
/// Maximum file size: a hundred times the 10,000 records of an original file.
const MOST: u64 = 1_000_000 * (1 + PIXELS as u64);

/// Reads one or more files of records, gzipped or not.
///
/// # Errors
/// Returns an error if a file cannot be read, ends within a record, or contains a label out of range.
pub fn read_cifar10(files: &[impl AsRef<Path>], classes: Vec<String>) -> Result<Images, DataError> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for path in files {
        let path = path.as_ref();
        let bytes = Unpacked::open(path)?.take(MOST + 1)?;
        let found = bytes.len();
        let wrong = |expected: &str, found: String| DataError::Content { path: path.to_owned(), expected: expected.to_owned(), found };
        if found as u64 > MOST {
            return Err(wrong("expected at most a million records of 3073 bytes", "more".to_owned()));
        }
        if found == 0 || !found.is_multiple_of(1 + PIXELS) {
            return Err(wrong(
                "expected records of 3073 bytes",
                format!("{found} bytes, {} after the last complete record", found % (1 + PIXELS)),
            ));
        }
        for (index, record) in bytes.chunks_exact(1 + PIXELS).enumerate() {
            let label = usize::from(record[0]);
            if label >= classes.len() {
                return Err(DataError::Label { origin: path.display().to_string(), index, label, classes: classes.len() });
            }
            labels.push(label);
            pixels.extend_from_slice(&record[1..]);
        }
    }
    Images::new("CIFAR-10", SHAPE, pixels, labels, classes)
}

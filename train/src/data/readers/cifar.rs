//! The binary version of CIFAR-10 (Krizhevsky, 2009).
//!
//! Records of 3,073 bytes: a label, then 32x32 red, as many green, as many blue bytes, each plane row-major. A file is records and nothing
//! else.

use std::path::Path;

use super::gzip::Unpacked;
use crate::data::{DataError, Images};

const SHAPE: [usize; 3] = [3, 32, 32];
const PIXELS: usize = 3 * 32 * 32;
/// A file of the original has 10,000 records; a hundred times as many are read into memory, whatever gzip makes of a small file.
const MOST: u64 = 1_000_000 * (1 + PIXELS as u64);

/// Reads one or more files of records, one after the other, gzipped or not.
///
/// # Errors
/// If a file cannot be read, does not end with a whole record, or holds a label without a class.
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
                format!("{found} bytes, {} after the last whole record", found % (1 + PIXELS)),
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

//! The IDX format of the MNIST family.
//!
//! A header of big-endian 32-bit numbers (the magic number `0x000008NN`, where 08 means bytes and NN is the number of axes, then the size of each
//! axis), followed by the bytes in row-major order.

use std::path::Path;

use super::gzip::Unpacked;
use crate::data::{DataError, Images, error::text};

/// Maximum size in memory, whatever the header says: 4 GiB.
const LIMIT: u64 = 1 << 32;

/// Reads labeled images: a file of images, `[count, height, width]`, and a file of labels, `[count]`. Each may be gzipped; the content decides,
/// not the name.
///
/// # Errors
/// Returns an error if a file cannot be read or is invalid; see [`DataError`].
pub fn read_idx(images: &Path, labels: &Path, classes: Vec<String>) -> Result<Images, DataError> {
    let ([count, height, width], pixels) = read::<3>(images, "bytes in three axes: images")?;
    if height == 0 || width == 0 || count == 0 {
        return Err(DataError::Empty { origin: name(images), shape: text(&[count, height, width]) });
    }
    let ([label_count], bytes) = read::<1>(labels, "bytes in one axis: labels")?;
    if count != label_count {
        return Err(DataError::Counts { images: name(images), image_count: count, labels: name(labels), label_count });
    }
    let labels_name = name(labels);
    Images::new(&labels_name, [1, height, width], pixels, bytes.into_iter().map(usize::from).collect(), classes)
}

/// Reads the sizes and the bytes of a file with `AXES` axes.
fn read<const AXES: usize>(path: &Path, what: &'static str) -> Result<([usize; AXES], Vec<u8>), DataError> {
    let mut file = Unpacked::open(path)?;
    let header = file.take(4 * (1 + AXES as u64))?;
    let number = |i: usize| header.get(4 * i..4 * i + 4).map(|bytes| u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));

    let expected = 0x0800 + AXES as u32;
    if let Some(found) = number(0).filter(|&found| found != expected) {
        return Err(DataError::Magic { path: path.to_owned(), what, expected, found });
    }
    let mut sizes = [0; AXES];
    for (axis, size) in sizes.iter_mut().enumerate() {
        let truncated = || DataError::Header { path: path.to_owned(), expected: 4 * (1 + AXES as u64), found: header.len() as u64 };
        *size = number(1 + axis).ok_or_else(truncated)? as usize;
    }

    let stated = sizes.iter().try_fold(1u64, |product, &size| product.checked_mul(size as u64));
    let Some(stated) = stated.filter(|&stated| stated <= LIMIT) else {
        return Err(DataError::TooLarge { path: path.to_owned(), shape: text(&sizes), limit: LIMIT });
    };
    // One more byte detects surplus data, and makes gzip verify its checksum.
    let mut bytes = file.take(stated + 1)?;
    let found = bytes.len() as u64;
    if found < stated {
        return Err(DataError::Truncated { path: path.to_owned(), shape: text(&sizes), expected: stated, found });
    }
    if found > stated {
        return Err(DataError::Surplus { path: path.to_owned(), shape: text(&sizes), expected: stated });
    }
    bytes.shrink_to_fit();
    Ok((sizes, bytes))
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

//! A single array of NumPy, read from its file by position.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::header::Header;
use crate::io::IoError;
use crate::io::arrays::{Array, NumberType, View};
use crate::io::error::not_read;

/// A header is not longer than that: NumPy writes one of 128 bytes for most arrays.
const LONGEST_HEADER: u64 = 1 << 16;

/// An array in a `.npy` file, as `numpy.save` writes it. Its rows, along the first axis, are read by position: the array may be larger than memory. Several threads can
/// read at once.
#[derive(Debug)]
pub struct NpyFile {
    path: PathBuf,
    file: File,
    kind: NumberType,
    shape: Vec<usize>,
    /// Where the numbers begin.
    begins: u64,
    /// The bytes of a row.
    row: usize,
}

impl NpyFile {
    /// Reads the header, and checks that the file has all numbers that it promises.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is cut off or damaged, has no axes, or has numbers or an order that are not read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, IoError> {
        let path = path.as_ref().to_owned();
        let read = |source| IoError::Read { path: path.clone(), source };
        let wrong = |reason: String| IoError::Format { path: path.clone(), format: "npy", reason };
        let refused = |reason: String| IoError::Refused { path: path.clone(), reason };
        let file = File::open(&path).map_err(read)?;
        let mut begin = Vec::new();
        Read::by_ref(&mut &file).take(LONGEST_HEADER).read_to_end(&mut begin).map_err(read)?;
        let Header { kind, fortran_order, shape, begins } = Header::read(&begin).map_err(wrong)?;
        let kind = kind.map_err(|kind| refused(format!("it holds {}", not_read(&kind))))?;
        if shape.is_empty() {
            return Err(refused("it is a single number; expected an array with rows".to_owned()));
        }
        if fortran_order && shape.len() > 1 {
            let reason =
                "its first axis is the innermost one (Fortran order), so that it has no rows to read: save `numpy.ascontiguousarray(x)`";
            return Err(refused(reason.to_owned()));
        }
        let row = shape[1..].iter().try_fold(kind.size(), |product, &size| product.checked_mul(size));
        let all = row.and_then(|row| row.checked_mul(shape[0])).and_then(|all| u64::try_from(all).ok());
        let found = file.metadata().map_err(read)?.len();
        let begins = begins as u64;
        match (row, all) {
            (Some(row), Some(all)) if begins.checked_add(all) == Some(found) => Ok(Self { path, file, kind, shape, begins, row }),
            (_, all) => {
                let expected = all.map_or("more bytes than there can be".to_owned(), |all| format!("{all} bytes"));
                let there = found.saturating_sub(begins);
                Err(wrong(format!(
                    "its header promises {expected} of numbers, shape {shape:?} of {kind}, but it has {there}: it is not complete"
                )))
            }
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The sizes of its axes.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The type of its numbers.
    pub fn number_type(&self) -> NumberType {
        self.kind
    }

    /// Reads `count` rows from `first` on.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or has become shorter.
    ///
    /// # Panics
    /// Panics if there are no such rows.
    pub fn rows(&self, first: usize, count: usize) -> Result<Array, IoError> {
        assert!(count <= self.shape[0] && first <= self.shape[0] - count, "rows {first} to {} of {}", first + count, self.shape[0]);
        let mut bytes = vec![0; count * self.row];
        let at = self.begins + (first * self.row) as u64;
        read_at(&self.file, &mut bytes, at).map_err(|source| IoError::Read { path: self.path.clone(), source })?;
        let shape = [&[count], &self.shape[1..]].concat();
        Ok(Array::new_of(View::new(self.kind, shape, bytes).expect("as many bytes as the shape says")))
    }
}

/// Fills `bytes` from a place in a file, without a cursor that threads would share.
#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

/// Fills `bytes` from a place in a file. The cursor moves, but every read states its place.
#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                bytes = &mut bytes[count..];
                at += count as u64;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, dict: &str, numbers: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("layercake-npy-{}-{name}.npy", std::process::id()));
        let bytes = [&b"\x93NUMPY\x01\0"[..], &(dict.len() as u16).to_le_bytes(), dict.as_bytes(), numbers].concat();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn message(name: &str, dict: &str, numbers: &[u8]) -> String {
        let path = file(name, dict, numbers);
        let error = NpyFile::open(&path).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        error.strip_prefix(&format!("{}: ", path.display())).expect("the message names the file").to_owned()
    }

    #[test]
    fn rows_by_position() {
        let path = file("rows", "{'descr': '<i2', 'fortran_order': False, 'shape': (3, 2)}", &[1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 255, 255]);
        let array = NpyFile::open(&path).unwrap();
        assert_eq!((array.shape(), array.number_type()), (&[3, 2][..], NumberType::I16));
        let rows = array.rows(1, 2).unwrap();
        assert_eq!((rows.shape(), rows.to_vec::<f32>()), (&[2, 2][..], vec![3.0, 4.0, 5.0, -1.0]));
        assert_eq!(array.rows(3, 0).unwrap().shape(), [0, 2]);
        // Another program cuts the file short while it is open.
        let len = std::fs::metadata(&path).unwrap().len();
        File::options().write(true).open(&path).unwrap().set_len(len - 1).unwrap();
        assert!(matches!(array.rows(2, 1), Err(IoError::Read { .. })));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn refused() {
        let dict = |shape: &str| format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}");
        assert_eq!(
            message("short", &dict("(2, 2)"), &[0; 12]),
            "not a valid npy file: its header promises 16 bytes of numbers, shape [2, 2] of F32, but it has 12: it is not complete"
        );
        assert!(message("huge", &dict("(9999999999, 9999999999)"), &[0; 12]).contains("more bytes than there can be"));
        assert_eq!(message("single", &dict("()"), &[0; 4]), "it is a single number; expected an array with rows");
        assert!(
            message("words", "{'descr': '<U5', 'fortran_order': False, 'shape': (1,)}", &[0; 20])
                .contains("it holds words, of type <U5, which are not read; `names, y = numpy.unique(")
        );
        let order = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}";
        assert!(message("order", order, &[0; 16]).contains("numpy.ascontiguousarray"));
        assert!(message("empty", "", &[]).contains("header"));
    }
}

//! Files that may be gzipped; the content decides, not the name.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;

use crate::data::DataError;

/// The magic number of gzip files.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Maximum compression ratio. Gzip reaches 1000 for constant data; real data reach 20, rarely 50.
const RATIO: u64 = 100;
/// Any file may decompress to this size, 64 MiB: labels may be constant.
const ALWAYS: u64 = 1 << 26;

/// A reader that decompresses gzipped files.
pub(super) struct Unpacked {
    path: PathBuf,
    reader: Box<dyn Read>,
    gzipped: bool,
    /// The size of the file.
    size: u64,
    /// Number of bytes read so far.
    given: u64,
}

impl Unpacked {
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let io = |source| DataError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        let about = file.metadata().map_err(io)?;
        // A device or pipe could be infinite.
        if !about.is_file() {
            return Err(io(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
        }
        let mut file = BufReader::new(file);
        let gzipped = file.fill_buf().map_err(io)?.starts_with(&GZIP);
        let reader: Box<dyn Read> = if gzipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        Ok(Self { path: path.to_owned(), reader, gzipped, size: about.len(), given: 0 })
    }

    /// Reads the next `count` bytes, or all that are left. Memory is allocated for the actual bytes only.
    pub(super) fn take(&mut self, count: u64) -> Result<Vec<u8>, DataError> {
        let most = if self.gzipped { ALWAYS.max(self.size.saturating_mul(RATIO)) } else { u64::MAX };
        let mut bytes = Vec::new();
        if !self.gzipped {
            // The exact capacity: a growing vector would allocate up to twice as much. One more byte detects the end.
            bytes.reserve_exact(count.min(self.size.saturating_sub(self.given) + 1) as usize);
        }
        let room = most.saturating_sub(self.given).saturating_add(1);
        let outcome = self.reader.by_ref().take(count.min(room)).read_to_end(&mut bytes);
        self.given += bytes.len() as u64;
        match outcome {
            Ok(_) if self.given > most => Err(DataError::Content {
                path: self.path.clone(),
                expected: format!("expected gzip data of {} bytes to decompress to at most {most} bytes", self.size),
                found: "more".to_owned(),
            }),
            Ok(_) => Ok(bytes),
            Err(source) => Err(self.explain(source)),
        }
    }

    fn explain(&self, source: io::Error) -> DataError {
        let path = self.path.clone();
        if self.gzipped { DataError::Gzip { path, unpacked: self.given, source } } else { DataError::Io { path, source } }
    }
}

/// Finds `folder/name` or `folder/name.gz`.
pub(in crate::data) fn find(folder: &Path, name: &str) -> Result<PathBuf, DataError> {
    [folder.join(name), folder.join(format!("{name}.gz"))]
        .into_iter()
        .find(|path| path.exists())
        .ok_or_else(|| DataError::NoFile { folder: folder.to_owned(), name: name.to_owned() })
}

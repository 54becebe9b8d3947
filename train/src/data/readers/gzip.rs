//! Files that may be gzipped, whatever their name says.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;

use crate::data::DataError;

/// How each gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file being read, unpacked on the way where its first bytes are gzip's.
pub(super) struct Unpacked {
    path: PathBuf,
    reader: Box<dyn Read>,
    gzipped: bool,
    /// Bytes given out so far.
    given: u64,
}

impl Unpacked {
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let io = |source| DataError::Io { path: path.to_owned(), source };
        let mut file = BufReader::new(File::open(path).map_err(io)?);
        let gzipped = file.fill_buf().map_err(io)?.starts_with(&GZIP);
        let reader: Box<dyn Read> = if gzipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        Ok(Self { path: path.to_owned(), reader, gzipped, given: 0 })
    }

    /// The next bytes, `count` of them or all there are. Memory grows with what is really there: a promise costs nothing.
    pub(super) fn take(&mut self, count: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        let outcome = self.reader.by_ref().take(count).read_to_end(&mut bytes);
        self.given += bytes.len() as u64;
        match outcome {
            Ok(_) => Ok(bytes),
            Err(source) => Err(self.explain(source)),
        }
    }

    fn explain(&self, source: io::Error) -> DataError {
        let path = self.path.clone();
        if self.gzipped { DataError::Gzip { path, unpacked: self.given, source } } else { DataError::Io { path, source } }
    }
}

/// `folder/name` or `folder/name.gz`, whichever is there.
pub(in crate::data) fn find(folder: &Path, name: &str) -> Result<PathBuf, DataError> {
    [folder.join(name), folder.join(format!("{name}.gz"))]
        .into_iter()
        .find(|path| path.exists())
        .ok_or_else(|| DataError::NoFile { folder: folder.to_owned(), name: name.to_owned() })
}

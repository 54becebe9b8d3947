//! One run at a time in a folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::at;
use crate::TrainError;

/// The file that is locked; it holds the number of the process that has it.
pub(crate) const LOCK: &str = ".lock";
/// Another process may take the file away between two looks at it, this often at most.
const TRIES: usize = 100;

/// A folder that nobody else writes a run to. The lock is advisory and belongs to the process: however that ends, it is released.
#[derive(Debug)]
pub(crate) struct FolderLock {
    folder: PathBuf,
    file: File,
}

impl FolderLock {
    /// Locks a folder.
    pub fn take(folder: &Path) -> Result<Self, TrainError> {
        let path = folder.join(LOCK);
        for _ in 0..TRIES {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
            let mut lock = Self { folder: folder.to_owned(), file: file.map_err(|source| at(&path, source))? };
            match lock.file.try_lock() {
                Err(TryLockError::WouldBlock) => return Err(TrainError::InUse { path: folder.to_owned(), pid: lock.forget() }),
                // A file system without locks: better a run without one than none.
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            // Whoever had it before may have taken the file away in between: then the lock is on nothing.
            if lock.is_in_place() {
                lock.sign().map_err(|source| at(&path, source))?;
                return Ok(lock);
            }
            lock.forget();
        }
        Err(TrainError::InUse { path: folder.to_owned(), pid: None })
    }

    /// Is the folder still the one that was locked?
    pub fn is_in_place(&self) -> bool {
        same(&self.file, &self.folder.join(LOCK))
    }

    /// An error unless it is.
    pub fn must_be_in_place(&self) -> Result<(), TrainError> {
        if self.is_in_place() { Ok(()) } else { Err(TrainError::Vanished { path: self.folder.clone() }) }
    }

    fn sign(&mut self) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "{}", std::process::id())
    }

    /// Leaves the file, which is somebody else's, and says whose.
    fn forget(mut self) -> Option<u32> {
        let mut text = String::new();
        let read = self.file.read_to_string(&mut text);
        // Nothing is at the place of no folder, so nothing is removed when this is dropped.
        self.folder = PathBuf::new();
        read.ok().and_then(|_| text.trim().parse().ok())
    }
}

/// Nothing is left of a lock that was given back.
impl Drop for FolderLock {
    fn drop(&mut self) {
        if !self.folder.as_os_str().is_empty() && self.is_in_place() {
            let _ = fs::remove_file(self.folder.join(LOCK));
        }
    }
}

/// Is an open file the one at a path?
#[cfg(unix)]
pub(crate) fn same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// Is an open file the one at a path? Elsewhere than on Unix one that is open cannot be replaced.
#[cfg(not(unix))]
pub(crate) fn same(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let lock = FolderLock::take(place.path()).unwrap();
        let message = FolderLock::take(place.path()).unwrap_err().to_string();
        let process = format!(": in use by process {}; wait for it to end, or name another folder", std::process::id());
        assert!(message.ends_with(&process), "{message}");
        assert!(lock.is_in_place(), "who came too late has changed nothing");
        drop(lock);
        assert!(fs::read_dir(place.path()).unwrap().next().is_none());
        // What a killed process has left holds nobody back.
        fs::write(place.path().join(LOCK), "1\n").unwrap();
        let lock = FolderLock::take(place.path()).unwrap();
        assert_eq!(fs::read_to_string(place.path().join(LOCK)).unwrap(), format!("{}\n", std::process::id()));
        drop(lock);
    }

    #[test]
    fn a_folder_that_is_gone_or_another() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("run");
        fs::create_dir(&folder).unwrap();
        let lock = FolderLock::take(&folder).unwrap();
        lock.must_be_in_place().unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert!(
            lock.must_be_in_place()
                .unwrap_err()
                .to_string()
                .ends_with("run: was removed or replaced while the training went on; what it held is lost")
        );
        fs::create_dir(&folder).unwrap();
        let other = FolderLock::take(&folder).unwrap();
        assert!(!lock.is_in_place());
        drop(lock);
        assert!(other.is_in_place(), "the old lock does not take the new one away");
    }
}

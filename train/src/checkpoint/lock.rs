//! Lock files: one run at a time per folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::at;
use crate::TrainError;

/// The lock file; it contains the id of the process that holds the lock.
pub(crate) const LOCK: &str = ".lock";
/// Attempts to take the lock: another process may remove the file between opening and locking it.
const TRIES: usize = 100;

/// A locked folder. The lock is advisory and released when the process ends, in any way.
#[derive(Debug)]
pub(crate) struct FolderLock {
    folder: PathBuf,
    /// None where another rank holds the lock.
    file: Option<File>,
}

impl FolderLock {
    /// Locks a folder.
    pub fn take(folder: &Path) -> Result<Self, TrainError> {
        let path = folder.join(LOCK);
        for _ in 0..TRIES {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
            let file = file.map_err(|source| at(&path, source))?;
            let locked = file.try_lock();
            let mut lock = Self { folder: folder.to_owned(), file: Some(file) };
            match locked {
                Err(TryLockError::WouldBlock) => return Err(TrainError::InUse { path: folder.to_owned(), pid: lock.forget() }),
                // The file system has no locks: run without one.
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            // The previous holder may have removed the file in between; then the lock is useless.
            if lock.is_in_place() {
                lock.sign().map_err(|source| at(&path, source))?;
                return Ok(lock);
            }
            lock.forget();
        }
        Err(TrainError::InUse { path: folder.to_owned(), pid: None })
    }

    /// The lock of a folder that another rank of the same run has locked, and in which this one writes nothing.
    pub fn of_another_rank(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), file: None }
    }

    /// Whether a process holds the lock of a folder.
    pub fn is_held(folder: &Path) -> bool {
        let file = File::open(folder.join(LOCK));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Whether the folder is still the one that was locked.
    pub fn is_in_place(&self) -> bool {
        self.file.as_ref().is_none_or(|file| same(file, &self.folder.join(LOCK)))
    }

    /// Returns an error if the folder was removed or replaced.
    pub fn must_be_in_place(&self) -> Result<(), TrainError> {
        if self.is_in_place() { Ok(()) } else { Err(TrainError::Vanished { path: self.folder.clone() }) }
    }

    fn sign(&mut self) -> std::io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    }

    /// Gives up without removing the file, and returns the id of its holder.
    fn forget(mut self) -> Option<u32> {
        let mut text = String::new();
        let read = self.file.take().map(|mut file| file.read_to_string(&mut text));
        // With an empty path, dropping this removes nothing.
        self.folder = PathBuf::new();
        read.and_then(Result::ok).and_then(|_| text.trim().parse().ok())
    }
}

/// Removes the lock file.
impl Drop for FolderLock {
    fn drop(&mut self) {
        if self.file.is_some() && !self.folder.as_os_str().is_empty() && self.is_in_place() {
            let _ = fs::remove_file(self.folder.join(LOCK));
        }
    }
}

/// Whether an open file is the one at a path.
#[cfg(unix)]
pub(crate) fn same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// Whether an open file is the one at a path. On other systems than Unix an open file cannot be replaced.
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
        let process = format!(": in use by process {}; wait for it to end, or choose another folder", std::process::id());
        assert!(message.ends_with(&process), "{message}");
        assert!(lock.is_in_place() && FolderLock::is_held(place.path()), "a failed attempt changes nothing");
        drop(lock);
        assert!(!FolderLock::is_held(place.path()));
        assert!(fs::read_dir(place.path()).unwrap().next().is_none());
        // The file of a killed process does not lock the folder.
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
        assert!(lock.must_be_in_place().unwrap_err().to_string().ends_with("run: the folder was removed or replaced during the run"));
        fs::create_dir(&folder).unwrap();
        let other = FolderLock::take(&folder).unwrap();
        assert!(!lock.is_in_place());
        drop(lock);
        assert!(other.is_in_place(), "dropping the old lock keeps the new one");
    }
}

//! Temporary files that are renamed.

use std::collections::hash_map::RandomState;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use super::target::folder;

/// The ending of all names, after 16 hexadecimal digits.
const ENDING: &str = ".layercake.tmp";
const DIGITS: usize = 16;
/// The number of bytes of the target's name in the name of the temporary file: a name of 255 bytes has no room for more.
const STEM: usize = 100;
/// The number of names in a folder that are checked for left-over files: a save must not take seconds because the folder is full.
const LOOKED_AT: usize = 10_000;

/// A temporary file; removed unless it is renamed.
///
/// It is locked while it is written. The system releases the lock when the process ends, so a temporary file that can be locked has no owner any
/// more.
pub(super) struct Temporary {
    path: PathBuf,
    file: File,
    renamed: bool,
}

impl Temporary {
    /// In the folder of `target`. A private one is readable only by its owner until its permissions are set.
    pub(super) fn create(target: &Path, private: bool) -> io::Result<Self> {
        loop {
            let path = folder(target).join(name(target.file_name().unwrap_or_default()));
            let file = match options(private).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                file => file?,
            };
            let temporary = Self { path, file, renamed: false };
            // On a file system without locks, the clean-up cannot lock either.
            let taken = matches!(temporary.file.try_lock(), Err(fs::TryLockError::WouldBlock));
            // Another process may have removed it before it was locked.
            if !taken && fs::symlink_metadata(&temporary.path).is_ok() {
                return Ok(temporary);
            }
        }
    }

    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Sets the owner of the file that is replaced, if the system allows it.
    pub(super) fn take_owner(&self, existing: &Metadata) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, fchown};
            let own = self.file.metadata().map(|own| (own.uid(), own.gid()));
            if own.is_ok_and(|own| own != (existing.uid(), existing.gid())) {
                // Changing the owner needs a privilege; changing the group to one of the user's own does not.
                let _ = fchown(&self.file, Some(existing.uid()), Some(existing.gid()))
                    .or_else(|_| fchown(&self.file, None, Some(existing.gid())));
            }
        }
        #[cfg(not(unix))]
        let _ = existing;
    }

    pub(super) fn rename(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            // The earlier error is the one that counts.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn options(private: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = private;
    options
}

/// `.model.safetensors.0123456789abcdef.layercake.tmp`
fn name(target: &OsStr) -> String {
    let target = target.to_string_lossy();
    // The keys are random, and differ for each hasher.
    let number = RandomState::new().build_hasher().finish();
    format!(".{}.{number:0DIGITS$x}{ENDING}", &target[..target.floor_char_boundary(STEM)])
}

fn is_one(name: &OsStr) -> bool {
    let digits = |name: &str| name.len() > DIGITS && name.bytes().rev().take(DIGITS).all(|byte| byte.is_ascii_hexdigit());
    name.to_str().filter(|name| name.starts_with('.')).and_then(|name| name.strip_suffix(ENDING)).is_some_and(digits)
}

/// Removes files that killed writers left in a folder. Failures are ignored.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.take(LOOKED_AT).flatten() {
        if is_one(&entry.file_name()) && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let Ok(file) = OpenOptions::new().write(true).open(entry.path()) else { continue };
            // Removed while it is locked, so that no writer can take it for its own.
            if file.try_lock().is_ok() {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_known() {
        for target in ["a", "model.safetensors", &"x".repeat(255), &"ü".repeat(127)] {
            let name = name(OsStr::new(target));
            assert!(name.len() <= 132 && is_one(OsStr::new(&name)), "{name}");
        }
        assert_ne!(name(OsStr::new("a")), name(OsStr::new("a")));
        for other in ["a.layercake.tmp", ".a.layercake.tmp", ".a.0123456789abcdeg.layercake.tmp", "model.safetensors", ".tmp"] {
            assert!(!is_one(OsStr::new(other)), "{other}");
        }
    }
}

//! Atomic writes.

mod target;
mod temporary;

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use target::{Target, folder};
use temporary::Temporary;

/// Writes a file atomically: at any moment the path has either its previous content or all of `bytes`. The bytes are written to a temporary file in
/// the same folder, synced to disk, and renamed.
///
/// Several threads and processes may write to one path at the same time; the last one to finish wins. An existing file keeps its permissions and, if
/// the system allows it, its owner. A read-only file is not replaced. A symbolic link is kept, and the file that it points to is written. Temporary
/// files that killed writers left in the folder are removed by the next writer.
///
/// A device, a pipe and `/dev/stdout` are opened and written to, never replaced. A folder is refused.
///
/// # Errors
/// Returns the error of the file system.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match Target::of(path)? {
        Target::File { path, existing } => replace(&path, existing.as_ref(), bytes),
        // Appended, because another process may be writing to the same file.
        Target::Stream(path) => OpenOptions::new().append(true).open(path)?.write_all(bytes),
        Target::Stdout => all_of(io::stdout().lock(), bytes),
        Target::Stderr => all_of(io::stderr().lock(), bytes),
    }
}

fn all_of(mut stream: impl Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

fn replace(path: &Path, existing: Option<&Metadata>, bytes: &[u8]) -> io::Result<()> {
    if existing.is_some() {
        may_be_written(path)?;
    }
    // First, because left-over files may be what fills the disk.
    temporary::sweep(folder(path));
    let mut temporary = Temporary::create(path, existing.is_some())?;
    if let Some(existing) = existing {
        temporary.take_owner(existing);
    }
    temporary.file().write_all(bytes)?;
    // After the bytes, because writing clears a set-user-id bit.
    if let Some(existing) = existing {
        temporary.file().set_permissions(existing.permissions())?;
    }
    temporary.file().sync_all()?;
    temporary.rename(path)?;
    sync_folder(folder(path))
}

/// The permissions of the folder would allow a file to be replaced, but a read-only file is meant to keep its content.
fn may_be_written(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => Err(error),
        // Other obstacles to writing, such as a program that runs from the file, are no obstacles to replacing it.
        _ => Ok(()),
    }
}

/// The new name must survive a power failure too. Only Unix allows a folder to be opened for this, and only if it may be listed; not every file
/// system supports it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if !unknown(error.kind()) => Err(error),
        _ => Ok(()),
    }
}

fn unknown(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

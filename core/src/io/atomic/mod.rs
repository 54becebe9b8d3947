//! Files that are either whole or not there.

mod target;
mod temporary;

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use target::{Target, folder};
use temporary::Temporary;

/// Writes a file so that, whatever happens meanwhile, the path holds either what it held before or all of `bytes`: they go to a
/// temporary file in the same folder, to the disk, and then take the name over.
///
/// Several threads and processes may write to one path at once: the file is that of the writer that finishes last. A file that is there keeps its permissions and,
/// where the system allows it, its owner; one that may not be written is not replaced. A symbolic link stays, and the file that it points to is
/// written. What a killed writer has left in the folder is removed by the next one.
///
/// A device, a pipe and `/dev/stdout` are opened and written to, never replaced. A folder is refused.
///
/// # Errors
/// Whatever the file system says.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match Target::of(path)? {
        Target::File { path, existing } => replace(&path, existing.as_ref(), bytes),
        // Appended, because it may lead to a file that somebody else is writing to.
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
    // First, since what others have left may be what fills the disk.
    temporary::sweep(folder(path));
    let mut temporary = Temporary::create(path, existing.is_some())?;
    if let Some(existing) = existing {
        temporary.take_owner(existing);
    }
    temporary.file().write_all(bytes)?;
    // After the bytes: writing takes a set-user-id bit away.
    if let Some(existing) = existing {
        temporary.file().set_permissions(existing.permissions())?;
    }
    temporary.file().sync_all()?;
    temporary.rename(path)?;
    sync_folder(folder(path))
}

/// To replace a file, the folder's permissions would be enough; whoever made the file read-only meant its contents.
fn may_be_written(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => Err(error),
        // Whatever else hinders writing, such as a program that runs from it, does not hinder replacing.
        _ => Ok(()),
    }
}

/// The new name itself must survive a power cut too. Only Unix lets a folder be opened for that, and only where it may be listed; not every
/// file system knows it.
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

//! The destination of a path.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// A longer chain of links is a cycle; Linux has the same limit.
const MOST_LINKS: usize = 40;

/// What a path leads to.
pub(super) enum Target {
    /// A regular file, or an unused name. Not a link.
    File { path: PathBuf, existing: Option<Metadata> },
    /// A device, a pipe, or a file that a process has open.
    Stream(PathBuf),
    /// This process's standard output. If it were opened by its name, it would be overwritten from its beginning.
    Stdout,
    /// This process's standard error.
    Stderr,
}

impl Target {
    /// Follows links; the last one may point to a file that does not exist yet.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        if names_a_folder(path) {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "the path names a folder, not a file"));
        }
        let mut path = path.to_owned();
        for _ in 0..=MOST_LINKS {
            if let Some(stream) = of_a_process(&path) {
                return Ok(stream);
            }
            match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Target::File { path, existing: None }),
                Err(error) => return Err(error),
                Ok(found) if found.is_symlink() => path = folder(&path).join(fs::read_link(&path)?),
                Ok(found) if found.is_dir() => return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")),
                Ok(found) if found.is_file() => return Ok(Target::File { path, existing: Some(found) }),
                Ok(_) => return Ok(Target::Stream(path)),
            }
        }
        Err(io::Error::other("its symbolic links form a cycle"))
    }
}

/// The folder of a path.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// `models/`, `models/.` and `..` cannot be files. `Path` itself ignores such endings.
fn names_a_folder(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let separator = |byte: &u8| *byte == b'/' || (cfg!(windows) && *byte == b'\\');
    let last = bytes.rsplit(separator).next().unwrap_or_default();
    matches!(last, b"" | b"." | b"..") || path.file_name().is_none()
}

/// Files that a process has open appear as links: `/dev/stdout` leads to `/proc/self/fd/1`, which may lead to the name of a file. That name must not
/// be replaced, because the process continues to write to the open file.
fn of_a_process(path: &Path) -> Option<Target> {
    if !cfg!(unix) || !path.starts_with("/dev") && !path.starts_with("/proc") {
        return None;
    }
    let open_files = fs::canonicalize(folder(path)).ok()?;
    let own = open_files == Path::new("/dev/fd") || open_files == Path::new(&format!("/proc/{}/fd", std::process::id()));
    match path.file_name()?.to_str()? {
        "1" if own => Some(Target::Stdout),
        "2" if own => Some(Target::Stderr),
        _ if own || open_files.starts_with("/proc") => Some(Target::Stream(path.to_owned())),
        _ => None,
    }
}

//! Hidden files in data folders.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::data::DataError;

/// Files of operating systems and tools. Names that begin with a dot are hidden too (`.ipynb_checkpoints`, `.DS_Store`, `._1.png`).
const LEFT_BEHIND: [&str; 8] =
    ["__MACOSX", "__pycache__", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found", "Thumbs.db", "desktop.ini"];

fn is_hidden(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || LEFT_BEHIND.iter().any(|left| name.eq_ignore_ascii_case(left))
}

/// The entries of a folder without hidden ones, sorted by name.
pub(in crate::data) fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let io = |source| DataError::Io { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        if !is_hidden(&entry.file_name()) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

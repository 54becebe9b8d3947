//! The location of full data sets.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder of data sets, if it holds this one: that in the variable `LAYERCAKE_DATA`, or `../shared/data` beside the workspace. Says so
/// where it is not there, past the capture of passing tests' output.
pub fn shared_data(set: &str) -> Option<PathBuf> {
    let named = std::env::var_os("LAYERCAKE_DATA").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"));
    if folder.join(set).is_dir() {
        return Some(folder);
    }
    let text = format!("SKIPPED: {} is not here; LAYERCAKE_DATA can name another folder\n", folder.join(set).display());
    let _ = std::io::stderr().write_all(text.as_bytes());
    None
}

//! `report.html`: a run, or several beside each other, as one page that needs no network and no script. It has a light and a dark form, and fits a phone.

mod chart;
mod compare;
mod html;
mod page;
mod results;
mod serve;

pub use compare::compare;
pub(super) use html::{base64, escape};
pub use results::Results;
pub use serve::PageServer;

use std::path::{Path, PathBuf};

use super::folder::{REPORT, write_text};
use crate::TrainError;

/// Writes the page of a run to `report.html` in its folder, and returns the path. A run that is finished has it already; this is for a run that is going
/// on or was interrupted.
///
/// # Errors
/// Returns an error if the folder contains no run, a file of it is damaged, or the page cannot be written.
pub fn write(folder: &Path) -> Result<PathBuf, TrainError> {
    let path = folder.join(REPORT);
    write_text(&path, Ok(page::page(&Results::read(folder)?, None)))?;
    Ok(path)
}

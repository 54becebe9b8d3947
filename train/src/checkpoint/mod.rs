//! Checkpoints: everything needed to resume a run with the same bits.
//!
//! A checkpoint is a folder with the model, the optimizer's state, the averaged model, the task's state, and the position in the run. It is
//! written under a temporary name and renamed when it is complete on disk, so an existing checkpoint is always complete. Random numbers are
//! functions of seeds and counters, so no generator state is saved.

mod lock;
mod seal;
mod state;
mod task_state;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::TrainError;
pub(crate) use lock::{FolderLock, LOCK, same};
pub(crate) use seal::Sum;
pub(crate) use state::{RunSettings, State};
pub(crate) use task_state::{load_task_state, save_task_state};

/// The format version. Version 1 had no checksums and did not continue partial epochs.
const VERSION: u32 = 2;

/// The folder of a run's checkpoints. They are numbered; the highest number is the latest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "checkpoints are written when passed to a trainer"]
pub struct Checkpoints {
    folder: PathBuf,
    /// Optimizer steps between checkpoints, in addition to those after each epoch.
    every: Option<usize>,
}

impl Checkpoints {
    /// Checkpoints after each epoch in this folder, which is created if needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), every: None }
    }

    /// Writes checkpoints also after every `steps` optimizer steps. 0 is an error of [`Trainer::fit`](crate::Trainer::fit).
    pub fn every(self, steps: usize) -> Self {
        Self { every: Some(steps), ..self }
    }

    pub(crate) fn is_due(&self, step: usize) -> bool {
        self.every.is_some_and(|every| step.is_multiple_of(every))
    }

    pub(crate) fn are_never_due(&self) -> bool {
        self.every == Some(0)
    }

    /// Creates and locks the folder.
    pub(crate) fn lock(&self) -> Result<FolderLock, TrainError> {
        fs::create_dir_all(&self.folder).map_err(|source| at(&self.folder, source))?;
        FolderLock::take(&self.folder)
    }

    /// The folder of all checkpoints.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the latest checkpoint.
    ///
    /// # Errors
    /// Returns an error if the folder exists and cannot be read.
    pub fn latest(&self) -> Result<Option<PathBuf>, TrainError> {
        Ok(self.as_slice()?.into_iter().max().map(|number| self.path(number)))
    }

    /// Removes all checkpoints, and temporary files of killed processes.
    pub(crate) fn clear(&self) -> Result<(), TrainError> {
        remove_temporaries(&self.folder, is_number)?;
        self.as_slice()?.into_iter().try_for_each(|number| remove_folder(&self.path(number)))
    }

    /// Writes a checkpoint: `fill` writes its files to the given folder. Older checkpoints are removed afterwards.
    pub(crate) fn write(&self, fill: impl FnOnce(&Path) -> Result<(), TrainError>) -> Result<(), TrainError> {
        fs::create_dir_all(&self.folder).map_err(|source| at(&self.folder, source))?;
        let older = self.as_slice()?;
        let number = older.iter().max().map_or(1, |latest| latest + 1);
        let temporary = self.folder.join(format!(".{number:06}.{}.tmp", std::process::id()));
        remove_folder(&temporary)?;
        fs::create_dir(&temporary).map_err(|source| at(&temporary, source))?;
        fill(&temporary)?;
        seal::seal(&temporary)?;
        let path = self.path(number);
        fs::rename(&temporary, &path).map_err(|source| at(&path, source))?;
        sync(&self.folder)?;
        older.into_iter().try_for_each(|number| remove_folder(&self.path(number)))
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:06}"))
    }

    fn as_slice(&self) -> Result<Vec<u64>, TrainError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|source| at(&self.folder, source))?,
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(names.filter(|name| is_number(name)).filter_map(|name| name.parse().ok()).collect())
    }
}

/// Verifies the checksums of a checkpoint.
pub(crate) fn verify(folder: &Path) -> Result<(), TrainError> {
    seal::verify(folder, || state::version(&folder.join(STATE)))
}

/// The file with the position in the run.
pub(crate) const STATE: &str = "state.json";

/// Removes temporary files of killed processes: files and folders named `.NAME.*.tmp` where `written(NAME)`.
pub(crate) fn remove_temporaries(folder: &Path, written: impl Fn(&str) -> bool) -> Result<(), TrainError> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| is_temporary(name, &written)) {
            let path = entry.path();
            if path.is_dir() {
                remove_folder(&path)?;
            } else {
                fs::remove_file(&path).map_err(|source| at(&path, source))?;
            }
        }
    }
    Ok(())
}

/// Whether a name is `.NAME.*.tmp` where `written(NAME)`.
pub(crate) fn is_temporary(name: &str, written: impl Fn(&str) -> bool) -> bool {
    let Some(middle) = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp")) else { return false };
    middle.match_indices('.').any(|(end, _)| written(&middle[..end]))
}

/// Whether a name is the number of a checkpoint.
pub(crate) fn is_number(name: &str) -> bool {
    name.len() >= 6 && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Removes a folder. It is renamed first, so that a partly removed folder is not taken for a checkpoint.
fn remove_folder(path: &Path) -> Result<(), TrainError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let doomed =
        if name.starts_with('.') { path.to_owned() } else { path.with_file_name(format!(".{name}.{}.old.tmp", std::process::id())) };
    let renamed = if doomed == path { Ok(()) } else { fs::rename(path, &doomed) };
    match renamed.and_then(|()| fs::remove_dir_all(&doomed)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path, error)),
        _ => Ok(()),
    }
}

/// Syncs the folder, so that the rename survives a power failure. Only Unix can open folders.
fn sync(folder: &Path) -> Result<(), TrainError> {
    if cfg!(unix) { fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| at(folder, source)) } else { Ok(()) }
}

pub(crate) fn at(path: &Path, source: io::Error) -> TrainError {
    TrainError::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn only_what_a_writer_left_is_temporary() {
        let known = |name: &str| name == "config.json" || is_number(name);
        for name in [".config.json.17.tmp", ".config.json.17.3.tmp", ".000004.17.tmp", ".000004.17.old.tmp"] {
            assert!(is_temporary(name, known), "{name}");
        }
        for name in [".notes.tmp", "config.json.17.tmp", ".config.json", ".tmp", ".config.txt.17.tmp", ".4.17.tmp"] {
            assert!(!is_temporary(name, known), "{name}");
        }
    }

    #[test]
    fn the_latest_is_whole_and_alone() {
        let place = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(place.path().join("c"));
        assert_eq!(checkpoints.latest().unwrap(), None);
        let write = |text: &str| checkpoints.write(|folder| fs::write(folder.join("file"), text).map_err(|source| at(folder, source)));
        for text in ["one", "two", "three"] {
            write(text).unwrap();
            let latest = checkpoints.latest().unwrap().unwrap();
            assert_eq!(fs::read_to_string(latest.join("file")).unwrap(), text);
        }
        assert_eq!(names(checkpoints.folder()), ["000003"]);
        // A failed checkpoint keeps the last one; its temporary files are removed later.
        let failed = checkpoints.write(|folder| {
            fs::write(folder.join("half"), "").unwrap();
            Err(TrainError::Setting("no".to_owned()))
        });
        assert!(failed.is_err());
        assert_eq!(names(checkpoints.folder()).len(), 2);
        assert!(checkpoints.latest().unwrap().unwrap().ends_with("000003"));
        remove_temporaries(checkpoints.folder(), is_number).unwrap();
        assert_eq!(names(checkpoints.folder()), ["000003"]);
        checkpoints.clear().unwrap();
        assert!(names(checkpoints.folder()).is_empty());
    }
}

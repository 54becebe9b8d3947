//! The temporary folder in which pictures are drawn.

use std::fs;
use std::path::{Path, PathBuf};

use crate::TrainError;
use crate::checkpoint::at;

/// A temporary folder in `target`. Its files are either all moved to `target` or removed.
pub(super) struct Staging {
    target: PathBuf,
    path: PathBuf,
}

impl Staging {
    pub fn new(target: &Path) -> Result<Self, TrainError> {
        let path = target.join(format!("{}{}.tmp", PREFIX, std::process::id()));
        // Left behind by an earlier process with the same id.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).map_err(|source| at(target, source))?;
        Ok(Self { target: target.to_owned(), path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the files, sorted.
    pub fn names(&self) -> Result<Vec<String>, TrainError> {
        let entries = fs::read_dir(&self.path).map_err(|source| at(&self.path, source))?;
        let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        Ok(names)
    }

    /// Moves all files to `target`.
    pub fn publish(self) -> Result<(), TrainError> {
        move_all(&self.path, &self.target)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The prefix of the folder's name.
pub(crate) const PREFIX: &str = ".pictures.";

/// Moves files over existing ones of the same name; merges folders.
fn move_all(from: &Path, to: &Path) -> Result<(), TrainError> {
    for entry in fs::read_dir(from).map_err(|source| at(from, source))? {
        let entry = entry.map_err(|source| at(from, source))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() && target.is_dir() {
            move_all(&path, &target)?;
        } else {
            fs::rename(&path, &target).map_err(|source| at(&target, source))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_or_nothing() {
        let place = tempfile::tempdir().unwrap();
        let names = || {
            let mut names: Vec<_> =
                fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        fs::write(place.path().join("a.png"), "old").unwrap();
        let staging = Staging::new(place.path()).unwrap();
        fs::write(staging.path().join("a.png"), "new").unwrap();
        drop(staging);
        assert_eq!(fs::read_to_string(place.path().join("a.png")).unwrap(), "old");
        let staging = Staging::new(place.path()).unwrap();
        fs::write(staging.path().join("a.png"), "new").unwrap();
        fs::create_dir(staging.path().join("epochs")).unwrap();
        fs::write(staging.path().join("epochs/1.png"), "1").unwrap();
        assert_eq!(staging.names().unwrap(), ["a.png", "epochs"]);
        staging.publish().unwrap();
        assert_eq!(fs::read_to_string(place.path().join("a.png")).unwrap(), "new");
        assert_eq!(names(), ["a.png", "epochs"]);
        assert!(Staging::new(&place.path().join("gone")).is_err());
    }
}

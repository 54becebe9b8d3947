//! Tensors whose numbers are in other files, which lie beside the model.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

/// A part of another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The file, relative to the folder of the model.
    pub location: String,
    /// Where the part begins.
    pub offset: u64,
    /// Its length; None for the rest of the file.
    pub length: Option<u64>,
}

/// The files beside a model.
pub trait Beside {
    /// The bytes of a part of a file.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&mut self, section: &Section) -> Result<Vec<u8>, String>;
}

/// No files: a model in memory.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Beside for Nothing {
    fn read(&mut self, section: &Section) -> Result<Vec<u8>, String> {
        Err(format!("its numbers are in the file `{}`, which a model in memory does not have", section.location))
    }
}

/// The folder of a model. Files outside of it are not read, nor more bytes of a file than it has.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    /// For each file, how many bytes may still be read.
    left: HashMap<String, u64>,
}

impl Folder {
    /// The folder in which a model lies.
    pub fn of(model: &Path) -> Self {
        let folder = model.parent().filter(|folder| !folder.as_os_str().is_empty());
        Self { path: folder.map_or_else(|| PathBuf::from("."), Path::to_owned), left: HashMap::new() }
    }

    /// Where a file lies. A link that leads out of the folder is refused too.
    fn place(&self, location: &str) -> Result<PathBuf, String> {
        let inside = !location.is_empty() && Path::new(location).components().all(|part| matches!(part, Component::Normal(_)));
        let refused = || format!("its numbers are in `{location}`, which is not beside the model");
        if !inside || location.contains('\\') {
            return Err(refused());
        }
        let wrong = |error: std::io::Error| format!("its numbers are in `{location}`: {error}");
        let (folder, path) = (self.path.canonicalize().map_err(wrong)?, self.path.join(location).canonicalize().map_err(wrong)?);
        if path.starts_with(folder) { Ok(path) } else { Err(refused()) }
    }
}

impl Beside for Folder {
    fn read(&mut self, section: &Section) -> Result<Vec<u8>, String> {
        let Section { location, offset, length } = section;
        let path = self.place(location)?;
        let wrong = |error: std::io::Error| format!("its numbers are in `{location}`: {error}");
        let metadata = path.metadata().map_err(wrong)?;
        if !metadata.is_file() {
            return Err(format!("its numbers are in `{location}`, which is not a file"));
        }
        let size = metadata.len();
        let length = length.unwrap_or(size.saturating_sub(*offset));
        if offset.checked_add(length).is_none_or(|end| end > size) {
            return Err(format!("its numbers are in `{location}`: {length} bytes from {offset} on, but the file has {size}"));
        }
        let left = self.left.entry(location.clone()).or_insert(size);
        *left = left.checked_sub(length).ok_or_else(|| format!("the tensors in `{location}` overlap"))?;
        let mut file = File::open(path).map_err(wrong)?;
        file.seek(SeekFrom::Start(*offset)).map_err(wrong)?;
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes).map_err(wrong)?;
        Ok(bytes)
    }
}

/// Files that are in memory.
#[derive(Clone, Copy, Debug)]
pub struct InMemory<'a>(pub &'a [(&'a str, &'a [u8])]);

impl Beside for InMemory<'_> {
    fn read(&mut self, section: &Section) -> Result<Vec<u8>, String> {
        let Section { location, offset, length } = section;
        let file = self.0.iter().find(|(name, _)| name == location).map(|(_, bytes)| *bytes);
        let file = file.ok_or_else(|| format!("its numbers are in the file `{location}`, which is not there"))?;
        let begin = usize::try_from(*offset).unwrap_or(usize::MAX);
        let end = length.map_or(Some(file.len()), |length| begin.checked_add(usize::try_from(length).ok()?));
        let part = end.and_then(|end| file.get(begin..end));
        Ok(part.ok_or_else(|| format!("its numbers are in `{location}`, which is too short"))?.to_vec())
    }
}

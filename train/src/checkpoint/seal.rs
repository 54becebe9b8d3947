//! Checksums of a checkpoint: `checkpoint.json` with the size and CRC-32 of each file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use layercake::io::write_atomically;
use serde::{Deserialize, Serialize};

use super::{VERSION, at};
use crate::TrainError;

const SEAL: &str = "checkpoint.json";
const FORMAT: &str = "layercake-checkpoint";
/// The first version with checksums.
const SEALED: u32 = 2;

#[derive(Debug, Serialize, Deserialize)]
struct Seal {
    format: String,
    version: u32,
    files: BTreeMap<String, Sum>,
}

/// Size and checksum of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sum {
    /// The size.
    pub bytes: u64,
    /// CRC-32 as in gzip and PNG.
    pub crc32: u32,
}

impl Sum {
    pub(crate) fn of(path: &Path) -> Result<Self, TrainError> {
        let bytes = fs::read(path).map_err(|source| at(path, source))?;
        Ok(Self { bytes: bytes.len() as u64, crc32: crc32fast::hash(&bytes) })
    }

    /// Verifies a file; `recorded` names the file with the expected checksum.
    pub(crate) fn verify(self, path: &Path, recorded: &str) -> Result<(), TrainError> {
        let found = Self::of(path)?;
        if found == self {
            return Ok(());
        }
        let text = |sum: Self| format!("{} bytes with checksum {:08x}", sum.bytes, sum.crc32);
        let reason = format!("damaged or replaced: {recorded} says {}, found {}", text(self), text(found));
        Err(TrainError::Content { path: path.to_owned(), reason })
    }
}

/// Writes the checksums of a folder's files.
pub(super) fn seal(folder: &Path) -> Result<(), TrainError> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|source| at(folder, source))? {
        let entry = entry.map_err(|source| at(folder, source))?;
        if let Ok(name) = entry.file_name().into_string() {
            files.insert(name, Sum::of(&entry.path())?);
        }
    }
    let seal = Seal { format: FORMAT.to_owned(), version: VERSION, files };
    let text = serde_json::to_string_pretty(&seal).expect("plain data can be written as JSON") + "\n";
    let path = folder.join(SEAL);
    write_atomically(&path, text.as_bytes()).map_err(|source| at(&path, source))
}

/// Verifies the checksums of a checkpoint. `version` reads the version from the state if there are no checksums.
pub(crate) fn verify(folder: &Path, version: impl FnOnce() -> Result<u32, TrainError>) -> Result<(), TrainError> {
    let path = folder.join(SEAL);
    let wrong = |reason: String| TrainError::Content { path: path.clone(), reason };
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return if version()? < SEALED { Ok(()) } else { Err(at(&path, error)) };
        }
        text => text.map_err(|source| at(&path, source))?,
    };
    let seal: Seal = serde_json::from_str(&text).map_err(|error| wrong(format!("not the checksums of a checkpoint: {error}")))?;
    if seal.format != FORMAT || !(SEALED..=VERSION).contains(&seal.version) {
        let found = format!("{:?} version {}", seal.format, seal.version);
        return Err(wrong(format!("expected \"{FORMAT}\" version {SEALED} to {VERSION}, found {found}")));
    }
    for (name, sum) in &seal.files {
        // File names only: no path may leave the folder.
        if Path::new(name).file_name() != Some(name.as_ref()) {
            return Err(wrong(format!("{name:?} is not a file name")));
        }
        sum.verify(&folder.join(name), SEAL)?;
    }
    // Files that are not listed are rejected too.
    for entry in fs::read_dir(folder).map_err(|source| at(folder, source))?.flatten() {
        let name = entry.file_name();
        if name != SEAL && !name.to_str().is_some_and(|name| seal.files.contains_key(name)) {
            return Err(wrong(format!("unexpected file {name:?} beside it")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flipped bit, a missing or additional byte, a missing or additional file: each is an error that names the file.
    #[test]
    fn all_damage_is_found() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        let path = |name: &str| folder.join(name);
        fs::write(path("model"), b"many numbers").unwrap();
        fs::write(path("state"), b"{}").unwrap();
        seal(folder).unwrap();
        let good = || verify(folder, || panic!("it has checksums"));
        good().unwrap();
        for name in ["model", "state"] {
            let whole = fs::read(path(name)).unwrap();
            for i in 0..whole.len() {
                for bit in 0..8 {
                    let mut bytes = whole.clone();
                    bytes[i] ^= 1 << bit;
                    fs::write(path(name), bytes).unwrap();
                    let message = good().unwrap_err().to_string();
                    assert!(message.contains(&format!("{name}: damaged or replaced: checkpoint.json says ")), "{message}");
                }
            }
            for bytes in [[&whole[..], b" "].concat(), whole[1..].to_vec()] {
                fs::write(path(name), bytes).unwrap();
                assert!(good().is_err());
            }
            fs::remove_file(path(name)).unwrap();
            assert!(good().unwrap_err().to_string().contains(name));
            fs::write(path(name), whole).unwrap();
        }
        fs::write(path("more"), b"").unwrap();
        assert!(good().unwrap_err().to_string().contains("unexpected file \"more\" beside it"));
        fs::remove_file(path("more")).unwrap();
        good().unwrap();

        let text = fs::read_to_string(path(SEAL)).unwrap();
        for (from, to, says) in [
            ("\"version\": 2", "\"version\": 3", "found \"layercake-checkpoint\" version 3"),
            ("layercake-checkpoint", "zip", "found \"zip\" version 2"),
            ("\"model\"", "\"../model\"", "\"../model\" is not a file name"),
            ("{", "", "not the checksums of a checkpoint"),
        ] {
            fs::write(path(SEAL), text.replacen(from, to, 1)).unwrap();
            let message = good().unwrap_err().to_string();
            assert!(message.contains(says), "{message}");
        }
        // Without checksums, the version of the state determines whether they are required.
        fs::remove_file(path(SEAL)).unwrap();
        assert!(verify(folder, || Ok(2)).unwrap_err().to_string().contains("checkpoint.json: "));
        verify(folder, || Ok(1)).unwrap();
    }
}

//! Files of PyTorch: what `torch.save` writes for a `state_dict`, or for a dict that has one.
//!
//! A file is a zip archive of a pickle and the numbers of its tensors, or the format that PyTorch wrote by default before version 1.6. A pickle is a program; the
//! reader here knows tensors, dicts, lists, tuples, texts and numbers, and refuses everything else by name. Nothing in a file is ever executed.
//!
//! Read are float32, float16, bfloat16, float64, integers and truth values, with any strides; several tensors may share a storage. A file may have the
//! `state_dict` under a key, with other things beside it: the report lists what was left out. Refused are TorchScript archives, whole modules, big-endian files,
//! and archives with compressed entries.
//!
//! Memory: at most 128 times the size of the file and 256 KiB, in addition to the network. A file of tensors takes its own size, and twice the largest tensor.
//!
//! ```no_run
//! use layercake::prelude::*;
//!
//! network! { Net: [4] -> [3] { fc: Linear(3) } }
//!
//! let mut net = Net::new(&Cpu::default());
//! let report = io::pytorch::load(&mut net, "checkpoint.pt")?;
//! println!("{report}");
//! # Ok::<(), io::IoError>(())
//! ```

mod old;
mod pickle;
mod state_dict;

use std::collections::HashMap;
use std::path::Path;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor_ops::Device;

pub(super) use old::{is_one as is_one_without_zip, source as source_without_zip};
use pickle::{Pickle, Storage};

use super::archive::Archive;
use super::arrays::{Arrays, Entry, NumberType, Source, View, all};
use super::{IoError, LoadReport, OnNonFinite, bytes, strict};
use crate::Scalar;

/// Loads all tensors of a module from a file of PyTorch that has exactly these tensors. On an error the module is unchanged.
///
/// The `state_dict` is the only dict with tensors in the file, besides an optimizer's state; otherwise the one named `state_dict`, `model_state_dict`,
/// `model` or `module`, the first of them that there is; otherwise the file itself. [`load_from`] names another. A file with other names than the
/// network's is loaded by [`load_renamed`](super::load_renamed).
///
/// Numbers of other types are converted; the report says so, and lists what else the file has. A NaN or infinite number is an error.
///
/// # Errors
/// Returns an error if the file cannot be read, is damaged or is refused, or if a tensor is missing, has another shape, has a NaN or infinite number, or
/// is not a tensor of the module.
pub fn load<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(module: &mut M, path: impl AsRef<Path>) -> Result<LoadReport, IoError> {
    load_at(module, path.as_ref(), None)
}

/// [`load`] from the dict at `key`, such as `"ema"`, or `"models.generator"` for a dict in a dict; an empty key is the file itself.
///
/// # Errors
/// The same as [`load`]; and if there is no dict of tensors at `key`.
pub fn load_from<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    module: &mut M,
    path: impl AsRef<Path>,
    key: &str,
) -> Result<LoadReport, IoError> {
    load_at(module, path.as_ref(), Some(key))
}

fn load_at<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    module: &mut M,
    path: &Path,
    key: Option<&str>,
) -> Result<LoadReport, IoError> {
    let bytes = bytes(path)?;
    strict::load(module, path, open(path, &bytes, key)?, OnNonFinite::Refuse)
}

/// The tensors of a file of PyTorch by name. `key` is where the file has them; `None` chooses as [`load`] does.
///
/// # Errors
/// Returns an error if the file cannot be read, is damaged or is refused, or if it has numbers of a type that is not read.
pub fn read(path: impl AsRef<Path>, key: Option<&str>) -> Result<Arrays, IoError> {
    let path = path.as_ref();
    let bytes = bytes(path)?;
    all(path, &open(path, &bytes, key)?)
}

fn open<'a>(path: &Path, bytes: &'a [u8], key: Option<&str>) -> Result<Source<'a>, IoError> {
    if old::is_one(bytes) {
        return old::source(path, bytes, key);
    }
    source(path, &Archive::open(bytes).map_err(|reason| damaged(path, reason))?, key)
}

/// The tensors of an archive.
pub(super) fn source<'a>(path: &Path, archive: &Archive<'a>, key: Option<&str>) -> Result<Source<'a>, IoError> {
    let refused = |reason: String| IoError::Refused { path: path.into(), reason };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // All entries are in one folder, whatever its name is.
    let folder = archive.names().find_map(|entry| entry.strip_suffix("data.pkl").filter(|folder| folder.matches('/').count() <= 1));
    let Some(folder) = folder else {
        return Err(refused(
            "a zip archive, but not of `torch.save` or of NumPy: it has no entry `data.pkl`, and others than arrays".to_owned(),
        ));
    };
    let has = |inner: &str| archive.names().any(|entry| entry.strip_prefix(folder).is_some_and(|entry| entry.starts_with(inner)));
    if has("constants.pkl") || has("code/") {
        return Err(refused(format!(
            "a TorchScript archive, which has code; save its tensors in Python: torch.save(torch.jit.load('{name}').state_dict(), 'tensors.pt')"
        )));
    }
    let entry = |inner: &str| archive.stored(&format!("{folder}{inner}"));
    match entry("byteorder").transpose().map_err(|reason| damaged(path, reason))? {
        None | Some(b"little") => {}
        Some(_) => return Err(refused("its numbers are big-endian; load and save it on a little-endian machine".to_owned())),
    }
    let pickle = entry("data.pkl").expect("the entry was found").map_err(|reason| damaged(path, reason))?;
    let pickle = Pickle::read(pickle).map_err(refused)?;
    let numbers = |storage: &Storage| {
        let key = pickle.key(storage);
        entry(&format!("data/{key}")).unwrap_or_else(|| Err(format!("there is no entry `{folder}data/{key}`")))
    };
    tensors(path, archive.size(), &pickle, numbers, key)
}

/// The tensors of a pickle, with the bytes of their storages. A file has `size` bytes.
fn tensors<'a>(
    path: &Path,
    size: usize,
    pickle: &Pickle<'_>,
    numbers: impl Fn(&Storage) -> Result<&'a [u8], String>,
    key: Option<&str>,
) -> Result<Source<'a>, IoError> {
    let found = state_dict::find(pickle, key).map_err(|reason| IoError::Refused { path: path.into(), reason })?;
    let mut source = Source { left_out: found.left_out, ..Source::default() };
    // Checksums are computed once for each storage.
    let mut storages: HashMap<&str, &'a [u8]> = HashMap::new();
    for (name, tensor) in found.tensors {
        let about = |reason: String| damaged(path, format!("`{name}`: {reason}"));
        let kind: NumberType = match tensor.numbers {
            Ok(kind) => kind,
            Err(unread) => {
                let entry = Entry::Unread { shape: tensor.shape.clone(), kind: unread.name.to_owned() };
                source.add(name.to_owned(), entry).map_err(about)?;
                continue;
            }
        };
        let storage = pickle.storage(tensor);
        let bytes = match storages.get(pickle.key(storage)) {
            Some(bytes) => bytes,
            None => {
                let bytes = numbers(storage).map_err(about)?;
                storages.insert(pickle.key(storage), bytes);
                bytes
            }
        };
        let stated = storage.count.checked_mul(if storage.numbers.is_some() { kind.size() } else { 1 });
        if stated != Some(bytes.len()) {
            return Err(about(format!("its storage states {} numbers of {kind}, but has {} bytes", storage.count, bytes.len())));
        }
        let view = View::strided(kind, tensor.shape.clone(), tensor.strides.clone(), tensor.offset, bytes).map_err(about)?;
        source.add(name.to_owned(), Entry::Read(view)).map_err(about)?;
    }
    source.check_size(size).map_err(|reason| damaged(path, reason))?;
    Ok(source)
}

fn damaged(path: &Path, reason: String) -> IoError {
    IoError::Format { path: path.into(), format: "PyTorch", reason }
}

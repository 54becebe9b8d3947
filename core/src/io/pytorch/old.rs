//! The format that `torch.save` wrote by default before PyTorch 1.6: five pickles (a magic number, the version, facts of the machine, the value,
//! the keys of its storages), then each storage: its count in 8 bytes, and its numbers.

use std::collections::HashMap;
use std::path::Path;

use super::pickle::{Object, Pickle, Storage, Value};
use super::{damaged, tensors};
use crate::io::IoError;
use crate::io::arrays::{NumberType, Source};

/// The pickle of the magic number.
const MAGIC: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
/// The version of the format, which never changed.
const VERSION: Value = Value::Int(1001);
/// Where a tar archive says what it is: the format before PyTorch 0.1.10.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// Whether the bytes are of a file of PyTorch that is not a zip archive.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC) || is_tar(bytes)
}

fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(TAR.0..).is_some_and(|rest| rest.starts_with(TAR.1))
}

/// The tensors of a file.
pub(crate) fn source<'a>(path: &Path, bytes: &'a [u8], key: Option<&str>) -> Result<Source<'a>, IoError> {
    let refused = |reason: String| IoError::Refused { path: path.into(), reason };
    if is_tar(bytes) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        return Err(refused(format!(
            "a tar archive, the format of PyTorch before 0.1.10; if you trust it, save it again in Python: torch.save(torch.load('{name}', 'cpu', weights_only=False), '{name}')"
        )));
    }
    let mut rest = &bytes[MAGIC.len()..];
    let mut next = || {
        let pickle = Pickle::read(rest).map_err(refused)?;
        rest = &rest[pickle.end..];
        Ok::<_, IoError>(pickle)
    };
    if next()?.root != VERSION {
        return Err(refused("its format has another version than 1001".to_owned()));
    }
    let machine = next()?;
    let Some(Object::Dict(facts)) = machine.object(machine.root) else {
        return Err(damaged(path, "it has no facts of the machine".to_owned()));
    };
    let little = facts.iter().find(|&&(key, _)| machine.text(key) == Some("little_endian"));
    if little.is_none_or(|&(_, value)| value != Value::Bool(true)) {
        return Err(refused("its numbers are big-endian; load and save it on a little-endian machine".to_owned()));
    }
    let (pickle, keys) = (next()?, next()?);
    let storages = storages(&pickle, &keys, rest).map_err(|reason| damaged(path, reason))?;
    let numbers = |storage: &Storage| {
        let key = pickle.key(storage);
        storages.get(key).copied().ok_or_else(|| format!("there is no storage `{key}`"))
    };
    tensors(path, bytes.len(), &pickle, numbers, key)
}

/// The bytes of each storage, by its key.
fn storages<'a, 'k>(pickle: &Pickle<'_>, keys: &Pickle<'k>, mut rest: &'a [u8]) -> Result<HashMap<&'k str, &'a [u8]>, String> {
    let Some(Object::List(list)) = keys.object(keys.root) else { return Err("it has no list of storages".to_owned()) };
    let size = |storage: &Storage| storage.numbers.map_or(1, |numbers| numbers.map_or_else(|unread| unread.size, NumberType::size));
    let sizes: HashMap<&str, usize> = pickle.storages().map(|storage| (pickle.key(storage), size(storage))).collect();
    let mut storages = HashMap::new();
    for &key in list {
        let key = keys.text(key).ok_or("the key of a storage is not a text")?;
        let (count, numbers) = rest.split_first_chunk().ok_or("it is cut off")?;
        let size = sizes.get(key).copied().ok_or_else(|| format!("storage `{key}` is of no tensor"))?;
        let length = usize::try_from(u64::from_le_bytes(*count)).ok().and_then(|count| count.checked_mul(size));
        let (numbers, behind) =
            length.and_then(|length| numbers.split_at_checked(length)).ok_or_else(|| format!("storage `{key}` is cut off"))?;
        storages.insert(key, numbers);
        rest = behind;
    }
    Ok(storages)
}

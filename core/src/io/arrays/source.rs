//! What the file formats have in common: tensors by name.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use super::View;
use crate::io::safetensors::tensors;
use crate::io::{IoError, LeftOut};

/// A tensor of a file.
#[derive(Clone, Debug)]
pub(crate) enum Entry<'a> {
    /// Its numbers can be read.
    Read(View<'a>),
    /// Its numbers are of a type that is not read.
    Unread {
        /// The sizes of its axes.
        shape: Vec<usize>,
        /// The type, as the file calls it.
        kind: String,
    },
}

impl Entry<'_> {
    pub(crate) fn shape(&self) -> &[usize] {
        match self {
            Self::Read(view) => view.shape(),
            Self::Unread { shape, .. } => shape,
        }
    }
}

/// The tensors of a file by name, and what else is in it. Nothing is copied out of the file before it is asked for, unless it is compressed.
#[derive(Debug, Default)]
pub(crate) struct Source<'a> {
    pub(crate) tensors: BTreeMap<String, Entry<'a>>,
    pub(crate) left_out: Vec<LeftOut>,
}

impl<'a> Source<'a> {
    /// Reads what the bytes say that they are: safetensors, a file of PyTorch, or `.npz`. `key` is where a file of PyTorch has the `state_dict`.
    pub(crate) fn open(path: &Path, bytes: &'a [u8], key: Option<&str>) -> Result<Self, IoError> {
        #[cfg(feature = "zip")]
        {
            use crate::io::{archive::Archive, npz, pytorch};
            if pytorch::is_one_without_zip(bytes) {
                return pytorch::source_without_zip(path, bytes, key);
            }
            if Archive::is_one(bytes) {
                let archive = Archive::open(bytes).map_err(|reason| IoError::Format { path: path.into(), format: "zip", reason })?;
                if !npz::is_one(&archive) {
                    return pytorch::source(path, &archive, key);
                }
                without_key(path, key)?;
                return npz::source(path, &archive);
            }
        }
        #[cfg(not(feature = "zip"))]
        if bytes.starts_with(b"PK") {
            let reason = "a zip archive; files of PyTorch and NumPy are read with the Cargo feature `zip` of `layercake`".to_owned();
            return Err(IoError::Refused { path: path.into(), reason });
        }
        // No beginning tells a safetensors file: what fails to be one is called what its name says.
        let error = match tensors(path, bytes) {
            Ok(source) => return without_key(path, key).map(|()| source),
            Err(error) => error,
        };
        let (format, reason) = match path.extension().and_then(OsStr::to_str) {
            Some("pt" | "pth") if cfg!(feature = "zip") => ("PyTorch", "it does not begin as what `torch.save` writes"),
            Some("npz") if cfg!(feature = "zip") => ("npz", "it does not begin as a zip archive"),
            _ => return Err(error),
        };
        Err(IoError::Format { path: path.into(), format, reason: reason.to_owned() })
    }

    /// Adds a tensor. The same name again is the reason of a refusal.
    pub(crate) fn add(&mut self, name: String, entry: Entry<'a>) -> Result<(), String> {
        match self.tensors.insert(name.clone(), entry) {
            None => Ok(()),
            Some(_) => Err(format!("two tensors have the name `{name}`")),
        }
    }

    /// Whether the tensors hold more numbers than a file of `size` bytes may state.
    #[cfg(feature = "zip")]
    pub(crate) fn check_size(&self, size: usize) -> Result<(), String> {
        /// They may hold this multiple of its bytes: several may lie in the same bytes, and one may repeat its numbers.
        const MOST_REPEATED: usize = 4;
        /// So many bytes are read whatever the size of the file.
        const ALWAYS_READ: usize = 1 << 16;
        let of = |entry: &Entry<'_>| if let Entry::Read(view) = entry { view.byte_count() } else { 0 };
        let total = self.tensors.values().map(of).fold(0, usize::saturating_add);
        if total <= size.saturating_mul(MOST_REPEATED).max(ALWAYS_READ) {
            return Ok(());
        }
        Err(format!("its tensors share numbers: they hold {total} bytes, more than {MOST_REPEATED} times the {size} bytes of the file"))
    }

    /// The tensor of a name, if it can be read.
    pub(crate) fn view(&self, path: &Path, name: &str) -> Option<Result<&View<'a>, IoError>> {
        Some(match self.tensors.get(name)? {
            Entry::Read(view) => Ok(view),
            Entry::Unread { kind, .. } => Err(IoError::Dtype { path: path.into(), name: name.to_owned(), found: kind.clone() }),
        })
    }
}

fn without_key(path: &Path, key: Option<&str>) -> Result<(), IoError> {
    let Some(key) = key else { return Ok(()) };
    let reason = format!("it has no dict `{key}`: only files of PyTorch have dicts of tensors");
    Err(IoError::Refused { path: path.into(), reason })
}

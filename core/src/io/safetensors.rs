//! Parameters as safetensors files, with the names of PyTorch's `state_dict` (`fc1.weight`).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::fs;
use std::io;
use std::path::Path;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor_ops::Device;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::arrays::{Entry, NumberType, Source, View};
use super::{IoError, LoadReport, strict, write_atomically};
use crate::Scalar;
use crate::gradient::NonFinite;
use crate::host::wide;
use crate::model::any_tensor::{AnyTensor, each};

/// Saves all tensors of a module, `f32` as F32 and `f64` as F64. The file is written atomically.
///
/// The same module gives the same bytes.
///
/// # Errors
/// Returns an error if the file cannot be written, or if two tensors have the same path.
pub fn save_safetensors<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(module: &M, path: impl AsRef<Path>) -> Result<(), IoError> {
    let path = path.as_ref();
    let tensors = model_tensors(module);
    let mut known = HashSet::new();
    if let Some((name, ..)) = tensors.iter().find(|(name, ..)| !known.insert(name)) {
        return Err(IoError::Duplicate { path: path.into(), name: name.clone() });
    }
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(dtype::<E>(), shape.clone(), bytes).expect("a tensor holds as many numbers as its shape says");
        (name.clone(), view)
    });
    let format = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let bytes = safetensors::serialize(views, Some(format)).expect("tensors in memory can be serialized");
    write_atomically(path, &bytes).map_err(|source| IoError::Write { path: path.into(), source })
}

/// How loading treats NaN and infinite numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnNonFinite {
    /// Returns an error that names the first tensor with such a number.
    #[default]
    Refuse,
    /// Loads them, like PyTorch.
    Accept,
}

/// Loads all tensors of a module from a file that has exactly these tensors. On an error the module is unchanged.
///
/// A NaN or infinite number is an error, also if a number overflows in the module's type (`f64` to `f32`): most networks with such a parameter return
/// only NaN. [`load_safetensors_with`] can accept them, like PyTorch.
///
/// Numbers of other types than the module's are converted, and the report says so: floats of 16, 32 and 64 bits, integers, truth values. PyTorch's
/// `num_batches_tracked` of batch normalization is ignored.
///
/// # Errors
/// Returns an error if the file cannot be read or is damaged, or if a tensor is missing, has another shape, has a NaN or infinite number, or is not a
/// tensor of the module.
pub fn load_safetensors<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    module: &mut M,
    path: impl AsRef<Path>,
) -> Result<LoadReport, IoError> {
    load_safetensors_with(module, path, OnNonFinite::Refuse)
}

/// [`load_safetensors`] with a choice of what to do with NaN and infinite numbers.
///
/// # Errors
/// The same as [`load_safetensors`]; a NaN or infinite number is an error only with [`OnNonFinite::Refuse`].
pub fn load_safetensors_with<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    module: &mut M,
    path: impl AsRef<Path>,
    on_non_finite: OnNonFinite,
) -> Result<LoadReport, IoError> {
    let path = path.as_ref();
    strict::load(module, path, tensors(path, &bytes(path)?)?, on_non_finite)
}

/// [`load_safetensors`] from memory, such as from a file that `include_bytes!` compiled into the program. Errors name it `name`.
///
/// # Errors
/// The same as [`load_safetensors`], except for reading.
pub fn load_safetensors_bytes<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    module: &mut M,
    bytes: &[u8],
    name: &str,
) -> Result<LoadReport, IoError> {
    let path = Path::new(name);
    strict::load(module, path, tensors(path, bytes)?, OnNonFinite::Refuse)
}

/// The bytes of a file of parameters.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, IoError> {
    read(path).map_err(|source| IoError::Read { path: path.into(), source })
}

/// The tensors of a safetensors file.
pub(crate) fn tensors<'a>(path: &Path, bytes: &'a [u8]) -> Result<Source<'a>, IoError> {
    let wrong = |reason: String| IoError::Format { path: path.into(), format: "safetensors", reason };
    let file = SafeTensors::deserialize(bytes).map_err(|error| wrong(error.to_string()))?;
    let mut source = Source::default();
    for (name, view) in file.iter() {
        let entry = match number_type(view.dtype()) {
            Some(kind) => {
                Entry::Read(View::new(kind, view.shape().to_vec(), view.data()).map_err(|reason| wrong(format!("`{name}`: {reason}")))?)
            }
            None => Entry::Unread { shape: view.shape().to_vec(), kind: view.dtype().to_string() },
        };
        source.add(name.to_owned(), entry).map_err(wrong)?;
    }
    Ok(source)
}

fn number_type(dtype: Dtype) -> Option<NumberType> {
    Some(match dtype {
        Dtype::BOOL => NumberType::Bool,
        Dtype::U8 => NumberType::U8,
        Dtype::I8 => NumberType::I8,
        Dtype::U16 => NumberType::U16,
        Dtype::I16 => NumberType::I16,
        Dtype::U32 => NumberType::U32,
        Dtype::I32 => NumberType::I32,
        Dtype::U64 => NumberType::U64,
        Dtype::I64 => NumberType::I64,
        Dtype::F16 => NumberType::F16,
        Dtype::BF16 => NumberType::BF16,
        Dtype::F32 => NumberType::F32,
        Dtype::F64 => NumberType::F64,
        _ => return None,
    })
}

/// The safetensors name of a number type.
pub(super) fn dtype_of(kind: NumberType) -> Dtype {
    match kind {
        NumberType::Bool => Dtype::BOOL,
        NumberType::U8 => Dtype::U8,
        NumberType::I8 => Dtype::I8,
        NumberType::U16 => Dtype::U16,
        NumberType::I16 => Dtype::I16,
        NumberType::U32 => Dtype::U32,
        NumberType::I32 => Dtype::I32,
        NumberType::U64 => Dtype::U64,
        NumberType::I64 => Dtype::I64,
        NumberType::F16 => Dtype::F16,
        NumberType::BF16 => Dtype::BF16,
        NumberType::F32 => Dtype::F32,
        NumberType::F64 => Dtype::F64,
    }
}

/// PyTorch's counter of the batches that a batch normalization has seen.
pub(super) fn is_counter(name: &str) -> bool {
    name.ends_with("num_batches_tracked")
}

/// Only regular files are read: a device file could be endless.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    fs::read(path)
}

pub(crate) fn dtype<E: Scalar>() -> Dtype {
    if size_of::<E>() == size_of::<f64>() { Dtype::F64 } else { Dtype::F32 }
}

pub(crate) fn encode<E: Scalar>(numbers: &[E]) -> Vec<u8> {
    let f64_of = |n: &E| n.to_f64().expect("a float is a float");
    match dtype::<E>() {
        Dtype::F64 => numbers.iter().flat_map(|n| f64_of(n).to_le_bytes()).collect(),
        _ => numbers.iter().flat_map(|n| (f64_of(n) as f32).to_le_bytes()).collect(),
    }
}

/// The first number of a tensor in a file that is NaN or infinite as an `E`.
pub(crate) fn first_non_finite<E: Scalar>(name: &str, view: &View<'_>) -> Option<NonFinite> {
    // The largest integer is finite in every type.
    if !view.kind().is_float() {
        return None;
    }
    let numbers = view.decode::<E>();
    let bad = || numbers.iter().enumerate().filter(|(_, number)| !number.is_finite());
    let (index, &value) = bad().next()?;
    let (path, count, len) = (name.to_owned(), bad().count(), numbers.len());
    Some(NonFinite { path, in_gradient: false, index, value: wide(value), count, len })
}

/// Every tensor's path, shape and bytes.
fn model_tensors<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(module: &M) -> Vec<(String, Vec<usize>, Vec<u8>)> {
    let mut list = Vec::new();
    let Ok(()) = each(module, |place, tensor: &dyn AnyTensor<E, D>| -> Result<(), Infallible> {
        list.push((place.path.to_owned(), tensor.shape(), encode(&tensor.read())));
        Ok(())
    });
    list
}

/// The bytes of a file with these tensors.
pub(super) fn to_bytes(views: BTreeMap<&str, Cow<'_, View<'_>>>) -> Vec<u8> {
    let format = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let views = views.iter().map(|(name, view)| (name, Stored(view)));
    safetensors::serialize(views, Some(format)).expect("tensors in memory can be serialized")
}

/// A tensor whose bytes are put in order when they are written.
struct Stored<'a>(&'a View<'a>);

impl safetensors::View for Stored<'_> {
    fn dtype(&self) -> Dtype {
        dtype_of(self.0.kind())
    }

    fn shape(&self) -> &[usize] {
        self.0.shape()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.0.in_order()
    }

    fn data_len(&self) -> usize {
        self.0.byte_count()
    }
}

//! Parameters as safetensors files, with the names of PyTorch's `state_dict` (`fc1.weight`).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::convert::Infallible;
use std::fs;
use std::io;
use std::path::Path;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor_ops::Device;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::{IoError, write_atomically};
use crate::Scalar;
use crate::gradient::NonFinite;
use crate::host::wide;
use crate::model::Place;
use crate::model::any_tensor::{AnyTensor, each, each_mut};

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
/// PyTorch's `num_batches_tracked` of batch normalization is ignored.
///
/// # Errors
/// Returns an error if the file cannot be read or is damaged, or if a tensor is missing, has another shape, has a NaN or infinite number, or is not a
/// tensor of the module.
pub fn load_safetensors<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(module: &mut M, path: impl AsRef<Path>) -> Result<(), IoError> {
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
) -> Result<(), IoError> {
    let path = path.as_ref();
    load(module, path, &bytes(path)?, on_non_finite)
}

/// [`load_safetensors`] from memory, such as from a file that `include_bytes!` compiled into the program. Errors name it `name`.
///
/// # Errors
/// The same as [`load_safetensors`], except for reading.
pub fn load_safetensors_bytes<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    module: &mut M,
    bytes: &[u8],
    name: &str,
) -> Result<(), IoError> {
    load(module, Path::new(name), bytes, OnNonFinite::Refuse)
}

fn load<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    module: &mut M,
    path: &Path,
    bytes: &[u8],
    on_non_finite: OnNonFinite,
) -> Result<(), IoError> {
    let file = open(path, bytes)?;
    let mut checker = Checker { path, file: &file, on_non_finite, known: BTreeSet::new() };
    each(&*module, |place, tensor: &dyn AnyTensor<E, D>| checker.tensor(place, tensor))?;
    checker.check_names()?;
    let Ok(()) = each_mut(module, |place, tensor| store(&file, place, tensor));
    Ok(())
}

/// The bytes of a file of parameters.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, IoError> {
    read(path).map_err(|source| IoError::Read { path: path.into(), source })
}

/// Parses the bytes of a file.
pub(super) fn open<'a>(path: &Path, bytes: &'a [u8]) -> Result<SafeTensors<'a>, IoError> {
    SafeTensors::deserialize(bytes).map_err(|error| IoError::Format { path: path.into(), reason: error.to_string() })
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

/// Whether a number type can be read.
pub(super) fn is_read(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F32 | Dtype::F64)
}

pub(crate) fn encode<E: Scalar>(numbers: &[E]) -> Vec<u8> {
    let f64_of = |n: &E| n.to_f64().expect("a float is a float");
    match dtype::<E>() {
        Dtype::F64 => numbers.iter().flat_map(|n| f64_of(n).to_le_bytes()).collect(),
        _ => numbers.iter().flat_map(|n| (f64_of(n) as f32).to_le_bytes()).collect(),
    }
}

pub(crate) fn decode<E: Scalar>(view: &TensorView<'_>) -> Vec<E> {
    let number = |n: f64| E::from_f64(n).expect("a float is a float");
    match view.dtype() {
        Dtype::F64 => view.data().as_chunks().0.iter().map(|bytes| number(f64::from_le_bytes(*bytes))).collect(),
        _ => view.data().as_chunks().0.iter().map(|bytes| number(f32::from_le_bytes(*bytes).into())).collect(),
    }
}

/// The first number of a tensor in a file that is NaN or infinite as an `E`.
pub(crate) fn first_non_finite<E: Scalar>(name: &str, view: &TensorView<'_>) -> Option<NonFinite> {
    let numbers = decode::<E>(view);
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

/// Compares every tensor with the file before anything is changed.
struct Checker<'a> {
    path: &'a Path,
    file: &'a SafeTensors<'a>,
    on_non_finite: OnNonFinite,
    known: BTreeSet<String>,
}

impl Checker<'_> {
    fn tensor<E: Scalar, D: Device<E>>(&mut self, place: Place<'_>, tensor: &dyn AnyTensor<E, D>) -> Result<(), IoError> {
        let name = place.path.to_owned();
        let (path, expected) = (self.path.to_owned(), tensor.shape());
        let Ok(view) = self.file.tensor(&name) else { return Err(IoError::Missing { path, name, expected }) };
        if view.shape() != expected {
            return Err(IoError::Shape { path, name, expected, found: view.shape().to_vec() });
        }
        if !is_read(view.dtype()) {
            return Err(IoError::Dtype { path, name, found: format!("{:?}", view.dtype()) });
        }
        if self.on_non_finite == OnNonFinite::Refuse
            && let Some(found) = first_non_finite::<E>(&name, &view)
        {
            return Err(IoError::NonFinite { path, found });
        }
        self.known.insert(name);
        Ok(())
    }

    /// Rejects tensors of the file that are not of the module.
    fn check_names(&self) -> Result<(), IoError> {
        let mut names = self.file.names();
        names.sort_unstable();
        let Some(name) = names.into_iter().find(|name| !self.known.contains(*name) && !is_counter(name)) else { return Ok(()) };
        let found = self.file.tensor(name).map(|view| view.shape().to_vec()).unwrap_or_default();
        Err(IoError::Unexpected { path: self.path.into(), name: name.to_owned(), found })
    }
}

/// Stores a tensor, after [`Checker`] has checked them all.
fn store<E: Scalar, D: Device<E>>(file: &SafeTensors<'_>, place: Place<'_>, tensor: &mut dyn AnyTensor<E, D>) -> Result<(), Infallible> {
    let view = file.tensor(place.path).expect("the tensor was there a moment ago");
    tensor.write(&decode::<E>(&view)).unwrap_or_else(|error| panic!("{error}"));
    Ok(())
}

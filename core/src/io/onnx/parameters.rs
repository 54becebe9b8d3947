//! The tensors of a file for a network that exists.

use std::collections::HashMap;
use std::path::Path;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor_ops::Device;
use layercake_onnx::{Folder, LoadOptions, Tensor, import_beside};

use super::OnnxError;
use crate::Model;
use crate::io::read;

/// Loads the tensors of an ONNX file into a model that has the same ones: what [`save()`](super::save()) wrote of the same network, or a file whose layers have the
/// model's names. On an error the model is unchanged.
///
/// # Errors
/// Returns an error if the file cannot be read, or if a tensor is missing, has another shape, or is not one of the model.
pub fn load_parameters<M: TensorCollection<f32, D>, D: Device<f32>>(model: &mut M, path: impl AsRef<Path>) -> Result<(), OnnxError> {
    let path = path.as_ref();
    let bytes = read(path).map_err(|source| OnnxError::Read { path: path.into(), source })?;
    let imported = import_beside(&bytes, &LoadOptions::default(), &mut Folder::of(path))
        .map_err(|reason| OnnxError::Import { path: path.into(), reason })?;
    let mut tensors: HashMap<String, Tensor> = imported.tensors.into_iter().collect();
    let mut wrong: Vec<String> = Vec::new();
    let mut known = Vec::new();
    for tensor in model.named_tensors() {
        match tensors.get(tensor.path()) {
            Some(found) if found.dims == tensor.shape() => known.push(tensor.path().to_owned()),
            Some(found) => {
                wrong.push(format!("`{}` has the shape {:?}, but is {:?} in the model", tensor.path(), found.dims, tensor.shape()))
            }
            None => wrong.push(format!("there is no tensor `{}`", tensor.path())),
        }
    }
    let mut others: Vec<&String> = tensors.keys().filter(|name| !known.contains(name)).collect();
    others.sort_unstable();
    if wrong.is_empty() {
        wrong.extend(others.first().map(|name| format!("the model has no tensor `{name}`")));
    }
    if !wrong.is_empty() {
        return Err(OnnxError::Tensors { path: path.into(), reasons: wrong });
    }
    fill(model, &mut tensors);
    Ok(())
}

/// Copies tensors into a model that has them all.
pub(super) fn fill<M: TensorCollection<f32, D>, D: Device<f32>>(model: &mut M, tensors: &mut HashMap<String, Tensor>) {
    model.for_each_tensor_mut(|mut tensor| {
        let found = tensors.remove(tensor.path()).expect("the reader gives every tensor of the graph");
        tensor.copy_from(&found.data);
    });
}

//! Reading ONNX files.

use std::collections::HashMap;
use std::path::Path;

use dfdx::tensor::Cpu;
use layercake_onnx::{LoadOptions, import};

use super::OnnxError;
use crate::io::read;
use crate::{GraphModel, Model};

/// Reads an ONNX file as a model that runs and can be trained like any other.
///
/// Inputs and outputs have the file's names and order, with the batch first. The file's tensors become parameters; a constant that a value is added to or
/// multiplied by becomes a learned tensor too.
///
/// The first axis of each input is the batch, if all inputs agree on its size; otherwise the file has no batch, and the model takes the file's tensors with
/// an axis of their number in front. [`load_with`] gives sizes that the file leaves open.
///
/// ```no_run
/// use layercake::prelude::*;
///
/// let model = io::onnx::load("resnet18.onnx")?;
/// println!("{}", model.summary());
/// # Ok::<(), io::onnx::OnnxError>(())
/// ```
///
/// # Errors
/// Returns an error if the file cannot be read or is damaged, if it leaves a size open, or if it has something that Layercake has no layer for: then all
/// such nodes are listed.
pub fn load(path: impl AsRef<Path>) -> Result<GraphModel, OnnxError> {
    load_with(path, &LoadOptions::default())
}

/// [`load`] with sizes that the file leaves open, and a choice of what the batch is.
///
/// # Errors
/// The same as [`load`].
pub fn load_with(path: impl AsRef<Path>, options: &LoadOptions) -> Result<GraphModel, OnnxError> {
    let path = path.as_ref();
    let bytes = read(path).map_err(|source| OnnxError::Read { path: path.into(), source })?;
    from_bytes(&bytes, options, path)
}

/// [`load_with`] from memory. Errors name it `name`.
///
/// # Errors
/// The same as [`load`], except for reading.
pub fn load_bytes(bytes: &[u8], options: &LoadOptions, name: &str) -> Result<GraphModel, OnnxError> {
    from_bytes(bytes, options, Path::new(name))
}

fn from_bytes(bytes: &[u8], options: &LoadOptions, path: &Path) -> Result<GraphModel, OnnxError> {
    let imported = import(bytes, options).map_err(|reason| OnnxError::Import { path: path.into(), reason })?;
    let model = GraphModel::try_new(imported.graph, &Cpu::default());
    let mut model = model.map_err(|error| OnnxError::Network { path: path.into(), reason: error.to_string() })?;
    let tensors: HashMap<String, Vec<f32>> = imported.tensors.into_iter().map(|(path, tensor)| (path, tensor.data)).collect();
    model.for_each_tensor_mut(|mut tensor| {
        let numbers = tensors.get(tensor.path()).expect("the reader gives every tensor of the graph");
        tensor.copy_from(numbers);
    });
    Ok(model)
}

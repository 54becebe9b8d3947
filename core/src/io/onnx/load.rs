//! Reading ONNX files.

use std::path::Path;

use dfdx::tensor::Cpu;
use layercake_onnx::{BatchPlaces, Beside, Folder, LoadOptions, Nothing, import_beside};

use super::OnnxError;
use super::parameters::fill;
use crate::GraphModel;
use crate::io::read;

/// Reads an ONNX file as a model that runs and can be trained like any other.
///
/// Inputs and outputs have the file's names and order, with the batch first. The file's tensors become parameters; a constant that a value is added to or
/// multiplied by becomes a learned tensor too.
///
/// The batch is the axis whose size is named so (`batch`, `batch_size`), or else the first axis of each input, if all inputs agree on its size; otherwise the
/// file has no batch, and the model takes the file's tensors with an axis of their number in front. A tensor that has the batch behind other axes in the file has it first in the model:
/// [`load_placed`] says where it is in the file. Tensors whose numbers are in other files are read from the folder of the model, and from nowhere else. [`load_with`]
/// gives sizes that the file leaves open.
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
    load_placed(path, options).map(|(model, _)| model)
}

/// [`load_with`], and the position of the batch among the axes that inputs and outputs have in the file.
///
/// # Errors
/// The same as [`load`].
pub fn load_placed(path: impl AsRef<Path>, options: &LoadOptions) -> Result<(GraphModel, BatchPlaces), OnnxError> {
    let path = path.as_ref();
    let bytes = read(path).map_err(|source| OnnxError::Read { path: path.into(), source })?;
    placed(&bytes, options, path, &mut Folder::of(path))
}

/// [`load_with`] from memory. Errors name it `name`.
///
/// # Errors
/// The same as [`load`], except for reading.
pub fn load_bytes(bytes: &[u8], options: &LoadOptions, name: &str) -> Result<GraphModel, OnnxError> {
    placed(bytes, options, Path::new(name), &mut Nothing).map(|(model, _)| model)
}

fn placed(bytes: &[u8], options: &LoadOptions, path: &Path, files: &mut dyn Beside) -> Result<(GraphModel, BatchPlaces), OnnxError> {
    let imported = import_beside(bytes, options, files).map_err(|reason| OnnxError::Import { path: path.into(), reason })?;
    let model = GraphModel::try_new(imported.graph, &Cpu::default());
    let mut model = model.map_err(|error| OnnxError::Network { path: path.into(), reason: error.to_string() })?;
    fill(&mut model, &mut imported.tensors.into_iter().collect());
    Ok((model, imported.batch))
}

//! The commands about ONNX files.

use std::path::Path;

use layercake::dfdx::tensor::Cpu;
use layercake::io::Array;
use layercake::io::onnx::{DynamicAxis, LoadOptions};
use layercake::ir::Graph;
use layercake::{DynTensor, GraphModel, io};

use crate::error::CommandError;

type Values = Vec<DynTensor<f32, Cpu>>;

/// Writes a network as an ONNX file. `checkpoint` is a parameter file or the folder of a run.
pub(crate) fn export(graph: Graph, checkpoint: Option<&Path>, dynamic: &[DynamicAxis], path: &Path) -> Result<(), CommandError> {
    let model = GraphModel::try_new(graph, &Cpu::seed_from_u64(0));
    let mut model = model.map_err(|error| CommandError::Network(error.to_string()))?;
    if let Some(checkpoint) = checkpoint {
        let file = if checkpoint.is_dir() { checkpoint.join("model.safetensors") } else { checkpoint.to_owned() };
        io::load_parameters(&mut model, file)?;
    }
    Ok(io::onnx::save_dynamic(&model, dynamic, path)?)
}

/// Runs an ONNX file on the tensors of a file.
pub(crate) fn run(model: &Path, input: &Path, output: &Path) -> Result<(), CommandError> {
    let about = |path: &Path, reason: String| CommandError::Tensors { path: path.to_owned(), reason };
    let arrays = io::read_arrays(input)?;
    // Sizes that the model leaves open are those of the tensors.
    let shapes = arrays.iter().map(|(name, array)| (name.clone(), array.shape().iter().copied().map(Some).collect())).collect();
    let model = io::onnx::load_with(model, &LoadOptions { shapes, ..LoadOptions::default() })?;

    let (mut values, mut alone) = (Values::new(), false);
    for port in model.graph().inputs() {
        let array =
            arrays.get(port.name()).ok_or_else(|| about(input, format!("there is no tensor `{}`, which the model takes", port.name())))?;
        // A model without a batch takes the whole tensor as one sample.
        alone = array.shape().len() == port.shape.rank();
        let dims = if alone { [&[1], array.shape()].concat() } else { array.shape().to_vec() };
        let value = value(array, &dims, port.shape.is_ids());
        values.push(value.map_err(|reason| about(input, format!("`{}`: {reason}", port.name())))?);
    }
    let found = model.try_forward::<Values, Values>(values).map_err(|error| CommandError::Network(error.to_string()))?;
    let outputs = model.graph().outputs().iter().zip(&found).map(|(port, value)| {
        let array = Array::new(&value.dims()[usize::from(alone)..], &value.to_vec());
        (port.name().to_owned(), array.expect("a tensor has as many numbers as its shape says"))
    });
    Ok(io::write_arrays(output, &outputs.collect())?)
}

fn value(array: &Array, dims: &[usize], ids: bool) -> Result<DynTensor<f32, Cpu>, String> {
    let device = Cpu::default();
    let of_shape = "it has another number of elements than its shape says";
    if ids {
        let kind = array.number_type();
        let all =
            array.to_indices().ok_or_else(|| format!("the model takes token ids, but it holds negative numbers or floats ({kind})"))?;
        return DynTensor::from_ids(&device, all, dims).ok_or_else(|| of_shape.to_owned());
    }
    let numbers: Vec<f32> = array.to_vec();
    // Up to here an f32 has all integers.
    if !array.number_type().is_float() && numbers.iter().any(|number| number.abs() > 16_777_216.0) {
        return Err("it has integers above 16,777,216, which an f32 does not hold".to_owned());
    }
    let value = DynTensor::try_from_vec(&device, numbers, dims).map_err(|error| error.to_string())?;
    value.ok_or_else(|| of_shape.to_owned())
}

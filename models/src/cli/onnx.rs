//! The commands about ONNX files.

use std::path::Path;

use layercake::dfdx::tensor::Cpu;
use layercake::io::onnx::LoadOptions;
use layercake::ir::Graph;
use layercake::{DynTensor, GraphModel, io};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::error::CommandError;

type Values = Vec<DynTensor<f32, Cpu>>;

/// Writes a network as an ONNX file. `checkpoint` is a parameter file or the folder of a run.
pub(crate) fn export(graph: Graph, checkpoint: Option<&Path>, path: &Path) -> Result<(), CommandError> {
    let model = GraphModel::try_new(graph, &Cpu::seed_from_u64(0));
    let mut model = model.map_err(|error| CommandError::Network(error.to_string()))?;
    if let Some(checkpoint) = checkpoint {
        let file = if checkpoint.is_dir() { checkpoint.join("model.safetensors") } else { checkpoint.to_owned() };
        io::load_safetensors(&mut model, file)?;
    }
    Ok(io::onnx::save(&model, path)?)
}

/// Runs an ONNX file on the tensors of a file.
pub(crate) fn run(model: &Path, input: &Path, output: &Path) -> Result<(), CommandError> {
    let about = |path: &Path, reason: String| CommandError::Tensors { path: path.to_owned(), reason };
    let bytes = std::fs::read(input).map_err(|error| about(input, format!("cannot read it: {error}")))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| about(input, format!("not a valid safetensors file: {error}")))?;
    // Sizes that the model leaves open are those of the tensors.
    let shapes = file.iter().map(|(name, view)| (name.to_owned(), view.shape().iter().copied().map(Some).collect())).collect();
    let model = io::onnx::load_with(model, &LoadOptions { shapes, ..LoadOptions::default() })?;

    let (mut values, mut alone) = (Values::new(), false);
    for port in model.graph().inputs() {
        let view =
            file.tensor(port.name()).map_err(|_| about(input, format!("there is no tensor `{}`, which the model takes", port.name())))?;
        // A model without a batch takes the whole tensor as one sample.
        alone = view.shape().len() == port.shape.rank();
        let dims = if alone { [&[1], view.shape()].concat() } else { view.shape().to_vec() };
        let value = value(&view, &dims, port.shape.is_ids());
        values.push(value.map_err(|reason| about(input, format!("`{}`: {reason}", port.name())))?);
    }
    let found = model.try_forward::<Values, Values>(values).map_err(|error| CommandError::Network(error.to_string()))?;
    let numbers: Vec<(Vec<usize>, Vec<u8>)> = found
        .iter()
        .map(|value| (value.dims()[usize::from(alone)..].to_vec(), value.to_vec().iter().flat_map(|number| number.to_le_bytes()).collect()))
        .collect();
    let views = model.graph().outputs().iter().zip(&numbers).map(|(port, (dims, bytes))| {
        (port.name().to_owned(), TensorView::new(Dtype::F32, dims.clone(), bytes).expect("a tensor has as many numbers as its shape says"))
    });
    let bytes = safetensors::serialize(views, None).expect("tensors in memory can be serialized");
    io::write_atomically(output, &bytes).map_err(|error| about(output, format!("cannot write it: {error}")))
}

fn value(view: &TensorView<'_>, dims: &[usize], ids: bool) -> Result<DynTensor<f32, Cpu>, String> {
    let device = Cpu::default();
    let data = view.data();
    if ids {
        let all: Option<Vec<usize>> = match view.dtype() {
            Dtype::I64 => data.as_chunks().0.iter().map(|&bytes| usize::try_from(i64::from_le_bytes(bytes)).ok()).collect(),
            Dtype::I32 => data.as_chunks().0.iter().map(|&bytes| usize::try_from(i32::from_le_bytes(bytes)).ok()).collect(),
            other => return Err(format!("it holds {other:?} numbers, but the model takes token ids, I64 or I32")),
        };
        let all = all.ok_or("a token id is negative")?;
        return DynTensor::from_ids(&device, all, dims).ok_or_else(|| "it has another number of elements than its shape says".to_owned());
    }
    let numbers: Vec<f32> = match view.dtype() {
        Dtype::F32 => data.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
        Dtype::F64 => data.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes) as f32).collect(),
        Dtype::I64 => data.as_chunks().0.iter().map(|&bytes| i64::from_le_bytes(bytes) as f32).collect(),
        Dtype::I32 => data.as_chunks().0.iter().map(|&bytes| i32::from_le_bytes(bytes) as f32).collect(),
        Dtype::I8 => data.iter().map(|&byte| (byte as i8).into()).collect(),
        Dtype::U8 | Dtype::BOOL => data.iter().map(|&byte| byte.into()).collect(),
        other => return Err(format!("it holds {other:?} numbers, but the model takes F32, F64, I64, I32, I8, U8 or BOOL")),
    };
    // Up to here an f32 has all integers.
    if !matches!(view.dtype(), Dtype::F32 | Dtype::F64) && numbers.iter().any(|number| number.abs() > 16_777_216.0) {
        return Err("it has integers above 16,777,216, which an f32 does not hold".to_owned());
    }
    let value = DynTensor::try_from_vec(&device, numbers, dims).map_err(|error| error.to_string())?;
    value.ok_or_else(|| "it has another number of elements than its shape says".to_owned())
}

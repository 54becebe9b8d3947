//! The commands about ONNX files.

use std::collections::BTreeMap;
use std::path::Path;

use layercake::dfdx::tensor::Cpu;
use layercake::io::Array;
use layercake::io::onnx::{BatchAxis, BatchPlaces, DynamicAxis, ImportError, LoadOptions, OnnxError};
use layercake::ir::Graph;
use layercake::{DynTensor, GraphModel, io};

use crate::args::Size;
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

/// The graph of an ONNX file for the sizes that it leaves open.
pub(crate) fn graph(path: &Path, given: &[Size]) -> Result<Graph, CommandError> {
    let mut options = LoadOptions::default();
    for Size { name, sizes, .. } in given {
        match sizes[..] {
            [Some(size)] => _ = options.sizes.insert(name.clone(), size),
            _ => _ = options.shapes.insert(name.clone(), sizes.clone()),
        }
    }
    match io::onnx::load_with(path, &options) {
        Ok(model) => Ok(model.graph().clone()),
        Err(error @ OnnxError::Import { reason: ImportError::Open(_), .. }) => Err(CommandError::Open(error)),
        Err(error) => Err(error.into()),
    }
}

/// Runs an ONNX file on the tensors of a file, which have the axes that the model names for them.
pub(crate) fn run(model: &Path, input: &Path, output: &Path) -> Result<(), CommandError> {
    let about = |path: &Path, reason: String| CommandError::Tensors { path: path.to_owned(), reason };
    let arrays = io::read_arrays(input)?;
    let (model, places) = load(model, &arrays)?;
    let graph = model.graph();
    let mut values = Values::new();
    for (port, &place) in graph.inputs().iter().zip(&places.inputs) {
        let array =
            arrays.get(port.name()).ok_or_else(|| about(input, format!("there is no tensor `{}`, which the model takes", port.name())))?;
        let value = value(array, place, port.shape.is_ids());
        values.push(value.map_err(|reason| about(input, format!("`{}`: {reason}", port.name())))?);
    }
    let found = model.try_forward::<Values, Values>(values).map_err(|error| CommandError::Network(error.to_string()))?;
    let outputs = graph.outputs().iter().zip(&places.outputs).zip(&found).map(|((port, &place), value)| {
        let (dims, numbers) = match place {
            Some(_) if places.single.iter().any(|name| name == port.name()) => (value.dims()[..1].to_vec(), value.to_vec()),
            Some(place) => moved(value.dims(), &value.to_vec(), [0, place]),
            // It is the same for all samples.
            None => (value.dims()[1..].to_vec(), value.to_vec()[..port.shape.len()].to_vec()),
        };
        let array = Array::new(&dims, &numbers);
        (port.name().to_owned(), array.expect("a tensor has as many numbers as its shape says"))
    });
    Ok(io::write_arrays(output, &outputs.collect())?)
}

/// The model for these inputs: sizes that it leaves open are those of the tensors, and inputs without axes are known.
fn load(model: &Path, arrays: &BTreeMap<String, Array>) -> Result<(GraphModel, BatchPlaces), CommandError> {
    let shapes = arrays.iter().map(|(name, array)| (name.clone(), array.shape().iter().copied().map(Some).collect())).collect();
    // NumPy easily makes one axis of none.
    let single = arrays.iter().filter(|(_, array)| array.shape().iter().all(|&size| size == 1));
    let numbers = single.filter_map(|(name, array)| Some((name.clone(), *array.to_vec::<f64>().first()?))).collect();
    let mut options = LoadOptions { shapes, numbers, ..LoadOptions::default() };
    match io::onnx::load_placed(model, &options) {
        // What cannot be computed sample by sample may be as a whole.
        Err(OnnxError::Import { path, reason: reason @ (ImportError::Nodes(_) | ImportError::Values(_)) }) => {
            options.batch = BatchAxis::Absent;
            Ok(io::onnx::load_placed(model, &options).map_err(|_| OnnxError::Import { path, reason })?)
        }
        outcome => Ok(outcome?),
    }
}

/// A tensor with one of its axes in another place.
fn moved<T: Copy>(dims: &[usize], all: &[T], [from, to]: [usize; 2]) -> (Vec<usize>, Vec<T>) {
    if from == to {
        return (dims.to_vec(), all.to_vec());
    }
    let mut order: Vec<usize> = (0..dims.len()).collect();
    let axis = order.remove(from);
    order.insert(to, axis);
    let stride = |axis: usize| dims[axis + 1..].iter().product::<usize>();
    let mut places = vec![0];
    for &axis in &order {
        places = places.iter().flat_map(|&at| (0..dims[axis]).map(move |row| at + row * stride(axis))).collect();
    }
    (order.iter().map(|&axis| dims[axis]).collect(), places.into_iter().map(|at| all[at]).collect())
}

/// An input of the model, with the batch at `place` in the array; without a place the array is one sample.
fn value(array: &Array, place: Option<usize>, ids: bool) -> Result<DynTensor<f32, Cpu>, String> {
    let device = Cpu::default();
    let of_shape = "it has another number of elements than its shape says";
    if ids {
        let kind = array.number_type();
        let all =
            array.to_indices().ok_or_else(|| format!("the model takes token ids, but it holds negative numbers or floats ({kind})"))?;
        let (dims, all) = arranged(array.shape(), &all, place);
        return DynTensor::from_ids(&device, all, &dims).ok_or_else(|| of_shape.to_owned());
    }
    let numbers: Vec<f32> = array.to_vec();
    // Up to here an f32 has all integers.
    if !array.number_type().is_float() && numbers.iter().any(|number| number.abs() > 16_777_216.0) {
        return Err("it has integers above 16,777,216, which an f32 does not hold".to_owned());
    }
    let (dims, numbers) = arranged(array.shape(), &numbers, place);
    let value = DynTensor::try_from_vec(&device, numbers, &dims).map_err(|error| error.to_string())?;
    value.ok_or_else(|| of_shape.to_owned())
}

/// The batch first.
fn arranged<T: Copy>(dims: &[usize], all: &[T], place: Option<usize>) -> (Vec<usize>, Vec<T>) {
    match place {
        // One number for each sample has an axis of its own in the model.
        Some(0) if dims.len() == 1 => (vec![dims[0], 1], all.to_vec()),
        Some(place) => moved(dims, all, [place, 0]),
        None => ([&[1], dims].concat(), all.to_vec()),
    }
}

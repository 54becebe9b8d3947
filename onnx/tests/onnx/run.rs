//! Runs a graph on the engine, and reads the numbers beside a model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use layercake_engine::{Engine, Mode};
use layercake_onnx::Imported;
use safetensors::{Dtype, SafeTensors};

/// Sizes and numbers.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    pub(crate) dims: Vec<usize>,
    pub(crate) data: Vec<f32>,
}

/// A folder beside the repository. Says so if it is not there.
pub(crate) fn beside(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("SKIPPED: there is no folder {}", path.display());
    None
}

/// The tensors of a safetensors file.
pub(crate) fn numbers(path: &Path) -> BTreeMap<String, Numbers> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let of = |(name, view): (&str, safetensors::tensor::TensorView<'_>)| {
        let data = match view.dtype() {
            Dtype::F32 => view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
            Dtype::I64 => view.data().as_chunks().0.iter().map(|&bytes| i64::from_le_bytes(bytes) as f32).collect(),
            Dtype::U64 => view.data().as_chunks().0.iter().map(|&bytes| u64::from_le_bytes(bytes) as f32).collect(),
            Dtype::I32 => view.data().as_chunks().0.iter().map(|&bytes| i32::from_le_bytes(bytes) as f32).collect(),
            Dtype::U32 => view.data().as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes) as f32).collect(),
            Dtype::I16 => view.data().as_chunks().0.iter().map(|&bytes| i16::from_le_bytes(bytes).into()).collect(),
            Dtype::U16 => view.data().as_chunks().0.iter().map(|&bytes| u16::from_le_bytes(bytes).into()).collect(),
            Dtype::I8 => view.data().iter().map(|&byte| (byte as i8).into()).collect(),
            Dtype::U8 | Dtype::BOOL => view.data().iter().map(|&byte| byte.into()).collect(),
            other => panic!("{name}: {other:?}"),
        };
        (name.to_owned(), Numbers { dims: view.shape().to_vec(), data })
    };
    file.iter().map(of).collect()
}

/// The outputs at inference, in the order of the graph's; inputs and outputs have the axes that they have in the file.
pub(crate) fn run(imported: &Imported, inputs: &[Numbers]) -> Vec<Vec<f32>> {
    let graph = &imported.graph;
    let samples = inputs[0].data.len() / graph.inputs()[0].shape.len();
    let engine = Engine::default();
    let mut run = engine.start(graph, samples, Mode::Infer, false).unwrap_or_else(|error| panic!("{}: {error}", graph.name()));
    for (i, ((input, port), place)) in inputs.iter().zip(graph.inputs()).zip(&imported.batch.inputs).enumerate() {
        assert_eq!(input.data.len(), samples * port.shape.len(), "`{}` {:?}", port.name(), input.dims);
        let data = moved(&input.data, input.dims[..place.unwrap_or(0)].iter().product(), if place.is_some() { samples } else { 1 });
        if port.shape.is_ids() {
            run.set_ids(i, &data.iter().map(|&id| id as usize).collect::<Vec<_>>());
        } else {
            run.set_input(i, &data);
        }
    }
    for (i, (_, tensor)) in imported.tensors.iter().enumerate() {
        run.param_mut(i).copy_from_slice(&tensor.data);
    }
    run.forward();
    let outputs = graph.outputs().iter().zip(&imported.batch.outputs).enumerate();
    outputs
        .map(|(i, (port, place))| {
            let behind = port.shape.dims()[..place.unwrap_or(0)].iter().product();
            moved(&run.output(i), if place.is_some() { samples } else { 1 }, behind)
        })
        .collect()
}

/// `[one, other, ..]` as `[other, one, ..]`.
fn moved(all: &[f32], one: usize, other: usize) -> Vec<f32> {
    let inner = all.len() / (one * other).max(1);
    let places = (0..other).flat_map(|j| (0..one).map(move |i| (i * other + j) * inner));
    places.flat_map(|at| &all[at..at + inner]).copied().collect()
}

/// The largest difference, relative to the largest expected number.
pub(crate) fn difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len(), "other sizes");
    let scale = expected.iter().fold(f32::MIN_POSITIVE, |most, number| most.max(number.abs()));
    let largest = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    if found.iter().any(|number| number.is_nan()) { f32::INFINITY } else { largest.fold(0.0, f32::max) / scale }
}

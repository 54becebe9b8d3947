//! Networks that `network!` reads from a file while it expands: their numbers.

use std::collections::HashMap;
use std::path::Path;

use dfdx::nn::BuildModule;
use layercake_ir::Graph;
use layercake_onnx::{BatchAxis, Beside, Folder, InMemory, LoadOptions, Tensor, import_beside};

use super::OnnxError;
use super::parameters::fill;
use crate::device_error::DeviceError;
use crate::io::read;
use crate::{Backend, Model, Network};

/// The file of a network, and how it was read.
#[derive(Debug)]
pub struct Source {
    /// Where it lay when the program was compiled.
    pub path: &'static str,
    /// Its bytes, if they are in the program.
    pub bytes: Option<&'static [u8]>,
    /// The files beside it that have numbers of it, if they are in the program.
    pub beside: &'static [(&'static str, &'static [u8])],
    /// [`LoadOptions::sizes`]
    pub sizes: &'static [(&'static str, usize)],
    /// [`LoadOptions::shapes`]
    pub shapes: &'static [(&'static str, &'static [Option<usize>])],
    /// [`LoadOptions::batch`]
    pub batch: BatchAxis,
}

/// Builds a network with the numbers of its file.
///
/// # Errors
/// If the file cannot be read, if it describes another network, or if the device is out of memory.
pub fn pretrained<N, D>(source: &Source, device: &D) -> Result<N, OnnxError>
where
    N: BuildModule<D, f32> + Model<f32, D> + Network<f32, D>,
    D: Backend<f32>,
{
    let path = Path::new(source.path);
    let numbers = match source.bytes {
        Some(bytes) => numbers(source, N::GRAPH, path, bytes, &mut InMemory(source.beside))?,
        None => from_file(source, N::GRAPH, path)?,
    };
    build(numbers, path, device)
}

/// [`pretrained`] from another file.
///
/// # Errors
/// The same as [`pretrained`].
pub fn pretrained_from<N, D>(source: &Source, path: &Path, device: &D) -> Result<N, OnnxError>
where
    N: BuildModule<D, f32> + Model<f32, D> + Network<f32, D>,
    D: Backend<f32>,
{
    build(from_file(source, N::GRAPH, path)?, path, device)
}

/// The numbers of a network's tensors by path.
type Numbers = HashMap<String, Tensor>;

fn from_file(source: &Source, graph: &Graph, path: &Path) -> Result<Numbers, OnnxError> {
    let bytes = read(path).map_err(|source| OnnxError::Read { path: path.into(), source })?;
    numbers(source, graph, path, &bytes, &mut Folder::of(path))
}

fn numbers(source: &Source, graph: &Graph, path: &Path, bytes: &[u8], files: &mut dyn Beside) -> Result<Numbers, OnnxError> {
    let options = LoadOptions {
        sizes: source.sizes.iter().map(|&(name, size)| (name.to_owned(), size)).collect(),
        shapes: source.shapes.iter().map(|&(name, shape)| (name.to_owned(), shape.to_vec())).collect(),
        batch: source.batch,
        ..LoadOptions::default()
    };
    let imported = import_beside(bytes, &options, files).map_err(|reason| OnnxError::Import { path: path.into(), reason })?;
    let found = imported.graph;
    if (&found.inputs, &found.nodes, &found.outputs) != (&graph.inputs, &graph.nodes, &graph.outputs) {
        return Err(OnnxError::Changed { path: path.into(), network: graph.name().to_owned() });
    }
    Ok(imported.tensors.into_iter().collect())
}

fn build<N, D>(mut numbers: Numbers, path: &Path, device: &D) -> Result<N, OnnxError>
where
    N: BuildModule<D, f32> + Model<f32, D>,
    D: Backend<f32>,
{
    let network = |error: D::Err| OnnxError::Network { path: path.into(), reason: DeviceError::of(&error).to_string() };
    let mut net = N::try_build(device).map_err(network)?;
    fill(&mut net, &mut numbers);
    Ok(net)
}

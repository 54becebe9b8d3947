//! Writing ONNX files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use layercake_ir::{Graph, Shape};
use layercake_onnx::{DynamicAxis, DynamicError, Tensor};

use super::{ExportError, OnnxError};
use crate::HasGraph;
use crate::io::write_atomically;

/// Writes a model with a graph as an ONNX file, atomically. The same network gives the same bytes.
///
/// Inputs and outputs are `[batch, ..]` with the shapes of the graph. A length that is known only when the network runs is written as the graph has it;
/// [`save_resized`] writes another, and [`save_dynamic`] leaves it open.
///
/// # Errors
/// Returns an error if a layer has no form in ONNX (all such layers are listed), if a struct has fields without a graph, or if the file cannot be written.
pub fn save<N: HasGraph>(net: &N, path: impl AsRef<Path>) -> Result<(), OnnxError> {
    let path = path.as_ref();
    write(net, graph_of(net, path)?.as_ref(), path)
}

/// [`save()`] for inputs of these shapes, without the batch: for networks whose lengths or image sizes are known only when they run.
///
/// # Errors
/// The same as [`save()`]; and if a layer does not accept its new input.
///
/// # Panics
/// Panics if the number of shapes differs from the number of inputs.
pub fn save_resized<N: HasGraph>(net: &N, inputs: &[Shape], path: impl AsRef<Path>) -> Result<(), OnnxError> {
    let path = path.as_ref();
    let graph = graph_of(net, path)?.resized(inputs);
    let graph = graph.map_err(|mistake| OnnxError::Shapes { path: path.into(), mistake: Box::new(mistake) })?;
    write(net, &graph, path)
}

/// [`save()`] with some axes left open, as the batch is: the length of a sequence, the sides of an image. The other layers of the network must be written alike for all
/// sizes.
///
/// ```
/// use layercake::io::onnx::DynamicAxis;
/// use layercake::prelude::*;
///
/// network! { Tagger<T: Dim>: { text: usize[T] } -> [T, 9] { Embedding(50, 16), lstm: LSTM(24), fc: Linear(9) } }
///
/// let net = Tagger::new(&Cpu::seed_from_u64(0));
/// let path = std::env::temp_dir().join("tagger.onnx");
/// // Axis 0 is the batch.
/// io::onnx::save_dynamic(&net, &[DynamicAxis { input: "text".into(), axis: 1, name: "length".into() }], &path)?;
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The same as [`save()`]; and if there is no such axis, or a layer does not accept other sizes or is written for one size.
pub fn save_dynamic<N: HasGraph>(net: &N, axes: &[DynamicAxis], path: impl AsRef<Path>) -> Result<(), OnnxError> {
    let path = path.as_ref();
    let bytes = layercake_onnx::export_dynamic(graph_of(net, path)?.as_ref(), &tensors(net), axes);
    let bytes = bytes.map_err(|reason| match reason {
        DynamicError::Layers(refusals) => OnnxError::Export { path: path.into(), reason: refusals.into() },
        reason => OnnxError::Dynamic { path: path.into(), reason },
    })?;
    write_atomically(path, &bytes).map_err(|source| OnnxError::Write { path: path.into(), source })
}

/// The bytes that [`save()`] writes.
///
/// # Errors
/// Lists all layers that have no form in ONNX, or all fields of a struct that have no graph.
pub fn to_bytes<N: HasGraph>(net: &N) -> Result<Vec<u8>, ExportError> {
    bytes(net, net.graph()?.as_ref())
}

/// The graph, for the file of this path.
fn graph_of<'a, N: HasGraph>(net: &'a N, path: &Path) -> Result<Cow<'a, Graph>, OnnxError> {
    net.graph().map_err(|reason| OnnxError::Export { path: path.into(), reason: reason.into() })
}

fn write<N: HasGraph>(net: &N, graph: &Graph, path: &Path) -> Result<(), OnnxError> {
    let bytes = bytes(net, graph).map_err(|reason| OnnxError::Export { path: path.into(), reason })?;
    write_atomically(path, &bytes).map_err(|source| OnnxError::Write { path: path.into(), source })
}

fn bytes<N: HasGraph>(net: &N, graph: &Graph) -> Result<Vec<u8>, ExportError> {
    Ok(layercake_onnx::export(graph, &tensors(net))?)
}

fn tensors<N: HasGraph>(net: &N) -> HashMap<String, Tensor> {
    let tensors = net.named_tensors().into_iter();
    tensors.map(|tensor| (tensor.path().to_owned(), Tensor { dims: tensor.shape().to_vec(), data: tensor.to_vec() })).collect()
}

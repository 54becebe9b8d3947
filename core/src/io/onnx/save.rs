//! Writing ONNX files.

use std::collections::HashMap;
use std::path::Path;

use dfdx::tensor::Cpu;
use layercake_ir::{Graph, Shape};
use layercake_onnx::{DynamicAxis, DynamicError, Refusals, Tensor};

use super::OnnxError;
use crate::io::write_atomically;
use crate::{GraphModel, Model, Network};

/// A model with a graph: every network that `network!` declares, and [`GraphModel`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no graph, so it cannot be written as ONNX",
    label = "not a network of `network!` in f32 on the CPU, and not a `GraphModel`",
    note = "of a struct with `#[derive(Model)]`, each network is a file; or declare the whole with `network!`, in which networks are layers"
)]
pub trait Portrayed: Model<f32, Cpu> {
    /// The graph.
    fn portrait(&self) -> &Graph;
}

impl<N: Network<f32, Cpu> + Model<f32, Cpu>> Portrayed for N {
    fn portrait(&self) -> &Graph {
        N::GRAPH
    }
}

impl Portrayed for GraphModel<f32, Cpu> {
    fn portrait(&self) -> &Graph {
        self.graph()
    }
}

/// Writes a network as an ONNX file, atomically. The same network gives the same bytes.
///
/// Inputs and outputs are `[batch, ..]` with the shapes of the graph. A length that is known only when the network runs is written as the graph has it;
/// [`save_resized`] writes another, and [`save_dynamic`] leaves it open.
///
/// # Errors
/// Returns an error if a layer has no form in ONNX (all such layers are listed), or if the file cannot be written.
pub fn save<N: Portrayed>(net: &N, path: impl AsRef<Path>) -> Result<(), OnnxError> {
    write(net, net.portrait(), path.as_ref())
}

/// [`save()`] for inputs of these shapes, without the batch: for networks whose lengths or image sizes are known only when they run.
///
/// # Errors
/// The same as [`save()`]; and if a layer does not accept its new input.
///
/// # Panics
/// Panics if the number of shapes differs from the number of inputs.
pub fn save_resized<N: Portrayed>(net: &N, inputs: &[Shape], path: impl AsRef<Path>) -> Result<(), OnnxError> {
    let path = path.as_ref();
    let graph = net.portrait().resized(inputs);
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
pub fn save_dynamic<N: Portrayed>(net: &N, axes: &[DynamicAxis], path: impl AsRef<Path>) -> Result<(), OnnxError> {
    let path = path.as_ref();
    let bytes = layercake_onnx::export_dynamic(net.portrait(), &tensors(net), axes);
    let bytes = bytes.map_err(|reason| match reason {
        DynamicError::Layers(refusals) => OnnxError::Layers { path: path.into(), refusals },
        reason => OnnxError::Dynamic { path: path.into(), reason },
    })?;
    write_atomically(path, &bytes).map_err(|source| OnnxError::Write { path: path.into(), source })
}

/// The bytes that [`save()`] writes.
///
/// # Errors
/// Lists all layers that have no form in ONNX.
pub fn to_bytes<N: Portrayed>(net: &N) -> Result<Vec<u8>, Refusals> {
    bytes(net, net.portrait())
}

fn write<N: Portrayed>(net: &N, graph: &Graph, path: &Path) -> Result<(), OnnxError> {
    let bytes = bytes(net, graph).map_err(|refusals| OnnxError::Layers { path: path.into(), refusals })?;
    write_atomically(path, &bytes).map_err(|source| OnnxError::Write { path: path.into(), source })
}

fn bytes<N: Portrayed>(net: &N, graph: &Graph) -> Result<Vec<u8>, Refusals> {
    layercake_onnx::export(graph, &tensors(net))
}

fn tensors<N: Portrayed>(net: &N) -> HashMap<String, Tensor> {
    let tensors = net.named_tensors().into_iter();
    tensors.map(|tensor| (tensor.path().to_owned(), Tensor { dims: tensor.shape().to_vec(), data: tensor.to_vec() })).collect()
}

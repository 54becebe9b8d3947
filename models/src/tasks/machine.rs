//! Devices, and the zoo's networks on them. A network is taken as its graph, so that a training loop is compiled once for each device and not once for each network.

use layercake::ir::{Graph, Op, Shape};
use layercake::model::copy_tensors;
use layercake::prelude::*;
use layercake::{AnyNetwork, GraphModel};
use layercake_train::{Seeded, TrainError};

use super::on_device;
use crate::zoo::ModelError;

/// A device that the zoo's networks run on.
pub(crate) trait Machine: Seeded {
    /// A network on it.
    type Net: AnyNetwork<f32, Self> + Clone;

    /// Builds a network with its initial values: those of the same network as it was declared.
    fn build(&self, graph: &Graph) -> Result<Self::Net, TrainError>;

    /// The network with the same parameters for inputs of other sizes.
    fn resized(net: &Self::Net, inputs: &[Shape]) -> Result<Self::Net, TrainError>;
}

macro_rules! machines {
    ($($device:ty)*) => {$(
        impl Machine for $device {
            type Net = GraphModel<f32, Self>;

            fn build(&self, graph: &Graph) -> Result<Self::Net, TrainError> {
                Ok(GraphModel::try_new(graph.clone(), self)?)
            }

            fn resized(net: &Self::Net, inputs: &[Shape]) -> Result<Self::Net, TrainError> {
                Ok(net.resized(inputs)?)
            }
        }
    )*};
}

machines!(Cpu);
#[cfg(feature = "cuda")]
machines!(layercake::dfdx::tensor::Cuda);

/// The device type behind `--device cuda`. Without the feature it is never created; the alias lets both builds share the same code.
#[cfg(feature = "cuda")]
pub(crate) type Gpu = layercake::dfdx::tensor::Cuda;
/// The device type behind `--device cuda`. Without the feature it is never created; the alias lets both builds share the same code.
#[cfg(not(feature = "cuda"))]
pub(crate) type Gpu = layercake::dfdx::tensor::Cpu;

/// Opens the first CUDA device.
#[cfg(feature = "cuda")]
pub(crate) fn open_gpu(seed: u64) -> Result<Gpu, ModelError> {
    layercake::cuda::open(0, seed).map_err(ModelError::Device)
}

/// Reports that this build has no CUDA.
#[cfg(not(feature = "cuda"))]
pub(crate) fn open_gpu(_seed: u64) -> Result<Gpu, ModelError> {
    Err(ModelError::NoCuda)
}

/// A network in a network, by its name, as a network of its own with the same parameters.
pub(crate) fn part<D: Machine>(net: &D::Net, device: &D, name: &str) -> Result<D::Net, TrainError> {
    let found = net.network_graph().nodes().iter().find_map(|node| match node.op {
        Op::Subgraph(op) if node.name == name => Some(op.graph),
        _ => None,
    });
    let graph = found.ok_or_else(|| TrainError::Network(format!("`{}` has no network `{name}`", net.network_graph().name)))?;
    // The initial values, which are replaced, leave the device's generator as it is.
    let mut part = device.seeded(0, |device| device.build(graph))?;
    let copied = copy_tensors(&mut part, net, |path| Some(format!("{name}.{path}")));
    copied.map_err(|error| TrainError::Network(error.to_string()))?;
    Ok(part)
}

/// The outputs of a network, by number.
pub(crate) fn outputs<const N: usize, T>(outputs: Vec<T>) -> Result<[T; N], TrainError> {
    let count = outputs.len();
    outputs.try_into().map_err(|_| TrainError::Network(format!("expected {N} outputs, found {count}")))
}

/// A tensor of a static shape.
pub(crate) fn shaped<S: layercake::dfdx::shapes::Shape, D: Backend<f32>, T: Tape<f32, D>>(
    value: DynTensor<f32, D, T>,
) -> Result<Tensor<S, f32, D, T>, TrainError> {
    let dims = value.dims().to_vec();
    let expected = || TrainError::Network(format!("the network returns {dims:?}; expected {}", std::any::type_name::<S>()));
    on_device(value.try_into_tensor())?.ok_or_else(expected)
}

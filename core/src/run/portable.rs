//! The portable path: runs a graph in dfdx operations, on any device and number type.

use dfdx::tensor::{Cpu, CpuError, NoneTape, Tape};
use dfdx::tensor_ops::Device;
use layercake_engine::{EngineError, Mode};
use layercake_ir::{Graph, Node};

use super::call::{Call, Done, Path};
use super::place::{self, Place};
use super::size;
use super::value::Value;
use crate::Scalar;
use crate::layers::{self, Context};
use crate::tape::{Located, Recording};

/// Runs the whole graph.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if the batch is empty, or if it has too few values for batch normalization in training.
pub(crate) fn execute<E: Scalar, D: Device<E>, T: Tape<E, D> + Located>(call: Call<'_, E, D>, tape: T) -> Result<Done<E, D, T>, D::Err> {
    let graph = call.graph;
    // What an earlier pass noted is not about this one.
    place::take();
    let mut tape = tape;
    let mut tensors = call.tensors;
    let mut values: Vec<Value<E, D>> = call.inputs;
    let mut updates = Vec::new();
    for (index, (node, first)) in graph.nodes().iter().zip(graph.first_tensors()).enumerate() {
        let count = node.op.params().as_slice().len();
        let inputs: Vec<&Value<E, D>> = node.inputs().iter().map(|&value| &values[value]).collect();
        let dims = inputs[0].dims();
        let varies = call.mode != Mode::Train || has_variance(node, dims[0]);
        assert!(varies, "`{}` needs more than one value per channel in training, but receives a batch of shape {dims:?}", node.name);
        let params = &tensors[first..first + count];
        let mut context = Context { params, tables: &call.tables, mode: call.mode, seed: call.seed, node: index, updates: Vec::new() };
        let place = || place_of(graph, node, dims[0], size_of::<E>());
        tape.locate(|| Place { backward: true, ..place() });
        let (outputs, carried) = place::within(place, || layers::forward(&node.op, &inputs, tape, &mut context))?;
        for (which, value) in context.updates {
            // If the normalization is applied again, it continues from these statistics.
            tensors[first + which] = value.clone();
            updates.push((first + which, value));
        }
        values.extend(outputs);
        tape = carried;
    }
    let outputs = graph.outputs().iter().map(|port| values[port.value].clone()).collect();
    Ok(Done { outputs, tape, updates, path: Path::Portable })
}

/// A layer, for an error of the device.
pub(crate) fn place_of(graph: &Graph, node: &Node, batch: usize, number_size: usize) -> Place {
    Place {
        backward: false,
        graph: graph.name.to_string(),
        layer: node.name.to_string(),
        kind: node.op.kind(),
        batch,
        bytes: size::largest(graph, node, batch).saturating_mul(number_size as u128),
    }
}

/// The portable path in `f32`, where the engine would run: for tests that compare both.
///
/// # Errors
/// Returns an error if the device is out of memory.
pub fn run_f32(call: Call<'_, f32, Cpu>) -> Result<Done<f32, Cpu, NoneTape>, CpuError> {
    execute(call, NoneTape)
}

/// [`run_f32`], recorded.
///
/// # Errors
/// Returns an error if the device is out of memory.
pub fn record_f32(call: Call<'_, f32, Cpu>) -> Result<Done<f32, Cpu, Recording<f32, Cpu>>, CpuError> {
    execute(call, Recording::default())
}

/// Refuses a batch for which a tensor would have more elements than dfdx's CUDA kernels count: they count in 32 bits, and would leave the others out.
#[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "other devices count in 64 bits"))]
pub fn fits(graph: &Graph, batch: usize) -> Result<(), EngineError> {
    let beyond = |node: &&Node| size::largest(graph, node, batch) > u128::from(u32::MAX);
    graph.nodes().iter().find(beyond).map_or(Ok(()), |node| {
        Err(EngineError::TooManyElements { layer: node.name.to_string(), batch, elements: size::largest(graph, node, batch) })
    })
}

/// Detects what a run would panic about, except for an empty batch.
pub fn check(graph: &Graph, batch: usize, mode: Mode) -> Result<(), EngineError> {
    let constant = graph.nodes().iter().find(|node| mode == Mode::Train && !has_variance(node, batch));
    constant.map_or(Ok(()), |node| Err(EngineError::SingleValue { layer: node.name.to_string() }))
}

/// Batch normalization estimates the variance of each channel. It is undefined for a single value, which PyTorch refuses too.
fn has_variance(node: &Node, batch: usize) -> bool {
    let positions = || node.output.dims()[1..].iter().product::<usize>();
    !node.op.spec().needs_variance || batch * positions() > 1
}

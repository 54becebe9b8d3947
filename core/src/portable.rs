//! Runs a graph in dfdx operations: on any device, in any dtype, one recorded operation after the other.

use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;
use layercake_engine::Mode;
use layercake_ir::Op;

use crate::Scalar;
use crate::backend::{Call, Done};
use crate::layers::{self, Context};
use crate::value::Value;

/// Runs the whole graph.
///
/// # Errors
/// If the device is out of memory.
///
/// # Panics
/// On an empty batch, and on a batch of which batch normalisation cannot estimate a variance.
pub fn execute<E: Scalar, D: Device<E>, T: Tape<E, D>>(call: Call<'_, E, D>, tape: T) -> Result<Done<E, D, T>, D::Err> {
    let graph = call.graph;
    let mut tape = tape;
    let mut values: Vec<Value<E, D>> = call.inputs;
    let mut updates = Vec::new();
    let mut first = 0;
    for (index, node) in graph.nodes().iter().enumerate() {
        let count = node.params().as_slice().len();
        let x = &values[node.inputs()[0]];
        if call.mode == Mode::Train {
            assert_variance(&node.name, &node.op, x.dims());
        }
        let params = &call.tensors[first..first + count];
        let mut context = Context { params, mode: call.mode, seed: call.seed, node: index, updates: Vec::new() };
        let (y, carried) = layers::forward(&node.op, x, tape, &mut context)?;
        updates.extend(context.updates.into_iter().map(|(which, value)| (first + which, value)));
        values.push(y);
        tape = carried;
        first += count;
    }
    let outputs = graph.outputs().iter().map(|port| values[port.value].clone()).collect();
    Ok(Done { outputs, tape, updates })
}

/// One value a channel has no variance: PyTorch refuses it too.
fn assert_variance(name: &str, op: &Op, dims: &[usize]) {
    if matches!(op, Op::BatchNorm1d(_) | Op::BatchNorm2d(_)) {
        let count: usize = dims[0] * dims[2..].iter().product::<usize>();
        assert!(count > 1, "`{name}` needs more than one value a channel while training, but receives a batch of shape {dims:?}");
    }
}

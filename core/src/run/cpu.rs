//! Runs a graph on the CPU engine, as one operation on dfdx's tape.
//!
//! What is copied between dfdx's tensors and the engine's buffers, and why:
//!
//! - *Inputs*: twice. dfdx lends no slice of a tensor, so its elements are copied to a buffer, and from there into the layout of the lanes. Once if
//!   the layouts are the same, as for a batch of 1. An input that is not contiguous was copied before, when its type was taken off.
//! - *Token ids*: twice. They are copied out of the tensor to be checked, and from there to the lanes.
//! - *Parameters*: once a training pass, since the optimizer has changed them; in inference only after a change. Their layout is the engine's.
//! - *Outputs*: once, from the lanes into the vector that becomes the tensor.
//! - *Running statistics*: once, since the engine goes on with its own.
//! - *Gradients of outputs*: once, from dfdx's storage, which is lent, into the lanes.
//! - *Gradients of parameters*: never. dfdx's storage is lent to the engine, which adds to it.
//! - *Gradients of inputs*: once, added from the lanes to dfdx's storage.

use dfdx::tensor::{Cpu, CpuError, Tape, TensorFromVec};
use layercake_engine::{EngineError, Memo, Mode, Run, zeros};
use layercake_ir::Graph;

use super::call::{Call, Done, Path};
use super::portable;
use super::value::Value;
use crate::tape::Located;

/// Runs the whole graph. If the engine lacks one of its operations, the portable path runs it.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if the batch is empty, if it has too few values for batch normalization in training, or if `LAYERCAKE_SIMD` does not name an
/// instruction set of this machine.
pub(crate) fn execute<T: Tape<f32, Cpu> + Located>(call: Call<'_, f32, Cpu>, mut tape: T) -> Result<Done<f32, Cpu, T>, CpuError> {
    let batch = call.inputs[0].dims()[0];
    let mut run = match call.engine.start(call.graph, batch, call.mode, call.input_grad && T::OWNS_TAPE) {
        Ok(run) => run,
        Err(EngineError::Unsupported { .. }) => return portable::execute(call, tape),
        Err(EngineError::TooLarge { .. } | EngineError::OutOfMemory { .. }) => return Err(CpuError::OutOfMemory),
        Err(error) => panic!("`{}` cannot run on a batch of {batch}: {error}", call.graph.name),
    };
    let Call { graph, tensors, inputs, mode, input_grad, seed, .. } = call;
    run.set_seed(seed);
    let results = run.on_pool(|run| {
        take_params(run, &tensors, mode);
        for (i, input) in inputs.iter().enumerate() {
            match input.is_ids() {
                true => run.set_ids(i, input.ids()),
                false => run.fill_input(i, |to| input.copy_into(to)),
            }
        }
        run.forward();
        (0..graph.outputs().len()).map(|i| output(run, i)).collect::<Result<Vec<_>, _>>()
    })?;

    let device = inputs[0].device().clone();
    let value = |data: Vec<f32>, dims: Vec<usize>| {
        let len = data.len();
        Value::erase(device.try_tensor_from_vec(data, (len,))?).map(|(v, _)| v.with_dims(dims))
    };
    let mut outputs = Vec::new();
    for (data, port) in results.into_iter().zip(graph.outputs()) {
        outputs.push(value(data, [&[batch], port.shape.dims()].concat())?);
    }
    let mut updates = Vec::new();
    if mode == Mode::Train {
        for i in buffers(graph) {
            updates.push((i, value(copy(run.param(i))?, tensors[i].dims().to_vec())?));
        }
    }
    if T::OWNS_TAPE {
        record(&mut tape, run, graph, tensors, if input_grad { inputs } else { Vec::new() }, outputs.clone());
    }
    Ok(Done { outputs, tape, updates, path: Path::Engine })
}

/// An output in a vector of its own.
fn output(run: &Run, i: usize) -> Result<Vec<f32>, CpuError> {
    let mut output = zeros(run.output_len(i)).ok_or(CpuError::OutOfMemory)?;
    run.read_output(i, &mut output);
    Ok(output)
}

/// The parameters that were copied to an engine's buffers.
struct Held(Vec<Value<f32, Cpu>>);

/// Copies the parameters to the engine's buffers; in inference only those that have changed. While a tensor is held here, a write to it
/// copies it first, so the same address means the same content. In training every parameter changes in each step, and holding them would
/// force the optimizer to copy each.
fn take_params(run: &mut Run, tensors: &[Value<f32, Cpu>], mode: Mode) {
    if mode != Mode::Infer {
        return run.fill_params(|i, to| tensors[i].copy_into(to));
    }
    let held = run.memo().take().and_then(|memo| memo.downcast::<Held>().ok());
    let known = |i: usize| held.as_ref().is_some_and(|held| held.0[i].is_at_the_place_of(&tensors[i]));
    if (0..tensors.len()).all(known) {
        *run.memo() = held.map(|held| held as Memo);
        return;
    }
    run.fill_params(|i, to| {
        if !known(i) {
            tensors[i].copy_into(to);
        }
    });
    *run.memo() = Some(Box::new(Held(tensors.to_vec())));
}

/// Records the backward pass of the whole network on the tape.
fn record<T: Tape<f32, Cpu>>(
    tape: &mut T,
    mut run: Run,
    graph: &Graph,
    tensors: Vec<Value<f32, Cpu>>,
    inputs: Vec<Value<f32, Cpu>>,
    outputs: Vec<Value<f32, Cpu>>,
) {
    let buffers = buffers(graph);
    tape.add_backward_op(move |gradients| {
        // The gradients are lent to the engine without a copy.
        let mut of_outputs: Vec<Vec<f32>> = Vec::new();
        for output in &outputs {
            of_outputs.push(std::mem::take(&mut **gradients.get_or_alloc_mut(&output.flat())?));
        }
        let mut of_params: Vec<Vec<f32>> = Vec::new();
        for (i, tensor) in tensors.iter().enumerate() {
            let len = tensor.dims().iter().product();
            of_params.push(match buffers.contains(&i) {
                true => Vec::new(),
                false => take_gradient(gradients.get_or_alloc_mut(&tensor.flat())?, len)?,
            });
        }
        let lent: Vec<&[f32]> = of_outputs.iter().map(Vec::as_slice).collect();
        run.on_pool(|run| run.backward(&lent, &mut of_params));
        for (output, gradient) in outputs.iter().zip(of_outputs) {
            **gradients.get_or_alloc_mut(&output.flat())? = gradient;
        }
        for (tensor, gradient) in tensors.iter().zip(of_params).filter(|(_, gradient)| !gradient.is_empty()) {
            give_gradient(gradients.get_or_alloc_mut(&tensor.flat())?, gradient);
        }
        for (i, input) in inputs.iter().enumerate().filter(|(_, input)| !input.is_ids()) {
            run.add_input_grad(i, gradients.get_or_alloc_mut(&input.flat())?);
        }
        Ok(())
    });
}

/// Takes a gradient out, to be added to. If a tensor is used twice in a network, its gradient is missing the second time, and zeros take
/// its place.
fn take_gradient(from: &mut Vec<f32>, len: usize) -> Result<Vec<f32>, CpuError> {
    if from.len() == len {
        return Ok(std::mem::take(from));
    }
    zeros(len).ok_or(CpuError::OutOfMemory)
}

/// A copy.
fn copy(data: &[f32]) -> Result<Vec<f32>, CpuError> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(data.len()).map_err(|_| CpuError::OutOfMemory)?;
    copy.extend_from_slice(data);
    Ok(copy)
}

/// The opposite of [`take_gradient`].
fn give_gradient(to: &mut Vec<f32>, gradient: Vec<f32>) {
    if to.is_empty() {
        *to = gradient;
    } else {
        to.iter_mut().zip(&gradient).for_each(|(to, more)| *to += more);
    }
}

/// The indices of the buffers (tensors that are not trained), in graph order.
fn buffers(graph: &Graph) -> Vec<usize> {
    let params = graph.nodes().iter().flat_map(|node| node.params().as_slice().to_vec());
    params.enumerate().filter(|(_, param)| !param.trained).map(|(i, _)| i).collect()
}

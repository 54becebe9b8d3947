//! Runs a graph on the CPU engine, as one operation on dfdx's tape.

use dfdx::tensor::{Cpu, CpuError, Tape, TensorFromVec};
use layercake_engine::{EngineError, Mode, Run};
use layercake_ir::Graph;

use crate::backend::{Call, Done, Path};
use crate::portable;
use crate::value::Value;

/// Runs the whole graph; on the portable path if the engine lacks one of its operations.
///
/// # Errors
/// If memory runs out.
///
/// # Panics
/// On a batch that the engine refuses: an empty one, or one of which batch normalisation cannot estimate a variance.
pub fn execute<T: Tape<f32, Cpu>>(call: Call<'_, f32, Cpu>, mut tape: T) -> Result<Done<f32, Cpu, T>, CpuError> {
    let batch = call.inputs[0].dims()[0];
    let mut run = match call.runtime.engine.start(call.graph, batch, call.mode, call.input_grad && T::OWNS_TAPE) {
        Ok(run) => run,
        Err(EngineError::Unsupported { .. }) => return portable::execute(call, tape),
        Err(error) => panic!("`{}` cannot run on a batch of {batch}: {error}", call.graph.name),
    };
    let Call { graph, tensors, inputs, mode, input_grad, seed, .. } = call;
    for (i, tensor) in tensors.iter().enumerate() {
        tensor.copy_into(run.param_mut(i));
    }
    for (i, input) in inputs.iter().enumerate() {
        match input.is_ids() {
            true => run.set_ids(i, input.ids()),
            false => input.copy_into(run.input_mut(i)),
        }
    }
    run.set_seed(seed);
    run.forward();

    let device = inputs[0].device().clone();
    let value = |data: &[f32], dims: Vec<usize>| {
        Value::erase(device.try_tensor_from_vec(data.to_vec(), (data.len(),))?).map(|(v, _)| v.with_dims(dims))
    };
    let mut outputs = Vec::new();
    for (i, port) in graph.outputs().iter().enumerate() {
        outputs.push(value(run.output(i), [&[batch], port.shape.dims()].concat())?);
    }
    let mut updates = Vec::new();
    if mode == Mode::Train {
        for i in buffers(graph) {
            updates.push((i, value(run.param(i), tensors[i].dims().to_vec())?));
        }
    }
    if T::OWNS_TAPE {
        record(&mut tape, run, graph, tensors, if input_grad { inputs } else { Vec::new() }, outputs.clone());
    }
    Ok(Done { outputs, tape, updates, path: Path::Engine })
}

/// Puts the backward pass of the whole network onto the tape.
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
        // The outputs' gradients are lent to the engine without a copy.
        let mut lent: Vec<Vec<f32>> = Vec::new();
        for output in &outputs {
            lent.push(std::mem::take(&mut **gradients.get_or_alloc_mut(&output.flat())?));
        }
        run.backward(&lent.iter().map(Vec::as_slice).collect::<Vec<_>>());
        for (output, gradient) in outputs.iter().zip(lent) {
            **gradients.get_or_alloc_mut(&output.flat())? = gradient;
        }
        for (i, tensor) in tensors.iter().enumerate() {
            if !buffers.contains(&i) {
                run.add_param_grad(i, gradients.get_or_alloc_mut(&tensor.flat())?);
            }
        }
        for (i, input) in inputs.iter().enumerate().filter(|(_, input)| !input.is_ids()) {
            run.add_input_grad(i, gradients.get_or_alloc_mut(&input.flat())?);
        }
        Ok(())
    });
}

/// The numbers of the tensors that are not trained, in graph order.
fn buffers(graph: &Graph) -> Vec<usize> {
    let params = graph.nodes().iter().flat_map(|node| node.params().as_slice().to_vec());
    params.enumerate().filter(|(_, param)| !param.trained).map(|(i, _)| i).collect()
}

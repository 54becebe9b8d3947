//! Times a network that is read from a file.

use layercake::ir::Graph;
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::{Timing, TrainError};

use super::on_device;
use crate::zoo::{BenchOptions, BenchResult, DeviceKind, ModelError};

type Values<T = NoneTape> = Vec<DynTensor<f32, Cpu, T>>;

/// Times an inference of a graph and a training step, whose loss is the mean square of the first output, on numbers between -1 and 1.
///
/// # Errors
/// If the device is not the CPU, or if the graph cannot be built or run.
pub fn bench_graph(name: &str, graph: Graph, options: &BenchOptions) -> Result<BenchResult, ModelError> {
    if options.device != DeviceKind::Cpu {
        return Err(ModelError::Option(format!("`{name}` is a file, which is timed on the CPU only")));
    }
    let wrong = |reason: String| ModelError::Option(format!("`{name}`: {reason}"));
    let device = Cpu::seed_from_u64(0);
    let mut model = GraphModel::try_new(graph, &device).map_err(|error| wrong(error.to_string()))?;
    let inputs = inputs(&device, model.graph(), options.batch_size).map_err(wrong)?;
    let mut optimizer = Adam::new(&model, AdamConfig { lr: 1e-3, ..Default::default() });
    let mut gradients = Some(on_device(model.try_alloc_grads())?);
    let train = Timing::measure(options.batch_size, || {
        let taken = gradients.take().expect("put back after each step");
        let outputs: Values<OwnedTape<f32, Cpu>> =
            model.try_forward_train(inputs.clone(), taken).map_err(|error| wrong(error.to_string()))?;
        let first = outputs.into_iter().next().ok_or_else(|| wrong("it has no outputs".to_owned()))?;
        let mut new = gradients_of(first)?;
        on_device(optimizer.step(&mut model, &mut new))?;
        on_device(model.try_zero_grads(&mut new))?;
        gradients = Some(new);
        Ok::<_, ModelError>(())
    })?;
    let infer = Timing::measure(options.batch_size, || {
        let outputs: Values = model.try_forward(inputs.clone()).map_err(|error| wrong(error.to_string()))?;
        std::hint::black_box(outputs.iter().map(DynTensor::to_vec).count());
        Ok::<_, ModelError>(())
    })?;
    let (batch_size, threads, device) = (options.batch_size, rayon::current_num_threads(), options.device.name());
    Ok(BenchResult { model: name.to_owned(), unit: "samples", batch_size, threads, device, train, infer })
}

/// A batch of samples.
fn inputs(device: &Cpu, graph: &Graph, batch: usize) -> Result<Values, String> {
    let input = |port: &layercake::ir::Port| {
        let dims = [&[batch], port.shape.dims()].concat();
        let len = dims.iter().product();
        let made = if port.shape.is_ids() {
            DynTensor::from_ids(device, vec![0; len], &dims)
        } else {
            let numbers = (0..len).map(|index| (index * 7 % 201) as f32 / 100.0 - 1.0).collect();
            DynTensor::try_from_vec(device, numbers, &dims).map_err(|error| error.to_string())?
        };
        made.ok_or_else(|| format!("the input `{}` has too many axes", port.name()))
    };
    graph.inputs().iter().map(input).collect()
}

/// The gradients of the mean square of an output.
fn gradients_of(output: DynTensor<f32, Cpu, OwnedTape<f32, Cpu>>) -> Result<Gradients<f32, Cpu>, TrainError> {
    type N = usize;
    match output.dims().len() {
        2 => backward::<(N, N)>(output),
        3 => backward::<(N, N, N)>(output),
        4 => backward::<(N, N, N, N)>(output),
        5 => backward::<(N, N, N, N, N)>(output),
        _ => backward::<(N, N, N, N, N, N)>(output),
    }
}

fn backward<S>(output: DynTensor<f32, Cpu, OwnedTape<f32, Cpu>>) -> Result<Gradients<f32, Cpu>, TrainError>
where
    S: Shape + layercake::dfdx::shapes::HasAxes<S::AllAxes> + layercake::dfdx::shapes::ReduceShapeTo<Rank0, S::AllAxes>,
{
    let tensor = on_device(output.try_into_tensor::<S>())?.expect("an output has as many axes as it has sizes");
    let loss = on_device(on_device(tensor.try_square())?.try_mean::<Rank0, _>())?;
    on_device(loss.try_backward())
}

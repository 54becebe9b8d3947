//! Layercake's side on a GPU: training steps and inferences, written as in user code, on the graph of a network.

use layercake::cuda;
use layercake::dfdx::tensor::{Cuda, Synchronize};
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake::{DeviceError, upload};
use layercake_ir::Graph;

use super::workloads::Workload;
use crate::{BenchError, WARM_UP, serve};

type Plain<S> = Tensor<S, f32, Cuda>;
type Recorded<S> = Tensor<S, f32, Cuda, OwnedTape<f32, Cuda>>;
type Model = GraphModel<f32, Cuda>;
type Kept = Gradients<f32, Cuda>;

const ADAM: AdamConfig = AdamConfig { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weight_decay: None, bias_correction: true };

fn failed(error: impl std::fmt::Display) -> BenchError {
    BenchError::Gpu(error.to_string())
}

/// Answers the runner's orders.
pub fn run(workload: &Workload, batch: usize, small: bool) -> Result<(), BenchError> {
    let device = cuda::open(0, 0).map_err(failed)?;
    // Memory of tensors that were dropped is kept, as by PyTorch.
    device.enable_cache();
    let graph = workload.graph(small);
    let dims = [&[batch], graph.inputs()[0].shape.dims()].concat();
    let classes = *graph.outputs()[0].shape.dims().last().expect("scores of classes");
    let labels: Vec<usize> = (0..batch).map(|i| i * 7919 % 1009 % classes).collect();
    match dims[..] {
        _ if graph.inputs()[0].shape.is_ids() => {
            let text: Vec<usize> = (0..batch * (dims[1] + 1)).map(|i| i * 7919 % 1009 % classes).collect();
            let part = |first: usize| text.chunks(dims[1] + 1).flat_map(|line| line[first..first + dims[1]].to_vec()).collect();
            let ids = |part: Vec<usize>| upload(&device, part, (batch, dims[1])).map_err(|error| failed(DeviceError::of(&error)));
            let (x, next) = (ids(part(0))?, ids(part(1))?);
            let train = |model: &mut Model, kept: Kept| {
                let scores: Recorded<(usize, usize, usize)> = model.try_forward_train(x.clone(), kept)?;
                Ok(loss::token_cross_entropy(scores, &next))
            };
            serve(&device, graph, train, |model| model.try_forward(x.clone()).map(drop::<Plain<(usize, usize, usize)>>))
        }
        [_, features] => {
            let x: Plain<(usize, usize)> = device.sample_normal_like(&(batch, features));
            let train = |model: &mut Model, kept: Kept| {
                let scores: Recorded<(usize, usize)> = model.try_forward_train(x.clone(), kept)?;
                Ok(loss::cross_entropy(scores, &labels))
            };
            serve(&device, graph, train, |model| model.try_forward(x.clone()).map(drop::<Plain<(usize, usize)>>))
        }
        [_, channels, height, width] => {
            let x: Plain<(usize, usize, usize, usize)> = device.sample_normal_like(&(batch, channels, height, width));
            let train = |model: &mut Model, kept: Kept| {
                let scores: Recorded<(usize, usize)> = model.try_forward_train(x.clone(), kept)?;
                Ok(loss::cross_entropy(scores, &labels))
            };
            serve(&device, graph, train, |model| model.try_forward(x.clone()).map(drop::<Plain<(usize, usize)>>))
        }
        _ => unreachable!("the workloads take vectors, images or ids"),
    }
}

type GraphError = layercake::GraphError<<Cuda as layercake::dfdx::tensor::HasErr>::Err>;

/// Training steps, then inferences. The loss is read only before and after the turns.
fn serve(
    device: &Cuda,
    graph: Graph,
    train: impl Fn(&mut Model, Kept) -> Result<Recorded<Rank0>, GraphError>,
    infer: impl Fn(&Model) -> Result<(), GraphError>,
) -> Result<(), BenchError> {
    let mut model = Model::new(graph, device);
    serve::say(format_args!("# params {}", model.graph().params()));
    let mut adam = Adam::new(&model, ADAM);
    let mut kept = Some(model.alloc_grads());
    let mut step = || -> Result<Plain<Rank0>, BenchError> {
        let loss = train(&mut model, kept.take().expect("put back at the end")).map_err(failed)?;
        let value = loss.retaped::<NoneTape>();
        let mut new = layercake::gradient::backward(loss).map_err(|error| failed(DeviceError::of(&error)))?;
        adam.step(&mut model, &mut new).map_err(failed)?;
        model.zero_grads(&mut new);
        kept = Some(new);
        Ok(value)
    };
    let first = step()?.array();
    let mut last = Ok(None);
    let done = || device.try_synchronize().map_err(|error| failed(DeviceError::of(&error)));
    serve::serve_together(
        "train",
        WARM_UP,
        || {
            last = step().map(Some);
            last.as_ref().map(drop).map_err(failed)
        },
        done,
    )?;
    let last = last?.map_or(f32::NAN, |loss| loss.array());
    serve::say(format_args!("# loss {first:.4} -> {last:.4}"));
    if last.is_nan() || last >= first {
        return Err(BenchError::NothingLearned("the network".to_owned()));
    }
    serve::serve_together("infer", WARM_UP, || infer(&model).map_err(failed), done)
}

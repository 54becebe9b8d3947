//! Timing of training steps and inference.

use std::time::{Duration, Instant};

use layercake::AnyNetwork;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::gradient::backward;
use layercake::ir::Graph;
use layercake::loss::try_cross_entropy;
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::Serialize;

use crate::data::Array;
use crate::error::OnDevice;
use crate::{Pass, Step, TrainError};

const WARM_UP: usize = 3;
const LEAST_STEPS: usize = 15;
const MOST_STEPS: usize = 300;
const LEAST_TIME: Duration = Duration::from_millis(1500);

/// The times of repeated work.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Timing {
    /// The median in milliseconds.
    pub median_ms: f64,
    /// The minimum in milliseconds.
    pub min_ms: f64,
    /// Items per second at the median.
    pub items_per_second: f64,
    /// Number of timed repetitions.
    pub steps: usize,
}

impl Timing {
    /// Times `work` on `items` items: 3 repetitions of warm-up, then at least 15 repetitions, up to 1.5 s or 300 repetitions.
    ///
    /// # Errors
    /// The first error of `work`.
    pub fn measure<E>(items: usize, mut work: impl FnMut() -> Result<(), E>) -> Result<Self, E> {
        for _ in 0..WARM_UP {
            work()?;
        }
        let mut times = Vec::new();
        let start = Instant::now();
        while times.len() < LEAST_STEPS || (times.len() < MOST_STEPS && start.elapsed() < LEAST_TIME) {
            let step = Instant::now();
            work()?;
            times.push(step.elapsed());
        }
        times.sort_unstable();
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        let median_ms = milliseconds(times[times.len() / 2]);
        Ok(Self { median_ms, min_ms: milliseconds(times[0]), items_per_second: items as f64 / median_ms * 1e3, steps: times.len() })
    }

    /// Times a training step of a model on a batch of `items` items: the given loss, as [`Task::loss`](crate::Task::loss) computes it, the backward pass, and a step of
    /// Adam with learning rate 1e-3. It ends with the loss on the host, so the times are also valid for asynchronous devices.
    ///
    /// # Errors
    /// The first error of the loss, or of the device; a loss that is not finite.
    pub fn of_step<M, D>(
        model: &mut M,
        device: &D,
        items: usize,
        mut loss: impl FnMut(&mut M, Pass<D>) -> Result<Step<D>, TrainError>,
    ) -> Result<Self, TrainError>
    where
        M: TensorCollection<f32, D>,
        D: Device<f32>,
    {
        let mut optimizer = Adam::new(model, AdamConfig { lr: 1e-3, ..Default::default() });
        let mut gradients = Some(model.try_alloc_grads().on_device()?);
        Self::measure(items, || {
            let taken = gradients.take().expect("put back after each step");
            let pass = Pass { gradients: taken, device: device.clone(), epoch: 1, batch: 0, step: 0, player: "" };
            let loss = loss(model, pass)?.loss;
            let value = loss.retaped::<NoneTape>();
            let mut new = backward(loss).on_device()?;
            optimizer.step(model, &mut new).on_device()?;
            model.try_zero_grads(&mut new).on_device()?;
            gradients = Some(new);
            let mean = value.as_vec()[0];
            if mean.is_finite() { Ok(()) } else { Err(TrainError::Diverged { epoch: 1, step: 1, loss: mean, cause: None }) }
        })
    }
}

/// Times a training step (softmax cross entropy, Adam with learning rate 1e-3) and an inference of a classifier on a batch of random inputs and labels. Both
/// read their result back, so the times are also valid for asynchronous devices.
///
/// # Errors
/// Returns an error if the network has not one input of numbers and one output `[classes]`, or the device fails.
///
/// # Panics
/// Panics if the batch is empty.
pub fn bench<N: AnyNetwork<f32, D>, D: Backend<f32>>(net: &mut N, device: &D, batch: usize) -> Result<(Timing, Timing), TrainError> {
    let (size, classes) = sizes(net.network_graph())?;
    let mut random = StdRng::seed_from_u64(0);
    let numbers: Vec<f32> = (0..batch * size.iter().product::<usize>()).map(|_| random.gen_range(-1.0..1.0)).collect();
    let labels: Vec<usize> = (0..batch).map(|_| random.gen_range(0..classes)).collect();
    let inputs = Array::new([&[batch], &size[..]].concat(), numbers).into_dynamic(device)?;

    let train = Timing::of_step(net, device, batch, |net, pass| {
        let scores = net.try_train(vec![inputs.clone()], pass.gradients)?.swap_remove(0);
        let scores = scores.try_into_tensor::<(usize, usize)>().on_device()?.expect("`sizes` checked the number of axes");
        Ok(Step::new(try_cross_entropy(scores, &labels).on_device()?, batch))
    })?;
    let infer = Timing::measure(batch, || {
        std::hint::black_box(net.try_infer(vec![inputs.clone()])?[0].to_vec());
        Ok::<_, TrainError>(())
    })?;
    Ok((train, infer))
}

/// The shape of an input and the number of classes.
fn sizes(graph: &Graph) -> Result<(Vec<usize>, usize), TrainError> {
    match (graph.inputs(), graph.outputs()) {
        ([input], [output]) if !input.shape.is_ids() && output.shape.rank() == 1 => {
            Ok((input.shape.dims().to_vec(), output.shape.dims()[0]))
        }
        _ => {
            Err(TrainError::Network(format!("`{}` does not classify: expected one input of numbers and one output [classes]", graph.name)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_repetitions_and_takes_the_median() {
        let mut calls = 0;
        let timing = Timing::measure(10, || {
            calls += 1;
            Ok::<(), ()>(())
        })
        .unwrap();
        assert_eq!((calls, timing.steps), (MOST_STEPS + WARM_UP, MOST_STEPS));
        assert!(timing.min_ms <= timing.median_ms);
        assert_eq!(timing.items_per_second, 10.0 / timing.median_ms * 1e3);
        assert_eq!(Timing::measure(1, || Err("out of memory")), Err("out of memory"));
    }
}

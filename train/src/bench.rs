//! Timing of training steps and inference.

use std::time::{Duration, Instant};

use layercake::loss::try_cross_entropy;
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::Serialize;

use crate::error::OnDevice;
use crate::{Classifier, ImageBatch, TrainError};

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
}

/// Times a training step (softmax cross entropy, Adam with learning rate 1e-3) and an inference on a batch of random images and labels. Both
/// read their result back, so the times are also valid for asynchronous devices.
///
/// # Errors
/// Returns an error if the device fails.
///
/// # Panics
/// Panics if the batch is empty.
pub fn bench<N, const CHANNELS: usize, const HEIGHT: usize, const WIDTH: usize, const CLASSES: usize, D>(
    net: &mut N,
    device: &D,
    batch: usize,
) -> Result<(Timing, Timing), TrainError>
where
    N: Classifier<CHANNELS, HEIGHT, WIDTH, CLASSES, D>,
    D: Backend<f32>,
{
    let mut random = StdRng::seed_from_u64(0);
    let pixels: Vec<f32> = (0..batch * CHANNELS * HEIGHT * WIDTH).map(|_| random.gen_range(-1.0..1.0)).collect();
    let labels: Vec<usize> = (0..batch).map(|_| random.gen_range(0..CLASSES)).collect();
    let images: ImageBatch<CHANNELS, HEIGHT, WIDTH, D> = device.try_tensor_from_vec(pixels, (batch, Const, Const, Const)).on_device()?;

    let mut optimizer = Adam::new(net, AdamConfig { lr: 1e-3, ..Default::default() });
    let mut gradients = Some(net.try_alloc_grads().on_device()?);
    let train = Timing::measure(batch, || {
        let taken = gradients.take().expect("put back after each step");
        let scores = net.try_forward_train(images.clone(), taken).on_device()?;
        let loss = try_cross_entropy(scores, &labels).on_device()?;
        let mean = loss.as_vec()[0];
        let mut new = loss.try_backward().on_device()?;
        optimizer.step(net, &mut new).on_device()?;
        net.try_zero_grads(&mut new).on_device()?;
        gradients = Some(new);
        if mean.is_finite() { Ok(()) } else { Err(TrainError::Diverged { epoch: 1, step: 1, loss: mean, cause: None }) }
    })?;
    let infer = Timing::measure(batch, || {
        let scores = net.try_forward(images.clone()).on_device()?;
        std::hint::black_box(scores.as_vec());
        Ok::<_, TrainError>(())
    })?;
    Ok((train, infer))
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

//! The training loop.

use std::time::{Duration, Instant};

use layercake::loss::try_cross_entropy;
use layercake::optim::{Adam, AdamConfig, WeightDecay};
use layercake::prelude::*;
use serde::{Deserialize, Serialize};

use crate::data::{Loader, Shuffle};
use crate::error::OnDevice;
use crate::{Classifier, Epoch, Schedule, Tally, TrainError, evaluate};

/// How to train.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// How often each training image is seen.
    pub epochs: usize,
    /// Images in a step.
    pub batch_size: usize,
    /// Adam's learning rate, before the schedule.
    pub lr: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Decoupled weight decay (Loshchilov and Hutter, 2019); 0 for none.
    pub weight_decay: f64,
    /// Seeds the order of the images.
    pub seed: u64,
}

/// Is told how training goes.
pub trait Observer<N, D> {
    /// A step is done.
    fn on_step(&mut self, _: &Progress<'_>) {}

    /// An epoch is done and the network has been tested.
    ///
    /// # Errors
    /// Whatever should end the training.
    fn on_epoch(&mut self, _: &Epoch, _: &N, _: &Tally) -> Result<(), TrainError> {
        Ok(())
    }
}

/// How far an epoch has come.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Its steps so far.
    pub step: usize,
    /// What has been counted on its images so far.
    pub train: &'a Tally,
    /// How long it has taken so far.
    pub elapsed: Duration,
}

/// Trains a classifier by Adam on softmax cross entropy, tests it after each epoch, and gives the figures of all epochs.
///
/// The batches of `train` are those of its loader; the same seeds (the recipe's, and the device's for dropout) give the same network
/// on the CPU, to the bit, on any number of threads.
///
/// # Errors
/// If the images do not fit the network, the device fails, the loss is no number any more, or an observer fails.
pub fn fit<N, const CHANNELS: usize, const HEIGHT: usize, const WIDTH: usize, const CLASSES: usize, D>(
    net: &mut N,
    device: &D,
    train: &Loader<'_>,
    test: &Loader<'_>,
    recipe: &Recipe,
    observers: &mut [&mut dyn Observer<N, D>],
) -> Result<Vec<Epoch>, TrainError>
where
    N: Classifier<CHANNELS, HEIGHT, WIDTH, CLASSES, D>,
    D: Backend<f32>,
{
    train.must_fit("the training images", [CHANNELS, HEIGHT, WIDTH], CLASSES)?;
    test.must_fit("the test images", [CHANNELS, HEIGHT, WIDTH], CLASSES)?;

    let shuffle = Shuffle { seed: recipe.seed };
    let weight_decay = (recipe.weight_decay > 0.0).then_some(WeightDecay::Decoupled(recipe.weight_decay));
    let mut optimizer = Adam::new(net, AdamConfig { lr: recipe.lr, weight_decay, ..Default::default() });
    let mut gradients = net.try_alloc_grads().on_device()?;
    let mut history = Vec::new();

    for epoch in 1..=recipe.epochs {
        let start = Instant::now();
        let order = shuffle.order(epoch, train.images().len());
        let mut tally = Tally::new(CLASSES);
        for (i, batch) in train.load(device, &order).enumerate() {
            let batch = batch.on_device()?;
            let done = (epoch - 1) * train.batches() + i;
            optimizer.cfg.lr = recipe.lr * recipe.schedule.factor(done, recipe.epochs * train.batches(), train.batches());

            let scores = net.try_forward_train(batch.images, gradients).on_device()?;
            tally.count(&scores.as_vec(), &batch.labels);
            let loss = try_cross_entropy(scores, &batch.labels).on_device()?;
            let mean = loss.as_vec()[0];
            if !mean.is_finite() {
                return Err(TrainError::Diverged { epoch, step: i + 1, loss: mean });
            }
            tally.add_loss(mean, batch.labels.len());
            gradients = loss.try_backward().on_device()?;
            optimizer.step(net, &mut gradients).on_device()?;
            net.try_zero_grads(&mut gradients).on_device()?;

            let progress = Progress { epoch, step: i + 1, train: &tally, elapsed: start.elapsed() };
            observers.iter_mut().for_each(|observer| observer.on_step(&progress));
        }
        let training = start.elapsed();
        let tested = evaluate(net, device, test)?;
        if !tested.loss().is_finite() {
            return Err(TrainError::Diverged { epoch, step: train.batches(), loss: tested.loss() as f32 });
        }

        let figures = Epoch {
            epoch,
            train_loss: tally.loss(),
            train_accuracy: tally.accuracy(),
            test_loss: tested.loss(),
            test_accuracy: tested.accuracy(),
            images_per_second: tally.total() as f64 / training.as_secs_f64(),
            seconds: start.elapsed().as_secs_f64(),
        };
        for observer in observers.iter_mut() {
            observer.on_epoch(&figures, net, &tested)?;
        }
        history.push(figures);
    }
    Ok(history)
}

//! Mean predictions: of several networks, of several views of each picture, and of several draws of dropout.
//!
//! The probabilities are averaged, not the logits; for [`Goal::Numbers`] the numbers. A network is given as a [`GraphModel`], whatever it was declared as, so that
//! this code is compiled once.

mod draws;
mod mean;
mod views;

use std::num::NonZeroUsize;
use std::sync::Arc;

use layercake::{AnyNetwork, GraphModel};

use crate::data::{Collate, Dataset, Images, Loader, Normalize, SampleBatch};
use crate::{Criterion, Goal, Predictions, Seeded, TrainError};
pub use draws::with_frozen_statistics;
use mean::Mean;
use views::views;

/// What predictions are the mean of, besides several networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Averaged {
    /// The picture and its mirror image.
    pub flips: bool,
    /// The picture and four copies that are moved toward its corners by an eighth of its size (Krizhevsky, Sutskever and Hinton, 2012).
    pub five_crops: bool,
    /// So many passes with dropout and the other random layers at work, as in training (Gal and Ghahramani, 2016); `None` for one pass without.
    pub draws: Option<NonZeroUsize>,
}

/// A network of an ensemble, and the test samples as it takes them: each has its own normalization.
#[derive(Debug)]
pub struct Member<S, D: Seeded> {
    /// The network with its parameters.
    pub net: GraphModel<f32, D>,
    /// What it predicts.
    pub goal: Goal,
    /// The test samples, the same for all networks.
    pub test: TestSet<S>,
}

/// Test samples.
#[derive(Clone, Debug)]
pub enum TestSet<S> {
    /// Pictures, and how they are normalized.
    Images(Arc<Images>, Normalize),
    /// Samples of any kind, which have one view only.
    Samples(S),
}

/// The mean predictions of networks on test samples.
///
/// # Errors
/// Returns an error if there is no network, the networks predict different things or do not fit the samples, an option has no effect, or the device fails.
pub fn mean_predictions<S, D>(
    members: &[Member<S, D>],
    device: &D,
    averaged: Averaged,
    batch_size: usize,
) -> Result<Predictions, TrainError>
where
    S: Dataset + Clone,
    <S::Item as Collate>::Batch: Into<SampleBatch>,
    D: Seeded,
    GraphModel<f32, D>: AnyNetwork<f32, D>,
{
    let Some(first) = members.first() else { return Err(TrainError::Setting("an ensemble of no networks".to_owned())) };
    let mut mean = Mean::new(&first.goal);
    for Member { net, goal, test } in members {
        let mut passes = Passes { net, goal, device, drawing: None };
        if let Some(draws) = averaged.draws {
            passes.drawing = Some((with_frozen_statistics(net, device)?, draws));
        }
        match test {
            TestSet::Images(images, normalize) => {
                for view in views(averaged, images.shape()) {
                    passes.add(&view.of(Loader::new(images.clone(), batch_size)).transform(normalize.clone()), &mut mean)?;
                }
            }
            TestSet::Samples(_) if averaged.flips || averaged.five_crops => {
                let option = if averaged.flips { "--flips" } else { "--five-crops" };
                return Err(TrainError::Setting(format!("`{option}` has no effect: the run is not one on pictures")));
            }
            TestSet::Samples(samples) => passes.add(&Loader::new(samples.clone(), batch_size), &mut mean)?,
        }
    }
    mean.predictions()
}

/// The passes of a network: one without random numbers, or several draws.
struct Passes<'a, D: Seeded> {
    net: &'a GraphModel<f32, D>,
    goal: &'a Goal,
    device: &'a D,
    drawing: Option<(GraphModel<f32, D>, NonZeroUsize)>,
}

impl<D: Seeded> Passes<'_, D>
where
    GraphModel<f32, D>: AnyNetwork<f32, D>,
{
    fn add<S>(&mut self, data: &Loader<S>, mean: &mut Mean<'_>) -> Result<(), TrainError>
    where
        S: Dataset,
        <S::Item as Collate>::Batch: Into<SampleBatch>,
    {
        let criterion = Criterion::default();
        let Self { net, goal, device, drawing } = self;
        match drawing {
            None => mean.add(goal, Predictions::of(*net, *device, goal, &criterion, data)?),
            Some((net, draws)) => {
                (0..draws.get() as u64).try_for_each(|draw| mean.add(goal, Predictions::drawn(net, *device, goal, &criterion, data, draw)?))
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! A label for each frame of a clip: a convolutional network for each frame, and an LSTM over them.

mod clips;
mod task;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use layercake::io::load_parameters;
use layercake::ir::Graph;
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::{Images, KnownDataset, Loader, Split};
use layercake_train::run::RunOutcome;
use layercake_train::{Metrics, Task, TrainError, WithValidation};

use self::clips::{Digits, moving};
use self::task::Labeling;
use super::SHAPE;
use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::pair::Labeler;
use super::run::{Prepared, Trained, hold_out_images, train};
use crate::networks::{FrameFeatures, FrameLabels};
use crate::zoo::{ModelError, TrainOptions};

/// The seed of the clips of a test, which are the same for all runs.
const TEST_SEED: u64 = 0;
/// Clips per batch in evaluation.
const TEST_BATCH: usize = 100;

/// Labels of frames as a model of the zoo.
pub(crate) struct FrameLabeler;

fn build<D: Machine>(device: &D) -> Result<Labeler<D::Net>, TrainError> {
    Ok(Labeler { frames: device.build(FrameFeatures::<f32, Cpu>::GRAPH)?, labels: device.build(FrameLabels::<f32, Cpu>::GRAPH)? })
}

impl ModelKind for FrameLabeler {
    fn graph(&self) -> &'static Graph {
        FrameFeatures::<f32, Cpu>::GRAPH
    }

    fn head(&self) -> Option<&'static Graph> {
        Some(FrameLabels::<f32, Cpu>::GRAPH)
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: description.name, graph: self.graph(), agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let Split { train, test } = digits(options.dataset, options.data_dir.as_deref())?;
            let (train, held) = hold_out_images(train, recipe)?;
            let (items, classes) = (train.len(), train.classes().to_vec());
            let train = Loader::new(Digits(Arc::new(train)), recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
            let net = build(device)?;
            let (optimizer, validation) = (recipe.adam(&net), held.map(measured_on));
            let (task, selected_by) = (WithValidation { task: measured_on(test), validation }, ("validation_accuracy", Better::Higher));
            Ok(Prepared { net, optimizer, items, train: moving(train), task, selected_by, normalize: None, classes })
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        let mut net = build(device)?;
        load_parameters(&mut net, &run.checkpoint).map_err(TrainError::from)?;
        let test = digits(dataset, data_dir)?.test;
        let items = test.len() as u64;
        Ok((Task::<Labeler<D::Net>, D>::evaluate(&mut measured_on(test), &net, device)?, items))
    }
}

fn digits(dataset: KnownDataset, data_dir: Option<&Path>) -> Result<Split, TrainError> {
    Ok(dataset.load(data_dir, SHAPE)?)
}

fn measured_on(test: Images) -> Labeling {
    Labeling { test: moving(Loader::new(Digits(Arc::new(test)), TEST_BATCH).seed(TEST_SEED)) }
}

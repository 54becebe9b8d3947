//! Captions of pictures: the names of the digits of a strip.

mod strips;
mod task;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use layercake::ir::Graph;
use layercake::schedule::Better;
use layercake_train::data::{Images, KnownDataset, Loader, Split};
use layercake_train::run::RunOutcome;
use layercake_train::{Metrics, Task, TrainError, WithValidation};

use self::strips::{Digits, with_others};
use self::task::Captioning;
use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::run::{Prepared, TEST_BATCH, Trained, hold_out_images, train};
use super::{SHAPE, reject_text_options, save};
use crate::networks::Captioner;
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions};

/// The seed of the strips of a test, which are the same for all runs.
const TEST_SEED: u64 = 0;
/// How many strips `layercake sample` captions by default.
const CAPTIONS: usize = 12;

/// A network that writes captions.
pub(crate) struct Captions;

impl ModelKind for Captions {
    fn graph(&self) -> &'static Graph {
        Captioner::GRAPH
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: description.name, graph: Captioner::GRAPH, agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let Split { train, test } = digits(options.dataset, options.data_dir.as_deref())?;
            let (train, held) = hold_out_images(train, recipe)?;
            let (items, classes) = (train.len(), train.classes().to_vec());
            let train = Loader::new(Digits(Arc::new(train)), recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
            let net = device.build(Captioner::GRAPH)?;
            let optimizer = recipe.adam(&net);
            let validation = held.map(|held| measured_on(held, TEST_SEED));
            let (task, selected_by) =
                (WithValidation { task: measured_on(test, TEST_SEED), validation }, ("validation_exact_match", Better::Higher));
            Ok(Prepared { net, optimizer, items, train: with_others(train), task, selected_by, normalize: None, classes })
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        let net = run.load_graph(Captioner::GRAPH, device)?;
        let test = digits(dataset, data_dir)?.test;
        let items = test.len() as u64;
        Ok((Task::<D::Net, D>::evaluate(&mut measured_on(test, TEST_SEED), &net, device)?, items))
    }

    /// Captions of new strips of the run's test digits.
    fn sample<D: Machine>(&self, description: &Description, run: &Run, device: &D, options: &SampleOptions) -> Result<Samples, ModelError> {
        reject_text_options(description, options)?;
        let net = run.load_graph(Captioner::GRAPH, device)?;
        let config = run.config.as_ref();
        let dataset = config.and_then(|config| config.source.dataset()).unwrap_or(KnownDataset::Digits);
        let test = digits(dataset, config.and_then(|config| config.data_dir.as_deref()))?.test;
        let strips = measured_on(test, options.seed.unwrap_or(0));
        save(&strips.sample(&net, device, options.count.unwrap_or(CAPTIONS))?, options)
    }
}

fn digits(dataset: KnownDataset, data_dir: Option<&Path>) -> Result<Split, TrainError> {
    Ok(dataset.load(data_dir, SHAPE)?)
}

fn measured_on(test: Images, seed: u64) -> Captioning {
    Captioning { test: with_others(Loader::new(Digits(Arc::new(test)), TEST_BATCH).seed(seed)) }
}

//! The same classifier from few labels: on the encoder of an autoencoder, and from its initial values.

use std::path::Path;

use layercake::model::copy_tensors;
use layercake::prelude::*;
use layercake_train::data::{Batch, Images, Loader, SubsetSampler};
use layercake_train::run::{Figure, Plot, Recipe};
use layercake_train::{Goal, Metrics, Pass, Step, Supervised, Task, TrainError};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::index::sample;

use crate::networks::CodeClassifier;
use crate::tasks::machine::Machine;
use crate::tasks::run::TEST_BATCH;
use crate::tasks::save_text;

/// Images with a label, at most a tenth of all.
const LABELS: usize = 1_000;
const SEEDS: u64 = 3;
const EPOCHS: usize = 40;
/// Epochs between two tests.
const EVERY: usize = 4;

fn recipe() -> Recipe {
    Recipe { epochs: EPOCHS, batch_size: 50, weight_decay: 0.05, ..Recipe::default() }
}

/// Where the labels are from, and the images to test on.
pub(super) struct FewLabels {
    pub train: Images,
    pub test: Images,
}

/// Trained after each epoch, and tested after every fourth.
struct NowAndThen {
    supervised: Supervised<Images>,
    epoch: usize,
}

impl<D: Machine> Task<D::Net, D> for NowAndThen {
    type Batch = Batch;

    fn loss(&mut self, net: &mut D::Net, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        self.epoch = pass.epoch;
        self.supervised.loss(net, batch, pass)
    }

    fn evaluate(&mut self, net: &D::Net, device: &D) -> Result<Metrics, TrainError> {
        if self.epoch.is_multiple_of(EVERY) { self.supervised.evaluate(net, device) } else { Ok(Metrics::new()) }
    }
}

/// The test accuracy after every fourth epoch, for each seed.
type Curves = Vec<Vec<f64>>;

/// What the encoder is worth.
pub(super) struct Compared {
    labels: usize,
    fine_tuned: Curves,
    alone: Curves,
}

impl FewLabels {
    /// Trains both for each seed, which draws the images and the initial values.
    pub(super) fn compare<D: Machine>(&self, autoencoder: &D::Net, device: &D) -> Result<Compared, TrainError> {
        let labels = LABELS.min(self.train.len().div_ceil(10));
        let curves = |encoder| (0..SEEDS).map(|seed| self.learn(encoder, device, labels, seed)).collect::<Result<_, _>>();
        Ok(Compared { labels, fine_tuned: curves(Some(autoencoder))?, alone: curves(None)? })
    }

    fn learn<D: Machine>(&self, encoder: Option<&D::Net>, device: &D, labels: usize, seed: u64) -> Result<Vec<f64>, TrainError> {
        let recipe = recipe();
        // What is drawn leaves the device's generator as it is.
        device.seeded(seed, |device| {
            let mut net = device.build(CodeClassifier::<f32, Cpu>::GRAPH)?;
            if let Some(encoder) = encoder {
                let copied = copy_tensors(&mut net, encoder, |path| path.starts_with("encoder.").then(|| path.to_owned()));
                copied.map_err(|error| TrainError::Network(error.to_string()))?;
            }
            let indices = sample(&mut StdRng::seed_from_u64(seed), self.train.len(), labels).into_vec();
            let few = Loader::new(self.train.clone(), recipe.batch_size).sampler(SubsetSampler { indices, shuffle: Some(seed) });
            let test = Loader::new(self.test.clone(), TEST_BATCH);
            let supervised = Supervised::new(Goal::Classes(self.train.classes().to_vec()), test);
            let mut task = NowAndThen { supervised, epoch: 0 };
            let mut trainer = recipe.trainer(labels.div_ceil(recipe.batch_size)).seed(seed);
            let mut optimizer = recipe.adam(&net);
            let history = trainer.fit(&mut net, device, &mut optimizer, &mut task, &few)?;
            Ok(history.iter().filter_map(|epoch| epoch.test.get("accuracy")).collect())
        })
    }
}

impl Compared {
    pub(super) fn fine_tuned(&self) -> f64 {
        last(&self.fine_tuned)
    }

    pub(super) fn alone(&self) -> f64 {
        last(&self.alone)
    }

    /// `fine_tuning.svg`: both curves, as means over the seeds.
    pub(super) fn draw(&self, folder: &Path) -> Result<(), TrainError> {
        let title = format!("A classifier from {} labels, mean of {SEEDS} seeds", self.labels);
        let point = |curves: &Curves, i: usize| (((i + 1) * EVERY) as f64, 100.0 * at(curves, i));
        let curve = |curves: &Curves| (0..EPOCHS / EVERY).map(|i| point(curves, i)).collect::<Vec<_>>();
        let plot = Plot::new("", ["epoch", "test accuracy (%)"])
            .line("on the autoencoder's encoder", curve(&self.fine_tuned))
            .line("from initial values", curve(&self.alone));
        save_text(&folder.join("fine_tuning.svg"), &Figure::new(&title).plot(plot).svg())
    }
}

/// The mean over the seeds in a test, counted from 0.
fn at(curves: &Curves, test: usize) -> f64 {
    curves.iter().map(|curve| curve[test]).sum::<f64>() / curves.len() as f64
}

fn last(curves: &Curves) -> f64 {
    at(curves, EPOCHS / EVERY - 1)
}

//! A classifier with few labels, which begins with a trained encoder, or with nothing.

use std::path::Path;

use layercake::model::copy_tensors;
use layercake::optim::{Adam, AdamConfig};
use layercake_train::data::rand::rngs::StdRng;
use layercake_train::data::rand::{SeedableRng, seq::SliceRandom};
use layercake_train::data::{Images, Loader};
use layercake_train::run::{Figure, Plot};
use layercake_train::{CancellationToken, Goal, Predictions, Supervised, TrainError, Trainer, Until};

use crate::networks::EncoderClassifier;
use crate::tasks::machine::Machine;
use crate::tasks::run::TEST_BATCH;
use crate::tasks::save_text;

/// The labels, of a small data set a tenth.
const LABELS: usize = 1_000;
const SEEDS: u64 = 3;
const EPOCHS: usize = 30;
const BATCH: usize = 50;
/// Test images on which the classifiers are measured while they learn.
const WATCHED: usize = 2_000;

/// The accuracy after each epoch, the mean over the seeds, and at the end that on all test images.
#[derive(Clone)]
struct Learned {
    curve: Vec<f64>,
    accuracy: f64,
}

/// The images with labels, and what was reached.
pub(super) struct FewLabels {
    /// For each seed others.
    labeled: Vec<Images>,
    test: Images,
    cancellation: CancellationToken,
    with: Option<Learned>,
    /// Without the encoder, which does not change.
    without: Option<Learned>,
}

impl FewLabels {
    /// Takes some of these images with their labels.
    pub(super) fn new(train: &Images, test: Images, cancellation: CancellationToken) -> Self {
        let some = |seed| {
            let mut order: Vec<usize> = (0..train.len()).collect();
            order.shuffle(&mut StdRng::seed_from_u64(seed));
            train.subset(&order[..LABELS.min(train.len().div_ceil(10))])
        };
        Self { labeled: (0..SEEDS).map(some).collect(), test, cancellation, with: None, without: None }
    }

    /// The accuracies of classifiers that begin with the encoder of a network, and with nothing.
    pub(super) fn accuracies<D: Machine>(&mut self, net: &D::Net, device: &D) -> Result<[f64; 2], TrainError> {
        let with = self.learned(Some(net), device)?;
        let without = match self.without.take() {
            Some(learned) => learned,
            None => self.learned(None, device)?,
        };
        let accuracies = [with.accuracy, without.accuracy];
        (self.with, self.without) = (Some(with), Some(without));
        Ok(accuracies)
    }

    fn learned<D: Machine>(&self, encoder: Option<&D::Net>, device: &D) -> Result<Learned, TrainError> {
        let goal = Goal::Classes(self.test.classes().to_vec());
        let watched = Loader::new(self.test.clone(), TEST_BATCH).spread(WATCHED, TEST_BATCH);
        let mut mean = Learned { curve: vec![0.0; EPOCHS], accuracy: 0.0 };
        for (labeled, seed) in self.labeled.iter().zip(0..) {
            let mut net = device.seeded(seed, |device| device.build(EncoderClassifier::GRAPH))?;
            if let Some(encoder) = encoder {
                let copied = copy_tensors(&mut net, encoder, |path| path.starts_with("encoder.").then(|| path.to_owned()));
                copied.map_err(|error| TrainError::Network(error.to_string()))?;
            }
            let mut task = Supervised::new(goal.clone(), watched.clone());
            let mut optimizer = Adam::new(&net, AdamConfig { lr: 1e-3, ..Default::default() });
            let batches = Loader::new(labeled.clone(), BATCH).shuffle(seed);
            let mut trainer = Trainer::new(Until::Epochs(EPOCHS)).seed(seed).cancellation(self.cancellation.clone());
            let history = trainer.fit(&mut net, device, &mut optimizer, &mut task, &batches)?;
            for (sum, epoch) in mean.curve.iter_mut().zip(&history) {
                *sum += epoch.test.get("accuracy").unwrap_or(f64::NAN) / SEEDS as f64;
            }
            let all = Predictions::of(&net, device, &goal, &task.criterion, &Loader::new(self.test.clone(), TEST_BATCH))?;
            mean.accuracy += all.metrics(&goal).get("accuracy").unwrap_or(f64::NAN) / SEEDS as f64;
        }
        Ok(mean)
    }

    /// Both curves, if both were measured.
    pub(super) fn draw(&self, path: &Path) -> Result<(), TrainError> {
        let (Some(with), Some(without)) = (&self.with, &self.without) else { return Ok(()) };
        let count = self.labeled[0].len();
        let mut plot = Plot::new("", ["epochs over the labeled images", "test accuracy (%)"]);
        for (name, learned) in [("with the encoder", with), ("from the labels alone", without)] {
            plot = plot.line(name, (1..).map(f64::from).zip(learned.curve.iter().map(|accuracy| 100.0 * accuracy)).collect::<Vec<_>>());
        }
        let title = format!("A classifier with {count} labels, mean of {SEEDS} seeds");
        save_text(path, &Figure::new(&title).plot(plot).svg())
    }
}

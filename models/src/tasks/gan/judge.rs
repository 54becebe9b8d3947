//! A trained classifier that judges samples: how far its features are from those of real digits, which digits it finds and how sure it is.

use layercake::AnyNetwork;
use layercake::hook::{At, Hooks};
use layercake::io::load_safetensors_bytes;
use layercake::prelude::*;
use layercake_train::data::Array;
use layercake_train::embedding::Points;
use layercake_train::generative::{FRECHET_DISTANCE, Gaussian, precision_and_recall};
use layercake_train::{Metrics, TrainError, argmax, softmax};

use super::super::SHAPE;
use crate::networks::LeNet5;
use crate::tasks::machine::Machine;

/// The parameters of a LeNet-5 with 99.2 % on MNIST: `layercake train lenet5 --dataset mnist --seed 1`.
const PARAMETERS: &[u8] = include_bytes!("lenet5.safetensors");
/// How its inputs were normalized.
const NORMALIZE: ([f32; 1], [f32; 1]) = ([0.130_660_47], [0.308_107_8]);
/// The layer whose inputs are the features: the last one.
const LAST: &str = "fc3";
/// How many features there are.
const FEATURES: usize = 84;
const CLASSES: usize = 10;
/// Images that are judged at once.
const CHUNK: usize = 500;
/// Samples whose classes are counted, and that are compared one by one.
const COUNTED: usize = 1_000;
/// The probability above which the classifier is sure.
const SURE: f64 = 0.9;
/// The neighbors of precision and recall.
const NEIGHBORS: usize = 3;

/// The classifier.
pub(crate) struct Judge<D: Machine> {
    net: D::Net,
    device: D,
}

/// What the classifier finds in images.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    /// `[images, 84]`
    features: Points,
    /// The class of each image, and its probability.
    classes: Vec<(usize, f64)>,
}

impl<D: Machine> Judge<D> {
    pub(crate) fn new(device: &D) -> Result<Self, TrainError> {
        // The initial values, which are replaced, leave the device's generator as it is.
        let mut net = device.seeded(0, |device| device.build(LeNet5::GRAPH))?;
        load_safetensors_bytes(&mut net, PARAMETERS, "lenet5.safetensors")?;
        Ok(Self { net, device: device.clone() })
    }

    /// Judges pixels in 0..1, image by image.
    pub(crate) fn judge(&self, pixels: &[f32]) -> Result<Judged, TrainError> {
        let (mut features, mut classes) = (Vec::new(), Vec::new());
        let size = SHAPE.iter().product::<usize>();
        let ([mean], [std]) = NORMALIZE;
        for chunk in pixels.chunks(CHUNK * size) {
            let normalized = chunk.iter().map(|pixel| (pixel - mean) / std).collect();
            let images = Array::new([&[chunk.len() / size], &SHAPE[..]].concat(), normalized).into_dynamic(&self.device)?;
            let mut hooks = Hooks::new();
            let kept = hooks.keep(At::input(LAST));
            let scores: Vec<DynTensor<f32, D>> = hooks.try_forward(self.net.as_hookable(), vec![images])?;
            features.extend(kept.value().map(|value| value.to_vec()).unwrap_or_default());
            let scores = scores[0].to_vec();
            let found = argmax(&scores, CLASSES);
            classes.extend(found.into_iter().zip(scores.chunks(CLASSES)).map(|(class, row)| (class, softmax(row)[class])));
        }
        let features = Points::new(features, FEATURES).map_err(|error| TrainError::Test(error.to_string()))?;
        Ok(Judged { features, classes })
    }
}

impl Judged {
    /// The normal distribution of the features.
    pub(crate) fn gaussian(&self) -> Result<Gaussian, TrainError> {
        Gaussian::fit(&self.features).map_err(unusable)
    }

    /// How close these samples are to real images: the Fréchet distance of all; precision and recall, and what the classifier finds, of the first thousand.
    pub(crate) fn compared_with(&self, real: &Self, of_real: &Gaussian) -> Result<Metrics, TrainError> {
        let distance = self.gaussian()?.frechet_distance(of_real).map_err(unusable)?;
        let (some, some_real) = (self.first(COUNTED)?, real.first(COUNTED)?);
        let found = precision_and_recall(&some_real.features, &some.features, NEIGHBORS).map_err(unusable)?;
        let mut counts = [0usize; CLASSES];
        some.classes.iter().for_each(|(class, _)| counts[*class] += 1);
        let share = |count: usize| count as f64 / some.classes.len() as f64;
        Ok(Metrics::new()
            .with(FRECHET_DISTANCE, distance)
            .with("precision", found.precision)
            .with("recall", found.recall)
            .with("sure", share(some.classes.iter().filter(|(_, probability)| *probability > SURE).count()))
            .with("classes", counts.iter().filter(|count| **count > 0).count() as f64)
            .with("largest_class", share(counts.into_iter().max().unwrap_or(0))))
    }

    /// The first of them.
    fn first(&self, count: usize) -> Result<Self, TrainError> {
        let count = count.min(self.features.len());
        let rows = (0..count).flat_map(|index| self.features.row(index)).copied().collect();
        let features = Points::new(rows, FEATURES).map_err(|error| TrainError::Test(error.to_string()))?;
        Ok(Self { features, classes: self.classes[..count].to_vec() })
    }
}

fn unusable(error: layercake_train::generative::GenerativeError) -> TrainError {
    TrainError::Test(error.to_string())
}

//! Image classifiers.

use std::path::{Path, PathBuf};

use layercake::io::load_parameters;
use layercake::ir::Graph;
use layercake::loss::Hinge;
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::transforms::{HorizontalFlip, RandomCrop};
use layercake_train::data::{Images, KnownDataset, Loader, Normalize, Split};
use layercake_train::run::{Recipe, RunConfig, RunOutcome, verify_parameters};
use layercake_train::{Criterion, Goal, Predictions, Supervised, TrainError, WithValidation, bench};

use super::dropout::with_dropout;
use super::ensemble;
use super::features::{Features, Pictures};
use super::machine::{Machine, open_gpu};
use super::own::{OwnKind, OwnNetwork};
use super::run::{Prepared, TEST_BATCH, Trained, hold_out_images, train_made};
use crate::zoo::{BenchOptions, BenchResult, DeviceKind, EvalOptions, Evaluation, ModelError, TrainOptions, ZooModel};

/// A network for images `[C, H, W]` with its name and hyperparameters.
pub(crate) struct ImageClassifier {
    name: &'static str,
    description: &'static str,
    graph: &'static Graph,
    recipe: fn(KnownDataset) -> Recipe,
    /// The default data set when a data folder is given.
    dataset: KnownDataset,
    /// Augmentation of the training images.
    augment: Augment,
    /// Hinge loss instead of cross entropy.
    hinge: bool,
    /// What the network takes instead of the pixels, and the size of the images from which it is computed.
    features: Option<(Features, [usize; 3])>,
}

/// Augmentation of training images, before normalization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Augment {
    /// None.
    No,
    /// Random shifts by up to this number of pixels, and horizontal flips.
    ShiftAndMirror(usize),
}

impl ImageClassifier {
    /// A zoo entry with default hyperparameters for each data set.
    pub(crate) const fn new(
        name: &'static str,
        description: &'static str,
        graph: &'static Graph,
        recipe: fn(KnownDataset) -> Recipe,
    ) -> Self {
        Self { name, description, graph, recipe, dataset: KnownDataset::Mnist, augment: Augment::No, hinge: false, features: None }
    }

    /// Sets the default data set, instead of MNIST.
    pub(crate) const fn on(self, dataset: KnownDataset) -> Self {
        Self { dataset, ..self }
    }

    /// Augments the training images.
    pub(crate) const fn augmented(self, augment: Augment) -> Self {
        Self { augment, ..self }
    }

    /// Uses the multi-class hinge loss.
    pub(crate) const fn by_hinge(self) -> Self {
        Self { hinge: true, ..self }
    }

    /// Takes features of images of this size, `[features, 1, 1]`.
    pub(crate) const fn of(self, features: Features, images: [usize; 3]) -> Self {
        Self { features: Some((features, images)), ..self }
    }

    /// The images of a data set, as they are in its files.
    fn load(&self, dataset: KnownDataset, data_dir: Option<&Path>) -> Result<Split, TrainError> {
        Ok(dataset.load(data_dir, self.features.map_or(self.shape(), |(_, images)| images))?)
    }

    /// Images as the network takes them.
    fn pictures(&self, images: Images) -> Pictures {
        Pictures::new(images, self.features.map(|(features, _)| features))
    }

    /// The size of the network's input.
    fn shape(&self) -> [usize; 3] {
        let dims = self.graph.inputs()[0].shape.dims();
        dims.try_into().unwrap_or_else(|_| panic!("`{}` takes {dims:?}, which is not an image", self.name))
    }

    fn criterion(&self) -> Criterion {
        if self.hinge { Criterion::Hinge(Hinge::default()) } else { Criterion::default() }
    }

    fn bench_on<D: Machine>(&self, device: &D, options: &BenchOptions) -> Result<BenchResult, ModelError> {
        let mut net = device.build(self.graph)?;
        let (train, infer) = bench(&mut net, device, options.batch_size)?;
        let (batch_size, threads, device) = (options.batch_size, rayon::current_num_threads(), options.device.name());
        Ok(BenchResult { model: self.name.to_owned(), unit: "images", batch_size, threads, device, train, infer })
    }

    fn evaluate_on<D: Machine>(&self, device: &D, options: &EvalOptions) -> Result<Evaluation, ModelError> {
        let (checkpoint, config) = find_run(&options.checkpoint, self.shape()[0])?;
        let dataset = options.dataset.or(config.as_ref().and_then(|config| config.source.dataset())).unwrap_or(KnownDataset::Digits);
        let mut net = device.build(self.graph)?;
        load_parameters(&mut net, &checkpoint).map_err(TrainError::from)?;
        let Split { train, test } = self.load(dataset, options.data_dir.as_deref())?;
        let normalize = match config.and_then(|config| config.normalize) {
            Some(normalize) => normalize,
            None => Normalize::measure_dataset(&self.pictures(train)).map_err(TrainError::from)?,
        };
        let (goal, items) = (Goal::Classes(test.classes().to_vec()), test.len() as u64);
        let test = Loader::new(self.pictures(test), TEST_BATCH).transform(normalize);
        let found = Predictions::of(&net, device, &goal, &self.criterion(), &test)?;
        Ok(Evaluation { source: dataset.into(), metrics: ensemble::metrics(&found, &goal), items, unit: "images", seeds: None })
    }

    fn train_on<D: Machine>(&self, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: self.name, graph: self.graph, agent: None };
        let [_, height, width] = self.shape();
        train_made(model, device, options, (self.recipe)(options.dataset), |recipe| {
            let Split { train, test } = self.load(options.dataset, options.data_dir.as_deref())?;
            let (train, validation) = hold_out_images(train, recipe)?;
            let (items, classes, train) = (train.len(), train.classes().to_vec(), self.pictures(train));
            let normalize = Normalize::measure_dataset(&train).map_err(TrainError::from)?;
            let graph = with_dropout(self.graph, recipe.dropout);
            let net = device.build(&graph)?;
            let measured_on = |images: Images| {
                let test = Loader::new(self.pictures(images), TEST_BATCH).transform(normalize.clone());
                let mut task =
                    Supervised::new(Goal::Classes(classes.clone()), test).titled(&format!("{} on {}", self.name, options.dataset));
                task.criterion = self.criterion();
                // The classes are equally frequent.
                task.metrics = Some(vec!["accuracy".to_owned()]);
                task
            };
            let task = WithValidation { task: measured_on(test), validation: validation.map(measured_on) };
            let mut train = Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
            if let Augment::ShiftAndMirror(pixels) = self.augment {
                train = train.transform(RandomCrop::new([height, width]).padding(pixels)).transform(HorizontalFlip::default());
            }
            let train = train.transform(normalize.clone());
            let selected_by = ("validation_loss", Better::Lower);
            let optimizer = recipe.adam(&net);
            Ok((graph, Prepared { optimizer, net, items, task, selected_by, train, normalize: Some(normalize), classes }))
        })
    }
}

impl ZooModel for ImageClassifier {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn graph(&self) -> Option<&'static Graph> {
        Some(self.graph)
    }

    fn own(&self) -> Option<OwnNetwork> {
        // A hinge loss is not what own data are trained by.
        (!self.hinge).then(|| OwnNetwork { recipe: (self.recipe)(self.dataset), kind: OwnKind::Head(self.graph) })
    }

    fn recipe(&self, dataset: KnownDataset) -> Option<Recipe> {
        Some((self.recipe)(dataset))
    }

    fn default_dataset(&self, in_files: bool) -> KnownDataset {
        if in_files || self.shape()[0] != 1 { self.dataset } else { KnownDataset::Digits }
    }

    fn train(&self, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        match options.device {
            DeviceKind::Cpu => self.train_on(&Cpu::seed_from_u64(options.seed()), options),
            DeviceKind::Cuda => self.train_on(&open_gpu(options.seed())?, options),
        }
    }

    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError> {
        if self.hinge {
            // Its scores are not logits of probabilities.
            options.is_of_one_pass(self.name)?;
        } else if !options.is_plain() {
            return ensemble::evaluate(self.graph, options);
        }
        match options.device {
            DeviceKind::Cpu => self.evaluate_on(&Cpu::default(), options),
            DeviceKind::Cuda => self.evaluate_on(&open_gpu(0)?, options),
        }
    }

    fn bench(&self, options: &BenchOptions) -> Result<BenchResult, ModelError> {
        match options.device {
            DeviceKind::Cpu => self.bench_on(&Cpu::seed_from_u64(0), options),
            DeviceKind::Cuda => self.bench_on(&open_gpu(0)?, options),
        }
    }
}

/// Refuses a normalization of other images.
pub(super) fn normalize_fits(config: &RunConfig, path: &Path, channels: usize) -> Result<(), TrainError> {
    if config.normalize.as_ref().is_none_or(|normalize| normalize.fits(channels)) {
        return Ok(());
    }
    let reason = format!("`normalize` needs a mean and a positive std for each channel; the images have {channels} channels");
    Err(TrainError::Content { path: path.to_owned(), reason })
}

/// Resolves a parameter file or run folder to the parameter file and the run's configuration, if there is one beside it.
pub(super) fn find_run(checkpoint: &Path, channels: usize) -> Result<(PathBuf, Option<RunConfig>), TrainError> {
    let file = if checkpoint.is_dir() { checkpoint.join("model.safetensors") } else { checkpoint.to_owned() };
    verify_parameters(&file)?;
    let path = file.with_file_name("config.json");
    if !path.is_file() {
        return Ok((file, None));
    }
    let config = RunConfig::read(&path)?;
    normalize_fits(&config, &path, channels)?;
    Ok((file, Some(config)))
}

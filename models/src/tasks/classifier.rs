//! Image classifiers.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use layercake::dfdx::nn::BuildModule;
use layercake::io::load_parameters;
use layercake::ir::Graph;
use layercake::loss::Hinge;
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::transforms::{HorizontalFlip, RandomCrop};
use layercake_train::data::{KnownDataset, Loader, Normalize, Split};
use layercake_train::run::{Recipe, RunConfig, RunOutcome, verify_parameters};
use layercake_train::{Classification, Classifier, Criterion, Metrics, Seeded, TrainError, WithValidation, bench, evaluate};

use super::built;
use super::cuda::{Gpu, open_gpu};
use super::ensemble;
use super::own::{OwnKind, OwnNetwork};
use super::run::{Prepared, TEST_BATCH, Trained, hold_out_images, train};
use crate::zoo::{BenchOptions, BenchResult, DeviceKind, EvalOptions, Evaluation, ModelError, TrainOptions, ZooModel};

/// A network for images `[C, H, W]` and `K` classes with its name and hyperparameters; see [`classifier`].
pub(crate) struct ImageClassifier<N, const C: usize, const H: usize, const W: usize, const K: usize> {
    name: &'static str,
    description: &'static str,
    recipe: fn(KnownDataset) -> Recipe,
    /// The default data set when a data folder is given.
    dataset: KnownDataset,
    /// Augmentation of the training images.
    augment: Augment,
    /// Hinge loss instead of cross entropy.
    hinge: bool,
    network: PhantomData<fn() -> N>,
}

/// Augmentation of training images, before normalization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Augment {
    /// None.
    No,
    /// Random shifts by up to this number of pixels, and horizontal flips.
    ShiftAndMirror(usize),
}

/// A zoo entry for the network `N`, with default hyperparameters for each data set.
pub(crate) const fn classifier<N, const C: usize, const H: usize, const W: usize, const K: usize>(
    name: &'static str,
    description: &'static str,
    recipe: fn(KnownDataset) -> Recipe,
) -> ImageClassifier<N, C, H, W, K> {
    ImageClassifier { name, description, recipe, dataset: KnownDataset::Mnist, augment: Augment::No, hinge: false, network: PhantomData }
}

impl<N, const C: usize, const H: usize, const W: usize, const K: usize> ImageClassifier<N, C, H, W, K> {
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
}

/// The network `N` on the device `D`.
type On<N, D> = <N as BuildOnDevice<D, f32>>::Built;

impl<N, const C: usize, const H: usize, const W: usize, const K: usize> ZooModel for ImageClassifier<N, C, H, W, K>
where
    N: Network<f32, Cpu> + BuildOnDevice<Cpu, f32> + BuildOnDevice<Gpu, f32>,
    On<N, Cpu>: Classifier<C, H, W, K, Cpu> + Clone,
    On<N, Gpu>: Classifier<C, H, W, K, Gpu> + Clone,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn graph(&self) -> Option<&'static Graph> {
        Some(N::GRAPH)
    }

    fn own(&self) -> Option<OwnNetwork> {
        // A hinge loss is not what own data are trained by.
        (!self.hinge).then(|| OwnNetwork { recipe: (self.recipe)(self.dataset), kind: OwnKind::Head(N::GRAPH) })
    }

    fn recipe(&self, dataset: KnownDataset) -> Option<Recipe> {
        Some((self.recipe)(dataset))
    }

    fn default_dataset(&self, in_files: bool) -> KnownDataset {
        if in_files || C != 1 { self.dataset } else { KnownDataset::Digits }
    }

    fn train(&self, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        match options.device {
            DeviceKind::Cpu => self.train_on::<On<N, Cpu>, _>(&Cpu::seed_from_u64(options.seed()), options),
            DeviceKind::Cuda => self.train_on::<On<N, Gpu>, _>(&open_gpu(options.seed())?, options),
        }
    }

    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError> {
        if self.hinge {
            // Its scores are not logits of probabilities.
            options.is_of_one_pass(self.name)?;
        } else if !options.is_plain() {
            return ensemble::evaluate(N::GRAPH, options);
        }
        match options.device {
            DeviceKind::Cpu => self.evaluate_on::<On<N, Cpu>, _>(&Cpu::default(), options),
            DeviceKind::Cuda => self.evaluate_on::<On<N, Gpu>, _>(&open_gpu(0)?, options),
        }
    }

    fn bench(&self, options: &BenchOptions) -> Result<BenchResult, ModelError> {
        match options.device {
            DeviceKind::Cpu => self.bench_on::<On<N, Cpu>, _>(&Cpu::seed_from_u64(0), options),
            DeviceKind::Cuda => self.bench_on::<On<N, Gpu>, _>(&open_gpu(0)?, options),
        }
    }
}

impl<N: Network<f32, Cpu>, const C: usize, const H: usize, const W: usize, const K: usize> ImageClassifier<N, C, H, W, K> {
    fn bench_on<Net, D>(&self, device: &D, options: &BenchOptions) -> Result<BenchResult, ModelError>
    where
        Net: BuildModule<D, f32> + Classifier<C, H, W, K, D>,
        D: Seeded,
    {
        let mut net = built(Net::try_build(device))?;
        let (train, infer) = bench(&mut net, device, options.batch_size)?;
        let (batch_size, threads, device) = (options.batch_size, rayon::current_num_threads(), options.device.name());
        Ok(BenchResult { model: self.name.to_owned(), unit: "images", batch_size, threads, device, train, infer })
    }

    fn evaluate_on<Net, D>(&self, device: &D, options: &EvalOptions) -> Result<Evaluation, ModelError>
    where
        Net: BuildModule<D, f32> + Classifier<C, H, W, K, D>,
        D: Seeded,
    {
        let (checkpoint, config) = find_run(&options.checkpoint, C)?;
        let dataset = options.dataset.or(config.as_ref().and_then(|config| config.source.dataset())).unwrap_or(KnownDataset::Digits);
        let mut net = built(Net::try_build(device))?;
        load_parameters(&mut net, &checkpoint).map_err(TrainError::from)?;
        let Split { train, test } = dataset.load(options.data_dir.as_deref(), [C, H, W]).map_err(TrainError::from)?;
        let normalize = config.and_then(|config| config.normalize).unwrap_or_else(|| Normalize::measure(&train));
        let confusion = evaluate(&net, device, &Loader::new(test, TEST_BATCH).transform(normalize))?;
        let metrics = Metrics::new().with("accuracy", confusion.accuracy()).with("loss", confusion.loss());
        Ok(Evaluation { source: dataset.into(), metrics, items: confusion.total(), unit: "images", seeds: None })
    }

    fn train_on<Net, D>(&self, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError>
    where
        Net: BuildModule<D, f32> + Classifier<C, H, W, K, D> + Clone,
        D: Seeded,
    {
        let model = Trained { name: self.name, graph: N::GRAPH, agent: None };
        train(model, device, options, (self.recipe)(options.dataset), |recipe| {
            let Split { train, test } = options.dataset.load(options.data_dir.as_deref(), [C, H, W]).map_err(TrainError::from)?;
            let (train, validation) = hold_out_images(train, recipe)?;
            let (items, normalize, classes) = (train.len(), Normalize::measure(&train), train.classes().to_vec());
            let net = built(Net::try_build(device))?;
            let measured_on = |images| {
                let loader = Loader::new(images, TEST_BATCH).transform(normalize.clone());
                let mut task = Classification::new(&format!("{} on {}", self.name, options.dataset), loader, &classes)?;
                if self.hinge {
                    task.criterion = Criterion::Hinge(Hinge::default());
                }
                Ok::<_, TrainError>(task)
            };
            let task = WithValidation { task: measured_on(test)?, validation: validation.map(measured_on).transpose()? };
            let mut train = Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
            if let Augment::ShiftAndMirror(pixels) = self.augment {
                train = train.transform(RandomCrop::new([H, W]).padding(pixels)).transform(HorizontalFlip::default());
            }
            let train = train.transform(normalize.clone());
            let selected_by = ("validation_loss", Better::Lower);
            Ok(Prepared { optimizer: recipe.adam(&net), net, items, task, selected_by, train, normalize: Some(normalize), classes })
        })
    }
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
    if config.normalize.as_ref().is_some_and(|normalize| !normalize.fits(channels)) {
        let reason = format!("`normalize` needs a mean and a positive std for each channel; the images have {channels} channels");
        return Err(TrainError::Content { path, reason });
    }
    Ok((file, Some(config)))
}

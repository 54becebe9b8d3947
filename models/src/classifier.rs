//! The classifiers of images in the zoo.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use layercake::dfdx::nn::BuildModule;
use layercake::io::load_safetensors;
use layercake::ir::Graph;
use layercake::loss::Hinge;
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::transforms::{HorizontalFlip, RandomCrop};
use layercake_train::data::{DataSet, Loader, Normalise, Split};
use layercake_train::run::{Config, Recipe, Summary, verify_parameters};
use layercake_train::{Classification, Classifier, Criterion, Figures, Seeded, TrainError, Validated, bench, evaluate};

use crate::cuda::{Gpu, open_gpu};
use crate::model::{Bench, Device, EvalOptions, Evaluation, Model, ModelError, TrainOptions};
use crate::training::{Prepared, TEST_BATCH, Trained, hold_images_out, train};

/// A network of images `[C, H, W]` and `K` classes, with its name and its recipe; see [`classifier`].
pub(crate) struct ImageClassifier<N, const C: usize, const H: usize, const W: usize, const K: usize> {
    name: &'static str,
    about: &'static str,
    recipe: fn(DataSet) -> Recipe,
    /// The data set in files that it is for.
    dataset: DataSet,
    /// What is done to training images.
    augment: Augment,
    /// A hinge in place of cross entropy.
    hinge: bool,
    network: PhantomData<fn() -> N>,
}

/// What is done to training images before they are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Augment {
    /// Nothing.
    No,
    /// They are shifted by at most so many pixels, and mirrored half of the time.
    ShiftAndMirror(usize),
}

/// A row of the zoo: the network `N`, what it is called, and how it is trained on a data set where nothing else is said.
pub(crate) const fn classifier<N, const C: usize, const H: usize, const W: usize, const K: usize>(
    name: &'static str,
    about: &'static str,
    recipe: fn(DataSet) -> Recipe,
) -> ImageClassifier<N, C, H, W, K> {
    ImageClassifier { name, about, recipe, dataset: DataSet::Mnist, augment: Augment::No, hinge: false, network: PhantomData }
}

impl<N, const C: usize, const H: usize, const W: usize, const K: usize> ImageClassifier<N, C, H, W, K> {
    /// For another data set than MNIST.
    pub(crate) const fn on(self, dataset: DataSet) -> Self {
        Self { dataset, ..self }
    }

    /// On images that are changed in each epoch.
    pub(crate) const fn augmented(self, augment: Augment) -> Self {
        Self { augment, ..self }
    }

    /// By the multi-class hinge.
    pub(crate) const fn by_hinge(self) -> Self {
        Self { hinge: true, ..self }
    }
}

/// The network `N` on the device `D`.
type On<N, D> = <N as BuildOnDevice<D, f32>>::Built;

impl<N, const C: usize, const H: usize, const W: usize, const K: usize> Model for ImageClassifier<N, C, H, W, K>
where
    N: Network<f32, Cpu> + BuildOnDevice<Cpu, f32> + BuildOnDevice<Gpu, f32>,
    On<N, Cpu>: Classifier<C, H, W, K, Cpu> + Clone,
    On<N, Gpu>: Classifier<C, H, W, K, Gpu> + Clone,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn graph(&self) -> Option<&'static Graph> {
        Some(N::GRAPH)
    }

    fn dataset(&self, in_files: bool) -> DataSet {
        if in_files || C != 1 { self.dataset } else { DataSet::Digits }
    }

    fn train(&self, options: &TrainOptions) -> Result<(PathBuf, Summary), ModelError> {
        match options.device {
            Device::Cpu => self.train_on::<On<N, Cpu>, _>(&Cpu::seed_from_u64(options.seed()), options),
            Device::Cuda => self.train_on::<On<N, Gpu>, _>(&open_gpu(options.seed())?, options),
        }
    }

    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError> {
        let (checkpoint, config) = find_run(&options.checkpoint, C)?;
        let dataset = options.dataset.or(config.as_ref().map(|config| config.dataset)).unwrap_or(DataSet::Digits);
        let device = Cpu::default();
        let mut net = <On<N, Cpu> as BuildModule<Cpu, f32>>::build(&device);
        load_safetensors(&mut net, &checkpoint).map_err(TrainError::from)?;
        let Split { train, test } = dataset.load(options.data_dir.as_deref(), [C, H, W]).map_err(TrainError::from)?;
        let normalise = config.and_then(|config| config.normalise).unwrap_or_else(|| Normalise::measure(&train));
        let tally = evaluate(&net, &device, &Loader::new(test, TEST_BATCH).transform(normalise))?;
        let figures = Figures::new().with("accuracy", tally.accuracy()).with("loss", tally.loss());
        Ok(Evaluation { dataset, figures, items: tally.total(), unit: "images" })
    }

    fn bench(&self, batch_size: usize) -> Result<Bench, ModelError> {
        let device = Cpu::seed_from_u64(0);
        let mut net = <On<N, Cpu> as BuildModule<Cpu, f32>>::build(&device);
        let (train, infer) = bench(&mut net, &device, batch_size)?;
        Ok(Bench { model: self.name, batch_size, threads: rayon::current_num_threads(), train, infer })
    }
}

impl<N: Network<f32, Cpu>, const C: usize, const H: usize, const W: usize, const K: usize> ImageClassifier<N, C, H, W, K> {
    fn train_on<Net, D>(&self, device: &D, options: &TrainOptions) -> Result<(PathBuf, Summary), ModelError>
    where
        Net: BuildModule<D, f32> + Classifier<C, H, W, K, D> + Clone,
        D: Seeded,
    {
        let model = Trained { name: self.name, params: N::GRAPH.params() };
        train(model, device, options, (self.recipe)(options.dataset), |recipe| {
            let Split { train, test } = options.dataset.load(options.data_dir.as_deref(), [C, H, W]).map_err(TrainError::from)?;
            let (train, validation) = hold_images_out(train, recipe)?;
            let (items, normalise, classes) = (train.len(), Normalise::measure(&train), train.classes().to_vec());
            let net = Net::try_build(device).map_err(|error| ModelError::Device(error.to_string()))?;
            let measured_on = |images| {
                let loader = Loader::new(images, TEST_BATCH).transform(normalise.clone());
                let mut task = Classification::new(&format!("{} on {}", self.name, options.dataset), loader, &classes)?;
                if self.hinge {
                    task.criterion = Criterion::Hinge(Hinge::default());
                }
                Ok::<_, TrainError>(task)
            };
            let task = Validated { task: measured_on(test)?, validation: validation.map(measured_on).transpose()? };
            let mut train = Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
            if let Augment::ShiftAndMirror(pixels) = self.augment {
                train = train.transform(RandomCrop::new([H, W]).padding(pixels)).transform(HorizontalFlip::default());
            }
            let train = train.transform(normalise.clone());
            let chosen_by = ("validation_loss", Better::Lower);
            Ok(Prepared { optimizer: recipe.adam(&net), net, items, task, chosen_by, train, normalise: Some(normalise), classes })
        })
    }
}

/// The file of parameters that is meant, and the configuration of the run it lies in, where it lies in one.
fn find_run(checkpoint: &Path, channels: usize) -> Result<(PathBuf, Option<Config>), TrainError> {
    let file = if checkpoint.is_dir() { checkpoint.join("model.safetensors") } else { checkpoint.to_owned() };
    verify_parameters(&file)?;
    let path = file.with_file_name("config.json");
    if !path.is_file() {
        return Ok((file, None));
    }
    let config = Config::read(&path)?;
    if config.normalise.as_ref().is_some_and(|normalise| !normalise.fits(channels)) {
        let reason = format!("`normalise` needs a mean and a positive deviation for each channel; the images have {channels}");
        return Err(TrainError::Content { path, reason });
    }
    Ok((file, Some(config)))
}

//! The classifiers of images in the zoo.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use indicatif::HumanCount;
use layercake::dfdx::nn::BuildModule;
use layercake::io::load_safetensors;
use layercake::ir::Graph;
use layercake::prelude::*;
use layercake_train::data::{DataSet, Loader, Normalise, Split};
use layercake_train::run::{Config, RunFolder, Summary};
use layercake_train::{Classifier, Recipe, Report, TrainError, bench, evaluate, fit};

use crate::cuda::{Gpu, open_gpu};
use crate::model::{Bench, Device, EvalOptions, Evaluation, Model, ModelError, TrainOptions};

/// Images in a batch where nothing is learned: enough to keep all cores busy, and few enough to stay in memory for any model.
const TEST_BATCH: usize = 500;
/// Where runs go that were not told where to go.
const RUNS: &str = "runs";

/// A network of images `[C, H, W]` and `K` classes, with its name and its recipe; see [`classifier`].
pub(crate) struct ImageClassifier<N, const C: usize, const H: usize, const W: usize, const K: usize> {
    name: &'static str,
    about: &'static str,
    recipe: fn(DataSet) -> Recipe,
    network: PhantomData<fn() -> N>,
}

/// A row of the zoo: the network `N`, what it is called, and how it is trained on a data set where nothing else is said.
pub(crate) const fn classifier<N, const C: usize, const H: usize, const W: usize, const K: usize>(
    name: &'static str,
    about: &'static str,
    recipe: fn(DataSet) -> Recipe,
) -> ImageClassifier<N, C, H, W, K> {
    ImageClassifier { name, about, recipe, network: PhantomData }
}

/// The network `N` on the device `D`.
type On<N, D> = <N as BuildOnDevice<D, f32>>::Built;

impl<N, const C: usize, const H: usize, const W: usize, const K: usize> Model for ImageClassifier<N, C, H, W, K>
where
    N: Network<f32, Cpu> + BuildOnDevice<Cpu, f32> + BuildOnDevice<Gpu, f32>,
    On<N, Cpu>: Classifier<C, H, W, K, Cpu>,
    On<N, Gpu>: Classifier<C, H, W, K, Gpu>,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn graph(&self) -> &'static Graph {
        N::GRAPH
    }

    fn train(&self, options: &TrainOptions) -> Result<(PathBuf, Summary), ModelError> {
        match options.device {
            Device::Cpu => self.train_on::<On<N, Cpu>, _>(&Cpu::seed_from_u64(options.seed), options),
            Device::Cuda => self.train_on::<On<N, Gpu>, _>(&open_gpu(options.seed)?, options),
        }
    }

    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError> {
        let (checkpoint, config) = find_run(&options.checkpoint, C)?;
        let dataset = options.dataset.or(config.as_ref().map(|config| config.dataset)).unwrap_or(DataSet::Digits);
        let device = Cpu::default();
        let mut net = <On<N, Cpu> as BuildModule<Cpu, f32>>::build(&device);
        load_safetensors(&mut net, &checkpoint).map_err(TrainError::from)?;
        let Split { train, test } = dataset.load(options.data_dir.as_deref(), [C, H, W]).map_err(TrainError::from)?;
        let normalise = match config {
            Some(config) => config.normalise,
            None => Normalise::measure(&train),
        };
        let tally = evaluate(&net, &device, &Loader::new(&test, &normalise, TEST_BATCH))?;
        Ok(Evaluation { dataset, tally })
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
        Net: BuildModule<D, f32> + Classifier<C, H, W, K, D>,
        D: Backend<f32>,
    {
        let recipe = self.recipe(options);
        let Split { train, test } = options.dataset.load(options.data_dir.as_deref(), [C, H, W]).map_err(TrainError::from)?;
        let normalise = Normalise::measure(&train);
        let train_loader = Loader::new(&train, &normalise, recipe.batch_size);
        let test_loader = Loader::new(&test, &normalise, TEST_BATCH);
        let mut net = Net::try_build(device).map_err(|error| ModelError::Device(error.to_string()))?;

        let config = Config {
            layercake: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.name.to_owned(),
            dataset: options.dataset,
            device: options.device.name().to_owned(),
            threads: rayon::current_num_threads(),
            recipe,
            normalise: normalise.clone(),
            classes: train.classes().to_vec(),
        };
        let mut run = match &options.out {
            Some(path) => RunFolder::create(path, config)?,
            None => RunFolder::create_numbered(Path::new(RUNS), config)?,
        };
        let count = |number: usize| HumanCount(number as u64);
        let (params, learn, see) = (count(N::GRAPH.params()), count(train.len()), count(test.len()));
        let heading = format!(
            "{} ({params} parameters) on {}: {learn} images to learn from, {see} to test on; the run is kept in {}",
            self.name,
            options.dataset,
            run.path().display()
        );
        let mut report = Report::new(&heading, recipe.epochs, train_loader.batches());
        fit(&mut net, device, &train_loader, &test_loader, &recipe, &mut [&mut run, &mut report])?;

        let path = run.path().to_owned();
        Ok((path, run.finish(N::GRAPH.params(), train.len())?))
    }

    /// The model's own recipe for the data set, with what the user said in its place.
    fn recipe(&self, options: &TrainOptions) -> Recipe {
        let own = (self.recipe)(options.dataset);
        Recipe {
            epochs: options.epochs.unwrap_or(own.epochs),
            batch_size: options.batch_size.unwrap_or(own.batch_size),
            lr: options.lr.unwrap_or(own.lr),
            seed: options.seed,
            ..own
        }
    }
}

/// The file of parameters that is meant, and the configuration of the run it lies in, where it lies in one.
fn find_run(checkpoint: &Path, channels: usize) -> Result<(PathBuf, Option<Config>), TrainError> {
    let file = if checkpoint.is_dir() { checkpoint.join("model.safetensors") } else { checkpoint.to_owned() };
    let path = file.with_file_name("config.json");
    if !path.is_file() {
        return Ok((file, None));
    }
    let config = Config::read(&path)?;
    if !config.normalise.fits(channels) {
        let reason = format!("`normalise` needs a mean and a positive deviation for each channel; the images have {channels}");
        return Err(TrainError::Content { path, reason });
    }
    Ok((file, Some(config)))
}

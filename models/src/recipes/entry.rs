//! A row of the zoo that is trained by a recipe of its own kind.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use layercake::dfdx::nn::BuildModule;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::io::load_safetensors;
use layercake::ir::Graph;
use layercake::prelude::*;
use layercake_train::data::DataSet;
use layercake_train::run::{Config, Recipe, Summary, verify_parameters};
use layercake_train::{Figures, Seeded, TrainError};

use crate::cuda::open_gpu;
use crate::model::{Device, EvalOptions, Evaluation, Model, ModelError, SampleOptions, Sampled, TrainOptions};

/// What the models of one kind have in common: how they are trained, measured and drawn from.
pub(crate) trait Kind: Sync + 'static {
    /// The network.
    const GRAPH: &'static Graph;

    /// Trains it.
    fn train<D: Seeded>(row: &Row, device: &D, options: &TrainOptions) -> Result<(PathBuf, Summary), ModelError>;

    /// Measures what a checkpoint holds on the test part of a data set: the figures, and of how many items.
    fn evaluate(run: &Run, dataset: DataSet, data_dir: Option<&Path>) -> Result<(Figures, u64), ModelError>;

    /// Draws from it.
    fn sample(row: &Row, _: &Run, _: &SampleOptions) -> Result<Sampled, ModelError> {
        Err(ModelError::Cannot { model: row.name, what: "sampled: it makes nothing new; vae, gated_pixelcnn and char_lstm do" })
    }
}

/// What is said of one model.
pub(crate) struct Row {
    pub name: &'static str,
    pub about: &'static str,
    /// Its data set in files, where nobody says another.
    pub dataset: DataSet,
    /// Can it learn from the digits too, which are built in?
    pub digits: bool,
    /// How it is trained where nothing else is said.
    pub recipe: fn(DataSet) -> Recipe,
    /// What its items are.
    pub unit: &'static str,
}

/// A model of the kind `K`.
pub(crate) struct Entry<K> {
    pub row: Row,
    pub kind: PhantomData<fn() -> K>,
}

/// What a run left behind.
pub(crate) struct Run {
    pub checkpoint: PathBuf,
    pub config: Option<Config>,
}

impl Run {
    /// The file of parameters that is meant, and the configuration of the run it lies in, where it lies in one.
    pub(crate) fn find(checkpoint: &Path) -> Result<Self, TrainError> {
        let checkpoint = if checkpoint.is_dir() { checkpoint.join("model.safetensors") } else { checkpoint.to_owned() };
        verify_parameters(&checkpoint)?;
        let path = checkpoint.with_file_name("config.json");
        let config = if path.is_file() { Some(Config::read(&path)?) } else { None };
        Ok(Self { checkpoint, config })
    }

    /// The network with its parameters.
    pub(crate) fn load<N: BuildModule<Cpu, f32> + TensorCollection<f32, Cpu>>(&self, device: &Cpu) -> Result<N, TrainError> {
        let mut net = N::build(device);
        load_safetensors(&mut net, &self.checkpoint)?;
        Ok(net)
    }
}

impl<K: Kind> Model for Entry<K> {
    fn name(&self) -> &'static str {
        self.row.name
    }

    fn about(&self) -> &'static str {
        self.row.about
    }

    fn graph(&self) -> Option<&'static Graph> {
        Some(K::GRAPH)
    }

    fn dataset(&self, in_files: bool) -> DataSet {
        if in_files || !self.row.digits { self.row.dataset } else { DataSet::Digits }
    }

    fn train(&self, options: &TrainOptions) -> Result<(PathBuf, Summary), ModelError> {
        match options.device {
            Device::Cpu => K::train(&self.row, &Cpu::seed_from_u64(options.seed()), options),
            Device::Cuda => K::train(&self.row, &open_gpu(options.seed())?, options),
        }
    }

    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError> {
        let run = Run::find(&options.checkpoint)?;
        let dataset = options.dataset.or(run.config.as_ref().map(|config| config.dataset)).unwrap_or(self.row.dataset);
        let (figures, items) = K::evaluate(&run, dataset, options.data_dir.as_deref())?;
        Ok(Evaluation { dataset, figures, items, unit: self.row.unit })
    }

    fn sample(&self, options: &SampleOptions) -> Result<Sampled, ModelError> {
        K::sample(&self.row, &Run::find(&options.checkpoint)?, options)
    }
}

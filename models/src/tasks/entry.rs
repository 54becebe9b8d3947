//! An entry of the zoo: a description, and a kind of model that implements training, evaluation and sampling.

use std::path::{Path, PathBuf};

use layercake::io::load_parameters;
use layercake::ir::Graph;
use layercake::prelude::*;
use layercake_train::data::KnownDataset;
use layercake_train::run::{Recipe, RunConfig, RunOutcome, Source, verify_parameters};
use layercake_train::{Metrics, Timing, TrainError};

use super::machine::{Machine, open_gpu};
use crate::zoo::{
    BenchOptions, BenchResult, DeviceKind, EvalOptions, Evaluation, ModelError, PhotoDetector, PhotoSegmenter, SampleOptions, Samples,
    TrainOptions, Variant, ZooModel,
};

/// A kind of model: how its models are trained, evaluated and sampled.
pub(crate) trait ModelKind: Sync + 'static {
    /// The network.
    fn graph(&self) -> &'static Graph;

    /// The network for a data set; of most models it is the same for all.
    fn graph_on(&self, _: KnownDataset) -> &'static Graph {
        self.graph()
    }

    /// See [`ZooModel::graph_of_characters`].
    fn graph_of_characters(&self, _: usize) -> Option<Graph> {
        None
    }

    /// See [`ZooModel::head`].
    fn head(&self) -> Option<&'static Graph> {
        None
    }

    /// The networks to choose from, the default first; none for a model of one network.
    fn variants(&self) -> &'static [Variant] {
        &[]
    }

    /// Trains the model.
    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError>;

    /// Evaluates a checkpoint on the test part of a data set. Returns the metrics and the number of items.
    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError>;

    /// Evaluates a checkpoint on a text of the user's own, by default the test part of the run's. Returns its source, the metrics and the number of characters.
    fn evaluate_text<D: Machine>(
        &self,
        description: &Description,
        _: &Run,
        _: &D,
        _: Option<&Path>,
    ) -> Result<(Source, Metrics, u64), ModelError> {
        Err(ModelError::reads_no_text(description.name))
    }

    /// Times a training step and an inference on a batch.
    fn bench<D: Machine>(&self, description: &Description, _: &D, _: usize) -> Result<[Timing; 2], ModelError> {
        Err(ModelError::not_timed(description.name))
    }

    /// A trained detector.
    fn detector<D: Machine>(&self, description: &Description, _: &Run, _: D) -> Result<PhotoDetector, ModelError> {
        Err(ModelError::no_detector(description.name))
    }

    /// A trained network that gives each pixel a class.
    fn segmenter<D: Machine>(&self, description: &Description, _: &Run, _: D) -> Result<PhotoSegmenter, ModelError> {
        Err(ModelError::no_segmenter(description.name))
    }

    /// Samples from the model.
    fn sample<D: Machine>(&self, description: &Description, _: &Run, _: &D, _: &SampleOptions) -> Result<Samples, ModelError> {
        Err(ModelError::not_generative(description.name))
    }
}

/// The facts about one model.
pub(crate) struct Description {
    pub name: &'static str,
    /// One line for `layercake list`.
    pub description: &'static str,
    /// The default data set when a data folder is given.
    pub dataset: KnownDataset,
    /// Whether the built-in digits are the default without a data folder.
    pub digits: bool,
    /// The default hyperparameters for a data set.
    pub recipe: fn(KnownDataset) -> Recipe,
    /// What a test item is called.
    pub unit: &'static str,
}

/// A model of kind `K`.
pub(crate) struct Entry<K> {
    pub description: Description,
    pub kind: K,
}

/// A checkpoint, and the configuration of the run it belongs to.
pub(crate) struct Run {
    pub checkpoint: PathBuf,
    pub config: Option<RunConfig>,
}

impl Run {
    /// The network of the run among those of its model.
    pub(crate) fn variant(&self, all: &'static [Variant]) -> Result<&'static Variant, ModelError> {
        Variant::named(
            all,
            self.config.as_ref().map_or("", |config| &config.model),
            self.config.as_ref().and_then(|config| config.variant.as_deref()),
        )
    }

    /// Resolves a parameter file or run folder to the parameter file and the run's configuration, if there is one beside it.
    pub(crate) fn find(checkpoint: &Path) -> Result<Self, TrainError> {
        let checkpoint = if checkpoint.is_dir() { checkpoint.join("model.safetensors") } else { checkpoint.to_owned() };
        verify_parameters(&checkpoint)?;
        let path = checkpoint.with_file_name("config.json");
        let config = if path.is_file() { Some(RunConfig::read(&path)?) } else { None };
        Ok(Self { checkpoint, config })
    }

    /// The names of the classes that the model was trained on, which must be so many.
    pub(crate) fn classes(&self, count: usize) -> Result<Vec<String>, TrainError> {
        let path = self.checkpoint.with_file_name("config.json");
        let wrong = |reason: String| TrainError::Content { path, reason };
        match &self.config {
            None => Err(wrong("there is no such file, which has the names of the classes".to_owned())),
            Some(config) if config.classes.len() != count => {
                Err(wrong(format!("expected the names of {count} classes, found {}", config.classes.len())))
            }
            Some(config) => Ok(config.classes.clone()),
        }
    }

    /// Builds a network from its graph and loads its parameters.
    pub(crate) fn load_graph<D: Machine>(&self, graph: &Graph, device: &D) -> Result<D::Net, TrainError> {
        let mut net = device.build(graph)?;
        load_parameters(&mut net, &self.checkpoint)?;
        Ok(net)
    }
}

impl<K: ModelKind> ZooModel for Entry<K> {
    fn name(&self) -> &'static str {
        self.description.name
    }

    fn description(&self) -> &'static str {
        self.description.description
    }

    fn graph(&self) -> Option<&'static Graph> {
        Some(self.kind.graph())
    }

    fn graph_on(&self, dataset: KnownDataset) -> Option<&'static Graph> {
        Some(self.kind.graph_on(dataset))
    }

    fn graph_of_characters(&self, count: usize) -> Option<Graph> {
        self.kind.graph_of_characters(count)
    }

    fn head(&self) -> Option<&'static Graph> {
        self.kind.head()
    }

    fn variants(&self) -> &'static [Variant] {
        self.kind.variants()
    }

    fn recipe(&self, dataset: KnownDataset) -> Option<Recipe> {
        Some((self.description.recipe)(dataset))
    }

    fn default_dataset(&self, in_files: bool) -> KnownDataset {
        if in_files || !self.description.digits { self.description.dataset } else { KnownDataset::Digits }
    }

    fn train(&self, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        match options.device {
            DeviceKind::Cpu => self.kind.train(&self.description, &Cpu::seed_from_u64(options.seed()), options),
            DeviceKind::Cuda => self.kind.train(&self.description, &open_gpu(options.seed())?, options),
        }
    }

    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError> {
        options.is_of_one_pass(self.description.name)?;
        let run = Run::find(&options.checkpoint)?;
        let has_text = run.config.as_ref().is_some_and(|config| config.text.is_some());
        if options.text.is_some() || (has_text && options.dataset.is_none()) {
            let (kind, text) = (&self.kind, options.text.as_deref());
            let (source, metrics, items) = match options.device {
                DeviceKind::Cpu => kind.evaluate_text(&self.description, &run, &Cpu::default(), text)?,
                DeviceKind::Cuda => kind.evaluate_text(&self.description, &run, &open_gpu(0)?, text)?,
            };
            return Ok(Evaluation { source, metrics, items, unit: self.description.unit, seeds: None });
        }
        let dataset =
            options.dataset.or(run.config.as_ref().and_then(|config| config.source.dataset())).unwrap_or(self.description.dataset);
        let data_dir = options.data_dir.as_deref();
        let (metrics, items) = match options.device {
            DeviceKind::Cpu => self.kind.evaluate(&run, &Cpu::default(), dataset, data_dir)?,
            DeviceKind::Cuda => self.kind.evaluate(&run, &open_gpu(0)?, dataset, data_dir)?,
        };
        Ok(Evaluation { source: dataset.into(), metrics, items, unit: self.description.unit, seeds: None })
    }

    fn bench(&self, options: &BenchOptions) -> Result<BenchResult, ModelError> {
        let [train, infer] = match options.device {
            DeviceKind::Cpu => self.kind.bench(&self.description, &Cpu::seed_from_u64(0), options.batch_size)?,
            DeviceKind::Cuda => self.kind.bench(&self.description, &open_gpu(0)?, options.batch_size)?,
        };
        let (name, unit, device) = (self.description.name.to_owned(), self.description.unit, options.device.name());
        let threads = rayon::current_num_threads();
        Ok(BenchResult { model: name, unit, batch_size: options.batch_size, threads, device, train, infer })
    }

    fn detector(&self, checkpoint: &Path, device: DeviceKind) -> Result<PhotoDetector, ModelError> {
        let run = Run::find(checkpoint)?;
        match device {
            DeviceKind::Cpu => self.kind.detector(&self.description, &run, Cpu::default()),
            DeviceKind::Cuda => self.kind.detector(&self.description, &run, open_gpu(0)?),
        }
    }

    fn segmenter(&self, checkpoint: &Path, device: DeviceKind) -> Result<PhotoSegmenter, ModelError> {
        let run = Run::find(checkpoint)?;
        match device {
            DeviceKind::Cpu => self.kind.segmenter(&self.description, &run, Cpu::default()),
            DeviceKind::Cuda => self.kind.segmenter(&self.description, &run, open_gpu(0)?),
        }
    }

    fn sample(&self, options: &SampleOptions) -> Result<Samples, ModelError> {
        let run = Run::find(&options.checkpoint)?;
        match options.device {
            DeviceKind::Cpu => self.kind.sample(&self.description, &run, &Cpu::default(), options),
            DeviceKind::Cuda => self.kind.sample(&self.description, &run, &open_gpu(0)?, options),
        }
    }
}

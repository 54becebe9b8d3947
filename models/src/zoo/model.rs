//! The interface of a model in the zoo.

use std::path::Path;

use layercake::ir::Graph;
use layercake_train::data::KnownDataset;
use layercake_train::rl::KnownEnvironment;
use layercake_train::run::{Recipe, RunOutcome};

use super::error::ModelError;
use super::options::{
    BenchOptions, BenchResult, DeviceKind, EvalOptions, Evaluation, PlayOptions, Played, SampleOptions, Samples, TrainOptions,
};
use super::photo::{PhotoDetector, PhotoSegmenter};
use crate::tasks::OwnNetwork;
use crate::tasks::dropout::probabilities;

/// One of several networks of a model.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Its name on the command line.
    pub name: &'static str,
    /// The network.
    pub graph: &'static Graph,
}

impl Variant {
    /// The variant of this name, or the first.
    pub(crate) fn named(all: &'static [Self], model: &str, name: Option<&str>) -> Result<&'static Self, ModelError> {
        let known = || all.iter().map(|variant| variant.name).collect::<Vec<_>>().join(", ");
        match name {
            None => Ok(&all[0]),
            Some(name) => all.iter().find(|variant| variant.name == name).ok_or_else(|| match all {
                [] => ModelError::Option(format!("`--variant {name}`: `{model}` has one network only")),
                _ => ModelError::Option(format!("`--variant {name}`: `{model}` has no such variant; known: {}", known())),
            }),
        }
    }
}

/// A model of the zoo. Each kind of model (image classifiers, autoencoders, networks without a task) implements this once.
pub trait ZooModel: Sync {
    /// The model's name on the command line.
    fn name(&self) -> &'static str;

    /// A one-line description.
    fn description(&self) -> &'static str;

    /// The network's graph; `None` for models that are not networks.
    fn graph(&self) -> Option<&'static Graph>;

    /// The network's graph for a data set; of most models it is the same for all.
    fn graph_on(&self, _dataset: KnownDataset) -> Option<&'static Graph> {
        self.graph()
    }

    /// The second network of a detector, which takes what is cropped from the first one's output.
    fn head(&self) -> Option<&'static Graph> {
        None
    }

    /// The networks to choose from, the default first; none for a model of one network.
    fn variants(&self) -> &'static [Variant] {
        &[]
    }

    /// The graph of one of [`ZooModel::variants`].
    ///
    /// # Errors
    /// If there is no variant of this name.
    fn graph_of(&self, variant: &str) -> Result<&'static Graph, ModelError> {
        Variant::named(self.variants(), self.name(), Some(variant)).map(|variant| variant.graph)
    }

    /// The network for texts of so many different characters; `None` if the model does not read texts by their characters.
    fn graph_of_characters(&self, _count: usize) -> Option<Graph> {
        None
    }

    /// How the model learns from the user's own data; `None` if it does not.
    fn own(&self) -> Option<OwnNetwork> {
        None
    }

    /// The default hyperparameters on a data set; `None` if the model is not trained by optimizer steps on data.
    fn recipe(&self, _dataset: KnownDataset) -> Option<Recipe> {
        None
    }

    /// The probabilities of the dropout layers of the network for a data set.
    fn dropout(&self, dataset: KnownDataset) -> Vec<f64> {
        self.graph_on(dataset).map_or_else(Vec::new, probabilities)
    }

    /// The network's graph for an environment.
    ///
    /// # Errors
    /// If the model does not act in an environment, or has no network for this one.
    fn graph_in(&self, environment: KnownEnvironment) -> Result<&'static Graph, ModelError> {
        let reason = "it does not act in an environment";
        match self.graph() {
            Some(graph) if self.environments().contains(&environment) => Ok(graph),
            _ => Err(ModelError::NoEffect { model: self.name(), option: "--env", reason, known: "see `layercake --help`" }),
        }
    }

    /// The environments that an agent can act in, its default first; none for a model that is trained on data.
    fn environments(&self) -> &'static [KnownEnvironment] {
        &[]
    }

    /// The data set used when none is named; meaningless for an agent: one read from files if `in_files` (a data folder was given), otherwise the built-in digits
    /// where the model can be trained on them.
    fn default_dataset(&self, in_files: bool) -> KnownDataset;

    /// Trains the model, prints progress to stdout and writes the run folder; or what [`TrainOptions::purpose`] asks for instead.
    ///
    /// # Errors
    /// If the data cannot be read, the device fails, training diverges, or the folder cannot be written.
    fn train(&self, options: &TrainOptions) -> Result<RunOutcome, ModelError>;

    /// Evaluates a checkpoint on a test set.
    ///
    /// # Errors
    /// If the checkpoint or the data cannot be read, or do not match the model.
    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError>;

    /// Times a training step and an inference.
    ///
    /// # Errors
    /// If the model does not support it, or the device fails.
    fn bench(&self, _options: &BenchOptions) -> Result<BenchResult, ModelError> {
        Err(ModelError::not_timed(self.name()))
    }

    /// Loads a trained detector from a parameter file or the folder of a run.
    ///
    /// # Errors
    /// If the model is not a detector, or the checkpoint cannot be read or does not match.
    fn detector(&self, _checkpoint: &Path, _device: DeviceKind) -> Result<PhotoDetector, ModelError> {
        Err(ModelError::no_detector(self.name()))
    }

    /// Loads a trained network that gives each pixel a class from a parameter file or the folder of a run.
    ///
    /// # Errors
    /// If the model is of another kind, or the checkpoint cannot be read or does not match.
    fn segmenter(&self, _checkpoint: &Path, _device: DeviceKind) -> Result<PhotoSegmenter, ModelError> {
        Err(ModelError::no_segmenter(self.name()))
    }

    /// Plays an episode with a trained agent.
    ///
    /// # Errors
    /// If the model is not an agent, the checkpoint cannot be read or does not match, or the output cannot be written.
    fn play(&self, _options: &PlayOptions, _show: &mut dyn FnMut(&str)) -> Result<Played, ModelError> {
        let reason = "it does not act in an environment; gridworld, dqn, reinforce and actor_critic do";
        Err(ModelError::Unsupported { model: self.name(), action: "played", reason })
    }

    /// Samples images or text from a generative model.
    ///
    /// # Errors
    /// If the model is not generative, the checkpoint cannot be read or does not match, or the output cannot be written.
    fn sample(&self, _options: &SampleOptions) -> Result<Samples, ModelError> {
        Err(ModelError::not_generative(self.name()))
    }
}

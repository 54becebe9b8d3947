//! What all training runs share: the run folder, progress output, checkpoints and the summary.

use std::path::{Path, PathBuf};

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::ir::Graph;
use layercake::optim::Adam;
use layercake::schedule::Better;
use layercake_train::data::{Collate, Dataset, Images, Loader, Normalize, Split};
use layercake_train::rl::AgentConfig;
use layercake_train::run::{
    OwnText, Purpose, Recipe, RunConfig, RunFolder, RunOptions, RunOutcome, Source, Trainee, command, conduct, has_effect,
};
use layercake_train::{Optimizers, Seeded, Task, TrainError, WithValidation};

use super::SHAPE;
use super::dropout::has_dropout;
use super::machine::Machine;
use crate::zoo::{ModelError, TrainOptions};

/// Batch size for evaluation: large enough to keep all cores busy, small enough to fit into memory for any model.
pub(crate) const TEST_BATCH: usize = 500;

/// The model being trained.
pub(crate) struct Trained {
    pub name: &'static str,
    pub graph: &'static Graph,
    /// The environment and the settings of an agent; others are trained on a data set.
    pub agent: Option<(&'static str, AgentConfig)>,
}

/// What a task prepares for training.
pub(crate) struct Prepared<N, O, S: Dataset, T> {
    pub net: N,
    pub optimizer: O,
    /// Number of training items.
    pub items: usize,
    /// The training data, batched and shuffled as the recipe says.
    pub train: Loader<S>,
    /// The loss, and the evaluation on the test and validation data.
    pub task: T,
    /// The metric for early stopping and for selecting the best weights.
    pub selected_by: (&'static str, Better),
    /// The normalization of the images, for `config.json`.
    pub normalize: Option<Normalize>,
    /// The names of the classes, for `config.json`.
    pub classes: Vec<String>,
}

/// What is prepared of a network that learns by Adam and is validated by the same task.
pub(crate) type PreparedNet<S, T, D> = Prepared<<D as Machine>::Net, Adam<f32, D>, S, WithValidation<T>>;

/// Trains a model with its default recipe and the user's options, as [`train_made`].
pub(crate) fn train<N, O, S, T, D>(
    model: Trained,
    device: &D,
    options: &TrainOptions,
    own: Recipe,
    prepare: impl FnOnce(&Recipe) -> Result<Prepared<N, O, S, T>, ModelError>,
) -> Result<RunOutcome, ModelError>
where
    N: TensorCollection<f32, D> + Clone,
    O: Optimizers<N, D>,
    S: Dataset,
    S::Item: Collate<Batch = T::Batch>,
    T: Task<N, D>,
    D: Seeded,
{
    if options.text.is_some() {
        return Err(ModelError::reads_no_text(model.name));
    }
    let graph = model.graph;
    train_made(model, device, options, own, |recipe| Ok((graph.clone(), prepare(recipe)?)))
}

/// Trains a network that follows from the data, with its default recipe and the user's options, or resumes a run with the recipe in its `config.json`. `prepare` reads the
/// data and builds the network; the device is seeded with the recipe's seed.
pub(crate) fn train_made<N, O, S, T, D>(
    model: Trained,
    device: &D,
    options: &TrainOptions,
    own: Recipe,
    prepare: impl FnOnce(&Recipe) -> Result<(Graph, Prepared<N, O, S, T>), ModelError>,
) -> Result<RunOutcome, ModelError>
where
    N: TensorCollection<f32, D> + Clone,
    O: Optimizers<N, D>,
    S: Dataset,
    S::Item: Collate<Batch = T::Batch>,
    T: Task<N, D>,
    D: Seeded,
{
    let Begun { source, resumed, recipe } = begin(&model, options, own)?;
    let prepared = prepare(&recipe);
    // Missing data of one rank end all of them.
    let known = options.world.agree(prepared.as_ref().map(drop).map_err(|error| TrainError::Setting(error.to_string())));
    let (graph, Prepared { net, optimizer, items, train, task, selected_by, normalize, classes }) = prepared?;
    known?;
    let config = config(&model, options, source, recipe, (normalize, classes));
    let trainee = Trainee { net, graph, optimizer, items, train, task, selected_by };
    let TrainOptions { out, checkpoint_every, tensorboard, cancellation, purpose, world, .. } = options.clone();
    let run = RunOptions { out, resumed, checkpoint_every, tensorboard, cancellation, purpose, world };
    Ok(conduct(config, trainee, device, run)?)
}

/// What a run begins with.
struct Begun {
    source: Source,
    resumed: Option<RunFolder>,
    recipe: Recipe,
}

/// Checks the options, and reads the recipe of a run that is resumed.
fn begin(model: &Trained, options: &TrainOptions, own: Recipe) -> Result<Begun, ModelError> {
    let source = match model.agent {
        Some((environment, _)) => Source::Environment(environment.to_owned()),
        None => {
            options.agent.has_no_effect(model.name)?;
            match &options.text {
                Some(text) => Source::from(Some(text.path.as_path())),
                None => Source::Dataset(options.dataset),
            }
        }
    };
    if options.box_weight.is_some() && own.box_weight.is_none() {
        let reason = "it has no weighted loss of a box";
        return Err(ModelError::NoEffect { model: model.name, option: "--box-weight", reason, known: "see `layercake train --help`" });
    }
    if options.generator_loss.is_some() && own.generator_loss.is_none() {
        let reason = "it has no generator";
        return Err(ModelError::NoEffect { model: model.name, option: "--loss", reason, known: "see `layercake train --help`" });
    }
    if options.dropout.is_some() && !has_dropout(model.graph) {
        let reason = "it has no dropout";
        return Err(ModelError::NoEffect { model: model.name, option: "--dropout", reason, known: "see `layercake train --help`" });
    }
    let resumed = options.resume.as_deref().map(|path| RunFolder::open_on(path, &options.world)).transpose()?;
    let recipe = resumed.as_ref().map_or_else(|| with_options(own, options), |run| run.config().recipe);
    recipe.check()?;
    has_effect(&recipe)?;
    Ok(Begun { source, resumed, recipe })
}

/// What `config.json` says of the run.
fn config(
    model: &Trained,
    options: &TrainOptions,
    source: Source,
    recipe: Recipe,
    (normalize, classes): (Option<Normalize>, Vec<String>),
) -> RunConfig {
    RunConfig {
        layercake: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.name.to_owned(),
        source,
        data_dir: options.data_dir.as_deref().map(absolute),
        variant: options.variant.clone(),
        own: None,
        text: options.text.as_ref().map(|text| OwnText { path: absolute(&text.path), test: text.test.as_deref().map(absolute) }),
        device: options.device.name().to_owned(),
        threads: rayon::current_num_threads(),
        recipe,
        normalize,
        classes,
        agent: model.agent.map(|(_, config)| config),
        transfer: options.transfer.clone(),
        command: command(),
    }
}

/// The model's default recipe with the user's options.
fn with_options(own: Recipe, options: &TrainOptions) -> Recipe {
    Recipe {
        epochs: options.epochs.unwrap_or(own.epochs),
        batch_size: options.batch_size.unwrap_or(own.batch_size),
        lr: options.lr.unwrap_or(own.lr),
        weight_decay: options.weight_decay.unwrap_or(own.weight_decay),
        clip: options.clip.map_or(own.clip, |norm| Some(norm).filter(|norm| *norm > 0.0)),
        trial: options.purpose == Purpose::Trial,
        train_size: options.train_size.or(own.train_size),
        snapshots: options.snapshots,
        dropout: options.dropout.or(own.dropout),
        box_weight: options.box_weight.or(own.box_weight),
        generator_loss: options.generator_loss.or(own.generator_loss),
        seed: options.seed(),
        validation: options.validation.or(own.validation),
        patience: options.patience.or(own.patience),
        // An agent keeps its best weights by default, which a run of one epoch cannot.
        restore_best: options.restore_best || (own.restore_best && options.epochs != Some(1)),
        ..own
    }
}

/// Splits the training images into a training and a validation part.
pub(crate) fn hold_out_images(train: Images, recipe: &Recipe) -> Result<(Images, Option<Images>), TrainError> {
    let [rest, held] = recipe.parts(train.len())?;
    let held = (!held.is_empty()).then(|| train.subset(&held));
    Ok((if rest.len() == train.len() { train } else { train.subset(&rest) }, held))
}

/// What a generative model of images prepares: the training images in batches, and its task on the test and the validation images.
pub(crate) fn prepare_images<T, D: Machine>(
    device: &D,
    graph: &Graph,
    options: &TrainOptions,
    recipe: &Recipe,
    selected_by: &'static str,
    task: impl Fn(Images) -> T,
) -> Result<PreparedNet<Images, T, D>, ModelError> {
    let Split { train, test } = options.dataset.load(options.data_dir.as_deref(), SHAPE).map_err(TrainError::from)?;
    let net = device.build(graph)?;
    let (train, validation) = hold_out_images(train, recipe)?;
    let (items, optimizer) = (train.len(), recipe.adam(&net));
    let train = Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
    let task = WithValidation { task: task(test), validation: validation.map(task) };
    Ok(Prepared { net, optimizer, items, train, task, selected_by: (selected_by, Better::Lower), normalize: None, classes: Vec::new() })
}

/// A run may be resumed from another working directory.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

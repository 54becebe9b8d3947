//! What all training runs share: the run folder, progress output, checkpoints and the summary.

use std::path::{Path, PathBuf};

use indicatif::HumanCount;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::io::load_parameters;
use layercake::ir::Graph;
use layercake::optim::{Optim, Rule};
use layercake::schedule::Better;
use layercake_train::data::{Collate, Dataset, Images, Loader, Normalize};
use layercake_train::rl::AgentConfig;
use layercake_train::run::{Recipe, RunConfig, RunFolder, RunSummary, Source, command};
use layercake_train::{EarlyStopping, ProgressReport, Seeded, Task, TrainError, hold_out};

use crate::zoo::{ModelError, TrainOptions};

/// The default parent folder of run folders.
pub(crate) const RUNS: &str = "runs";

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
pub(crate) struct Prepared<N, R: Rule, S: Dataset, T, D: Seeded> {
    pub net: N,
    pub optimizer: Optim<R, f32, D>,
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

/// Trains a model with its default recipe and the user's options, or resumes a run with the recipe in its `config.json`. `prepare` reads the
/// data and builds the network; the device is seeded with the recipe's seed.
pub(crate) fn train<N, R, S, T, D>(
    model: Trained,
    device: &D,
    options: &TrainOptions,
    own: Recipe,
    prepare: impl FnOnce(&Recipe) -> Result<Prepared<N, R, S, T, D>, ModelError>,
) -> Result<(PathBuf, RunSummary), ModelError>
where
    N: TensorCollection<f32, D> + Clone,
    R: Rule,
    S: Dataset,
    S::Item: Collate<Batch = T::Batch>,
    T: Task<N, D>,
    D: Seeded,
{
    let source = match model.agent {
        Some((environment, _)) => Source::Environment(environment.to_owned()),
        None => {
            options.agent.has_no_effect(model.name)?;
            Source::Dataset(options.dataset)
        }
    };
    let resumed = options.resume.as_deref().map(RunFolder::open).transpose()?;
    let recipe = resumed.as_ref().map_or_else(|| with_options(own, options), |run| run.config().recipe);
    recipe.check()?;
    has_effect(&recipe)?;
    let Prepared { mut net, mut optimizer, items, train, mut task, selected_by, normalize, classes } = prepare(&recipe)?;
    if let Some(from) = &options.from {
        begin_with(&mut net, from)?;
    }
    is_due(options.checkpoint_every, recipe.epochs.saturating_mul(train.batch_count().div_ceil(recipe.accumulate)))?;
    let config = RunConfig {
        layercake: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.name.to_owned(),
        source: source.clone(),
        data_dir: options.data_dir.as_deref().map(absolute),
        device: options.device.name().to_owned(),
        threads: rayon::current_num_threads(),
        recipe,
        normalize,
        classes,
        agent: model.agent.map(|(_, config)| config),
        command: command(),
    };
    let mut run = match (resumed, &options.out) {
        (Some(run), _) => run,
        (None, Some(path)) => RunFolder::create(path, config)?,
        (None, None) => RunFolder::create_numbered(Path::new(RUNS), config)?,
    };
    run.draw_network(model.graph)?;
    let path = run.path().to_owned();
    let (params, items) = (HumanCount(model.graph.params() as u64), HumanCount(items as u64));
    let heading = format!("{} ({params} parameters) on {source}: {items} training {}; run folder {}", model.name, T::UNIT, path.display());
    let mut report = ProgressReport::new(&heading, recipe.epochs, train.batch_count());
    let checkpoints = match options.checkpoint_every {
        Some(steps) => run.checkpoints().every(steps),
        None => run.checkpoints(),
    };
    let trainer = recipe
        .trainer(train.batch_count())
        .checkpoints(checkpoints)
        .resume(options.resume.is_some())
        .cancellation(options.cancellation.clone());
    let mut trainer = trainer.pictures(&path).callback(&mut run).callback(&mut report);
    let (metric, better) = selected_by;
    if let Some(patience) = recipe.patience {
        trainer = trainer.early_stopping(EarlyStopping::on(metric, better, patience));
    }
    if recipe.restore_best {
        trainer = trainer.restore_best(metric, better);
    }
    trainer.fit(&mut net, device, &mut optimizer, &mut task, &train)?;
    drop(trainer);
    Ok((path, run.finish(model.graph.params())?))
}

/// Loads the initial parameters.
fn begin_with<N: TensorCollection<f32, D>, D: Seeded>(net: &mut N, from: &Path) -> Result<(), ModelError> {
    #[cfg(feature = "onnx")]
    if from.extension().is_some_and(|ending| ending == "onnx") {
        return Ok(layercake::io::onnx::load_parameters(net, from)?);
    }
    let file = if from.is_dir() { from.join("model.safetensors") } else { from.to_owned() };
    load_parameters(net, file).map_err(TrainError::from)?;
    Ok(())
}

/// The model's default recipe with the user's options.
fn with_options(own: Recipe, options: &TrainOptions) -> Recipe {
    Recipe {
        epochs: options.epochs.unwrap_or(own.epochs),
        batch_size: options.batch_size.unwrap_or(own.batch_size),
        lr: options.lr.unwrap_or(own.lr),
        seed: options.seed(),
        validation: options.validation.or(own.validation),
        patience: options.patience.or(own.patience),
        // An agent keeps its best weights by default, which a run of one epoch cannot.
        restore_best: options.restore_best || (own.restore_best && options.epochs != Some(1)),
        ..own
    }
}

/// Rejects options that cannot have an effect on a run of this many epochs.
fn has_effect(recipe: &Recipe) -> Result<(), ModelError> {
    let Recipe { epochs, patience, restore_best, .. } = *recipe;
    // The first epoch always improves on nothing, and stopping after the last epoch changes nothing.
    if let Some(patience) = patience.filter(|patience| patience.saturating_add(2) >= epochs) {
        let first = patience.saturating_add(2);
        let text =
            format!("`--patience {patience}` has no effect in a run of {epochs} epochs: it cannot stop the run before epoch {first}");
        return Err(ModelError::Option(text));
    }
    if restore_best && epochs == 1 {
        return Err(ModelError::Option("`--restore-best` has no effect in a run of one epoch".to_owned()));
    }
    Ok(())
}

/// Rejects a checkpoint interval longer than the run.
fn is_due(every: Option<usize>, steps: usize) -> Result<(), ModelError> {
    match every.filter(|&every| every > steps) {
        Some(every) => Err(ModelError::Option(format!(
            "`--checkpoint-every {every}` has no effect: the run has {steps} steps, and writes a checkpoint after each epoch"
        ))),
        None => Ok(()),
    }
}

/// Splits the training images into a training and a validation part.
pub(crate) fn hold_out_images(train: Images, recipe: &Recipe) -> Result<(Images, Option<Images>), TrainError> {
    match recipe.held_out(train.len()) {
        0 => Ok((train, None)),
        held => {
            let [rest, held] = hold_out(train.len(), held, recipe.seed)?;
            Ok((train.subset(&rest), Some(train.subset(&held))))
        }
    }
}

/// A run may be resumed from another working directory.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

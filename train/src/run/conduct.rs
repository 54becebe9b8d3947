//! A training run with its folder, its progress and its checkpoints.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use indicatif::HumanCount;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::ir::Graph;
use layercake::schedule::Better;
use serde_json::json;

use super::folder::checkpoints_in;
use super::{Diagnosis, Recipe, RunConfig, RunFolder, RunSummary, doctor::examine_on};
use crate::data::{Collate, Dataset, Loader};
use crate::distributed::World;
use crate::tensorboard::TensorBoard;
use crate::trainer::{Lesson, Lessons, Smoothed, say};
use crate::{Callback, CancellationToken, EarlyStopping, LrCurve, LrRange, Optimizers, Progress, ProgressReport, Seeded, Task, TrainError};

/// The default parent folder of run folders.
pub const RUNS: &str = "runs";

/// What is trained, and how it is evaluated.
#[derive(Debug)]
pub struct Trainee<N, O, S: Dataset, T> {
    /// The model with its initial parameters.
    pub net: N,
    /// Its graph, for the drawing.
    pub graph: Graph,
    /// The optimizer, or several that take turns.
    pub optimizer: O,
    /// Number of training items.
    pub items: usize,
    /// The training data, batched and shuffled as the recipe says.
    pub train: Loader<S>,
    /// The loss, and the evaluation on the test and validation data.
    pub task: T,
    /// The metric for early stopping and for selecting the best weights.
    pub selected_by: (&'static str, Better),
}

/// Where a run is recorded, and how it can be stopped.
#[derive(Debug, Default)]
pub struct RunOptions {
    /// The run folder; by default a new numbered folder in [`RUNS`].
    pub out: Option<PathBuf>,
    /// The folder of an interrupted run, which goes on.
    pub resumed: Option<RunFolder>,
    /// Optimizer steps between checkpoints, in addition to the checkpoint after each epoch.
    pub checkpoint_every: Option<usize>,
    /// The folder in which TensorBoard finds the run, in a folder of its own with the run folder's name.
    pub tensorboard: Option<PathBuf>,
    /// Cancels the run; it writes a checkpoint first.
    pub cancellation: CancellationToken,
    /// What is done instead of a whole run.
    pub purpose: Purpose,
    /// The ranks that train together. Rank 0 writes the run folder, and prints.
    pub world: World,
}

/// What a model is trained for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Purpose {
    /// A run with its results.
    #[default]
    Run,
    /// A trial of a [search](crate::search): nothing is printed, the test data are not used, and the run ends with [`TrainError::Exploded`] when its loss is three times
    /// that of its first step.
    Trial,
    /// A learning rate range test, without a run folder.
    LrRange(LrRange),
    /// A short look at the model, without a run folder: [`examine`](super::examine).
    Doctor,
}

/// What came of training.
#[derive(Clone, Debug, PartialEq)]
pub enum RunOutcome {
    /// A run: its folder, its results, and the metric that compares it with others.
    Run {
        /// The run folder.
        folder: PathBuf,
        /// The results.
        summary: Box<RunSummary>,
        /// The name of the metric.
        selected_by: (&'static str, Better),
    },
    /// The curve of a learning rate range test.
    LrCurve(LrCurve),
    /// What a short look found.
    Diagnosis(Diagnosis),
}

/// The loss of a trial that exceeds its first by this factor will not become a good one.
const EXPLODED: f64 = 3.0;

/// Ends a trial whose loss grows.
#[derive(Default)]
struct Guard {
    first: Option<f64>,
    smoothed: Smoothed,
}

impl<M, D> Callback<M, D> for Guard {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        let (first, loss) = (*self.first.get_or_insert(progress.loss), self.smoothed.add(progress.loss));
        // A loss may be negative, as that of a density.
        if loss <= EXPLODED * first || first <= 0.0 {
            return Ok(());
        }
        Err(TrainError::Exploded { epoch: progress.epoch, step: progress.batch, first, loss })
    }
}

/// Trains a model by the recipe of `config`, prints the progress to stdout, and writes the run folder.
///
/// # Errors
/// Returns an error if an option has no effect, the data cannot be read, the device fails, training diverges or is cancelled, or the folder cannot be written.
pub fn conduct<N, O, S, T, D>(
    config: RunConfig,
    trainee: Trainee<N, O, S, T>,
    device: &D,
    options: RunOptions,
) -> Result<RunOutcome, TrainError>
where
    N: TensorCollection<f32, D> + Clone,
    O: Optimizers<N, D>,
    S: Dataset,
    S::Item: Collate<Batch = T::Batch>,
    T: Task<N, D>,
    D: Seeded,
{
    let Trainee { net, graph, optimizer, items, train, mut task, selected_by } = trainee;
    conduct_on(config, Conducted { net, graph, optimizer, items, selected_by }, &mut Lesson::new(&mut task, &train), device, options)
}

/// A [`Trainee`] without its task and its data.
struct Conducted<N, O> {
    net: N,
    graph: Graph,
    optimizer: O,
    items: usize,
    selected_by: (&'static str, Better),
}

/// [`conduct`] without the types of the task and the data.
fn conduct_on<N, O, D>(
    mut config: RunConfig,
    trainee: Conducted<N, O>,
    task: &mut dyn Lessons<N, D>,
    device: &D,
    options: RunOptions,
) -> Result<RunOutcome, TrainError>
where
    N: TensorCollection<f32, D> + Clone,
    O: Optimizers<N, D>,
    D: Seeded,
{
    let Conducted { mut net, graph, mut optimizer, items, selected_by } = trainee;
    let RunOptions { out, resumed, checkpoint_every, tensorboard, cancellation, purpose, world } = options;
    let settings = json!({ "model": config.model, "source": config.source, "recipe": config.recipe, "classes": config.classes });
    world.must_be_equal(&[("options", settings.to_string()), ("normalization of the data", json!(config.normalize).to_string())])?;
    if let Some(run) = &resumed {
        config.transfer = run.config().transfer.clone();
    }
    if let Some(transfer) = &mut config.transfer {
        // What a checkpoint has is not read from the file again.
        if resumed.as_ref().map(|run| run.checkpoints().latest()).transpose()?.flatten().is_none() {
            transfer.load(&mut net, &graph)?;
        }
        transfer.freeze(&net, &mut optimizer, &graph)?;
    }
    if optimizer.count() > 1 && matches!(purpose, Purpose::LrRange(_) | Purpose::Doctor) {
        let (name, what) = (&config.model, if purpose == Purpose::Doctor { "a short look" } else { "a learning rate range test" });
        return Err(TrainError::Setting(format!(
            "`{name}`: {what} needs one loss that falls; its parts are trained in turn, each by its own"
        )));
    }
    if let Purpose::LrRange(range) = purpose {
        return Ok(RunOutcome::LrCurve(range.test_on(&config.recipe, (&net, &optimizer), device, task, cancellation)?));
    }
    if purpose == Purpose::Doctor {
        return Ok(RunOutcome::Diagnosis(examine_on((&net, &optimizer), device, task, &config.recipe, cancellation)?));
    }
    let transferred = config.transfer.as_ref().map(|transfer| transfer.table(&net, &optimizer, &graph).to_string());
    if let Some(transfer) = &mut config.transfer {
        // A run may be resumed from another working directory.
        transfer.from = std::path::absolute(&transfer.from).unwrap_or_else(|_| transfer.from.clone());
    }
    let (recipe, batches) = (config.recipe, task.sizes().batches);
    is_due(checkpoint_every, recipe.epochs.saturating_mul(batches.div_ceil(recipe.accumulate)))?;
    let (name, source, resumes) = (config.model.clone(), config.source.clone(), resumed.is_some());
    // Before the folder of an earlier run is replaced. A numbered folder is a new one.
    let named = resumed.as_ref().map(|run| run.path().to_owned()).or(out.clone());
    let tensorboard = tensorboard.filter(|_| world.is_root());
    let early = tensorboard.as_deref().zip(named.clone()).map(|(folder, run)| TensorBoard::create(&folder.join(name_of(&run))));
    let early = world.agree(early.transpose())?;
    let opened = world.is_root().then(|| {
        let mut run = match (resumed, &out) {
            (Some(run), _) => run,
            (None, Some(path)) => RunFolder::create(path, config)?,
            (None, None) => RunFolder::create_numbered(Path::new(RUNS), config)?,
        };
        run.draw_network(&graph)?;
        Ok(run)
    });
    // The other ranks have none.
    let mut run = world.agree(opened.transpose())?;
    let number = run.as_ref().and_then(|run| run.path().file_name()?.to_str()).unwrap_or_default();
    let numbered = world.text_of_root(number);
    let path = named.unwrap_or_else(|| Path::new(RUNS).join(numbered));
    let board = match (early, &tensorboard) {
        (None, Some(folder)) => Some(TensorBoard::create(&folder.join(name_of(&path)))?),
        (early, _) => early,
    };
    let mut board = board.zip(run.as_ref()).map(|(board, run)| described(board, run, &graph));
    let (count, items) = (HumanCount(graph.params() as u64), HumanCount(items as u64));
    let heading = format!("{name} ({count} parameters) on {source}: {items} training {}; run folder {}", task.unit(), path.display());
    let is_trial = purpose == Purpose::Trial;
    let mut report = (!is_trial && world.is_root()).then(|| {
        transferred.iter().for_each(|table| say(table));
        let report = ProgressReport::new(&heading, recipe.epochs, batches);
        if world.size() > 1 { report.without_bar() } else { report }
    });
    let mut guard = Guard::default();
    let checkpoints = match checkpoint_every {
        Some(steps) => checkpoints_in(&path).every(steps),
        None => checkpoints_in(&path),
    };
    let trainer = recipe.trainer(batches).checkpoints(checkpoints).resume(resumes).cancellation(cancellation).world(world.clone());
    let mut trainer = trainer.pretrained(transferred.is_some());
    if let Some(run) = &mut run {
        trainer = trainer.callback(run);
    }
    trainer = if is_trial { trainer.without_test().callback(&mut guard) } else { trainer.pictures(&path) };
    if let Some(report) = &mut report {
        trainer = trainer.callback(report);
    }
    if let Some(board) = &mut board {
        trainer = trainer.callback(board);
    }
    let (metric, better) = selected_by;
    if let Some(patience) = recipe.patience {
        trainer = trainer.early_stopping(EarlyStopping::on(metric, better, patience));
    }
    if recipe.restore_best {
        trainer = trainer.restore_best(metric, better);
    }
    trainer.learn(&mut net, device, &mut optimizer, task)?;
    drop(trainer);
    if world.size() > 1 && report.is_some() {
        say(&format!("rank 0 of {}: {}", world.size(), world.traffic()));
    }
    let finished = world.agree(run.map(|run| run.finish(graph.params())).transpose())?;
    let summary = match (finished, world.size()) {
        (Some(summary), 1) => summary,
        (finished, _) => {
            let text = world.text_of_root(&json!(finished).to_string());
            serde_json::from_str(&text).map_err(|error| TrainError::Content { path: path.clone(), reason: error.to_string() })?
        }
    };
    Ok(RunOutcome::Run { folder: path, summary: Box::new(summary), selected_by })
}

/// The name of a run for TensorBoard: that of its folder.
fn name_of(folder: &Path) -> &OsStr {
    folder.file_name().unwrap_or(OsStr::new("run"))
}

/// With the network, the settings and the pictures.
fn described(board: TensorBoard, run: &RunFolder, graph: &Graph) -> TensorBoard {
    let RunConfig { model, source, device, threads, recipe, agent, .. } = run.config();
    let others = json!({ "model": model, "device": device, "threads": threads, "agent": agent });
    board.graph(graph).pictures(run.path()).hyper_parameters(source).hyper_parameters(recipe).hyper_parameters(&others)
}

/// Rejects options of a recipe that cannot have an effect on a run of this many epochs.
///
/// # Errors
/// Returns an error that names the option.
pub fn has_effect(recipe: &Recipe) -> Result<(), TrainError> {
    let Recipe { epochs, patience, restore_best, .. } = *recipe;
    // The first epoch always improves on nothing, and stopping after the last epoch changes nothing.
    if let Some(patience) = patience.filter(|patience| patience.saturating_add(2) >= epochs) {
        let first = patience.saturating_add(2);
        let text =
            format!("`--patience {patience}` has no effect in a run of {epochs} epochs: it cannot stop the run before epoch {first}");
        return Err(TrainError::Setting(text));
    }
    if restore_best && epochs == 1 {
        return Err(TrainError::Setting("`--restore-best` has no effect in a run of one epoch".to_owned()));
    }
    Ok(())
}

/// Rejects a checkpoint interval longer than the run.
fn is_due(every: Option<usize>, steps: usize) -> Result<(), TrainError> {
    match every.filter(|&every| every > steps) {
        Some(every) => Err(TrainError::Setting(format!(
            "`--checkpoint-every {every}` has no effect: the run has {steps} steps, and writes a checkpoint after each epoch"
        ))),
        None => Ok(()),
    }
}

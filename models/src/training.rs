//! What all recipes have in common: the run's folder, the report, checkpoints, and the end of it.

use std::path::{Path, PathBuf};

use indicatif::HumanCount;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::optim::{Optim, Rule};
use layercake::schedule::Better;
use layercake_train::data::{Collate, Dataset, Images, Loader, Normalise};
use layercake_train::run::{Config, Recipe, RunFolder, Summary};
use layercake_train::{EarlyStopping, Report, Seeded, Task, TrainError, hold_out};

use crate::model::{ModelError, TrainOptions};

/// Where runs go that were not told where to go.
pub(crate) const RUNS: &str = "runs";

/// Images in a batch where nothing is learned: enough to keep all cores busy, and few enough to stay in memory for any model.
pub(crate) const TEST_BATCH: usize = 500;

/// The model that is trained.
pub(crate) struct Trained {
    pub name: &'static str,
    /// The number of its trained parameters.
    pub params: usize,
}

/// All that a recipe brings along.
pub(crate) struct Prepared<N, R: Rule, S: Dataset, T, D: Seeded> {
    pub net: N,
    pub optimizer: Optim<R, f32, D>,
    /// How many items it learns from.
    pub items: usize,
    /// The training data, in batches of the recipe's size, shuffled by its seed.
    pub train: Loader<S>,
    /// The loss, and the measurement on the test data and on those that were held out.
    pub task: T,
    /// The figure by which things are chosen, where they are, and which way is better.
    pub chosen_by: (&'static str, Better),
    /// How images were normalised, for `config.json`.
    pub normalise: Option<Normalise>,
    /// The names of the classes, for `config.json`.
    pub classes: Vec<String>,
}

/// Trains a model by its own recipe, with what the user said in its place, or goes on with a run by the recipe that it was begun with.
/// `prepare` reads the data and builds the network; the device was seeded with the recipe's seed.
pub(crate) fn train<N, R, S, T, D>(
    model: Trained,
    device: &D,
    options: &TrainOptions,
    own: Recipe,
    prepare: impl FnOnce(&Recipe) -> Result<Prepared<N, R, S, T, D>, ModelError>,
) -> Result<(PathBuf, Summary), ModelError>
where
    N: TensorCollection<f32, D> + Clone,
    R: Rule,
    S: Dataset,
    S::Item: Collate<Batch = T::Batch>,
    T: Task<N, D>,
    D: Seeded,
{
    let resumed = options.resume.as_deref().map(RunFolder::open).transpose()?;
    let recipe = resumed.as_ref().map_or_else(|| told(own, options), |run| run.config().recipe);
    recipe.check()?;
    has_effect(&recipe)?;
    let Prepared { mut net, mut optimizer, items, train, mut task, chosen_by, normalise, classes } = prepare(&recipe)?;
    is_due(options.checkpoint_every, recipe.epochs.saturating_mul(train.batches().div_ceil(recipe.accumulate)))?;
    let config = Config {
        layercake: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.name.to_owned(),
        dataset: options.dataset,
        data_dir: options.data_dir.as_deref().map(absolute),
        device: options.device.name().to_owned(),
        threads: rayon::current_num_threads(),
        recipe,
        normalise,
        classes,
    };
    let mut run = match (resumed, &options.out) {
        (Some(run), _) => run,
        (None, Some(path)) => RunFolder::create(path, config)?,
        (None, None) => RunFolder::create_numbered(Path::new(RUNS), config)?,
    };
    let path = run.path().to_owned();
    let (params, items) = (HumanCount(model.params as u64), HumanCount(items as u64));
    let heading = format!(
        "{} ({params} parameters) on {}: {items} {} to learn from; the run is kept in {}",
        model.name,
        options.dataset,
        T::UNIT,
        path.display()
    );
    let mut report = Report::new(&heading, recipe.epochs, train.batches());
    let checkpoints = match options.checkpoint_every {
        Some(steps) => run.checkpoints().every(steps),
        None => run.checkpoints(),
    };
    let trainer = recipe.trainer(train.batches()).checkpoints(checkpoints).resume(options.resume.is_some()).stop(options.stop.clone());
    let mut trainer = trainer.pictures(&path).callback(&mut run).callback(&mut report);
    let (figure, better) = chosen_by;
    if let Some(patience) = recipe.patience {
        trainer = trainer.early_stopping(EarlyStopping::on(figure, better, patience));
    }
    if recipe.restore_best {
        trainer = trainer.restore_best(figure, better);
    }
    trainer.fit(&mut net, device, &mut optimizer, &mut task, &train)?;
    drop(trainer);
    Ok((path, run.finish(model.params)?))
}

/// The model's own recipe, with what the user said in its place.
fn told(own: Recipe, options: &TrainOptions) -> Recipe {
    Recipe {
        epochs: options.epochs.unwrap_or(own.epochs),
        batch_size: options.batch_size.unwrap_or(own.batch_size),
        lr: options.lr.unwrap_or(own.lr),
        seed: options.seed(),
        validation: options.validation.or(own.validation),
        patience: options.patience.or(own.patience),
        restore_best: options.restore_best || own.restore_best,
        ..own
    }
}

/// Refuses a wish that could change nothing in a run of so many epochs.
fn has_effect(recipe: &Recipe) -> Result<(), ModelError> {
    let Recipe { epochs, patience, restore_best, .. } = *recipe;
    // The first epoch is progress, and one that ends the run must not be the last anyway.
    if let Some(patience) = patience.filter(|patience| patience.saturating_add(2) >= epochs) {
        let first = patience.saturating_add(2);
        let text = format!("`--patience {patience}` has no effect in a run of {epochs} epochs: it ends none before epoch {first}");
        return Err(ModelError::Option(text));
    }
    if restore_best && epochs == 1 {
        return Err(ModelError::Option("`--restore-best` has no effect in a run of one epoch".to_owned()));
    }
    Ok(())
}

/// Refuses checkpoints after more steps than a run has.
fn is_due(every: Option<usize>, steps: usize) -> Result<(), ModelError> {
    match every.filter(|&every| every > steps) {
        Some(every) => Err(ModelError::Option(format!(
            "`--checkpoint-every {every}` has no effect: the run has {steps} steps, and keeps one an epoch"
        ))),
        None => Ok(()),
    }
}

/// What a recipe learns from, and what it holds out to choose by.
pub(crate) fn hold_images_out(train: Images, recipe: &Recipe) -> Result<(Images, Option<Images>), TrainError> {
    match recipe.held_out(train.len()) {
        0 => Ok((train, None)),
        held => {
            let [rest, held] = hold_out(train.len(), held, recipe.seed)?;
            Ok((train.subset(&rest), Some(train.subset(&held))))
        }
    }
}

/// A run may go on from elsewhere.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

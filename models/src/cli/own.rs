//! The commands on the user's own data.

use std::path::Path;

use layercake::ir::Graph;
use layercake_models::{DeviceKind, ModelError, ZooModel, evaluate_own, own_graph, own_network, own_predictor, train_own};
use layercake_train::cli::{DataArgs, cross_validate, predict as predict_from, print_evaluation, print_outcome};
use layercake_train::distributed::World;
use layercake_train::own::{EvaluationOptions, TrainingOptions};
use layercake_train::run::{OwnText, Purpose, RunConfig, RunFolder, RunOptions};
use layercake_train::{CancellationToken, TrainError};

use crate::args::{EvalArgs, Predict, TrainArgs};
use crate::commands::{Outcome, device};
use crate::named::named;
use crate::search::training;

/// Whether a run folder, or the parameter file in one, is that of a run on own data.
pub(crate) fn is_own_run(checkpoint: &Path) -> bool {
    config_of(checkpoint).is_some_and(|config| config.own.is_some())
}

fn config_of(checkpoint: &Path) -> Option<RunConfig> {
    let path = if checkpoint.is_dir() { checkpoint.join("config.json") } else { checkpoint.with_file_name("config.json") };
    RunConfig::read(&path).ok()
}

/// The network of a run folder, if it is one on own data.
pub(crate) fn graph_of_run(folder: &Path) -> Result<Option<Graph>, crate::error::CommandError> {
    match config_of(folder).filter(|_| folder.is_dir()) {
        Some(RunConfig { model, own: Some(own), .. }) => Ok(Some(own_graph(&*named(&model)?, &own)?)),
        Some(RunConfig { model, text: Some(_), classes, .. }) => Ok(named(&model)?.graph_of_characters(classes.len())),
        _ => Ok(None),
    }
}

/// Whether the model reads texts.
pub(crate) fn reads_text(model: &dyn ZooModel) -> bool {
    model.graph_of_characters(2).is_some()
}

/// The text of `--data`, for a model that reads one.
pub(crate) fn text(model: &dyn ZooModel, data: &DataArgs, others: &[(&'static str, bool)]) -> Result<Option<OwnText>, ModelError> {
    if data.data.is_none() || !reads_text(model) {
        return Ok(None);
    }
    if let Some((option, _)) = others.iter().find(|(_, given)| *given) {
        let known = "--data, --test and those of every training run";
        return Err(ModelError::NoEffect { model: model.name(), option, reason: "it reads a text", known });
    }
    Ok(data.text()?)
}

/// Trains a model, or resumes a run.
pub(crate) fn train(args: TrainArgs, purpose: Purpose, cancellation: CancellationToken, world: &World) -> Outcome {
    reject(&args)?;
    let TrainArgs {
        model,
        epochs,
        batch_size,
        lr,
        tuning,
        transfer,
        seed,
        validation,
        patience,
        restore_best,
        out,
        resume,
        checkpoint_every,
        tensorboard,
        own,
        folds,
        ..
    } = args;
    let resumed = resume.as_deref().map(|path| RunFolder::open_on(path, world)).transpose().map_err(ModelError::from)?;
    let (name, kind) = match &resumed {
        Some(run) => {
            (run.config().model.clone(), if run.config().device == DeviceKind::Cuda.name() { DeviceKind::Cuda } else { DeviceKind::Cpu })
        }
        None => (model.unwrap_or_default(), device(args.device)),
    };
    let model = named(&name)?;
    let network = own_network(&*model)?;
    if !own.hidden.is_empty() && !network.has_hidden_layers() {
        let reason = "only the layers of mlp have sizes that can be chosen";
        return Err(ModelError::NoEffect { model: model.name(), option: "--hidden", reason, known: "see `layercake train --help`" }.into());
    }
    let mut recipe = network.recipe();
    recipe.epochs = epochs.unwrap_or(recipe.epochs);
    recipe.batch_size = batch_size.unwrap_or(recipe.batch_size);
    recipe.lr = lr.unwrap_or(recipe.lr);
    recipe = tuning.recipe(recipe);
    recipe.seed = seed.unwrap_or(0);
    (recipe.validation, recipe.patience, recipe.restore_best) = (validation, patience, restore_best);
    let (data, folds) = (own.data.data.clone(), folds.folds);
    let options = |run: RunOptions| TrainingOptions {
        data: own.data.clone().into(),
        recipe,
        hidden: own.hidden.clone(),
        dropout: own.dropout,
        transfer: transfer.clone().transfer(),
        device: kind.name(),
        run,
    };
    let mut warn = |warning: &str| {
        if world.is_root() {
            eprintln!("warning: {warning}");
        }
    };
    if let (Some(count), Some(path)) = (folds, data) {
        let validated = cross_validate((model.name(), &path), out, count.into(), world, &mut |fold, out| {
            let run = RunOptions { out: Some(out), cancellation: cancellation.clone(), ..RunOptions::default() };
            let mut options = options(run);
            options.data.fold = Some(fold);
            train_own(&*model, kind, options, &mut warn).map_err(training)
        });
        return Ok(validated.map_err(ModelError::from)?);
    }
    let run = RunOptions { out, resumed, checkpoint_every, tensorboard, cancellation, purpose, world: world.clone() };
    let outcome = train_own(&*model, kind, options(run), &mut warn)?;
    if !world.is_root() {
        return Ok(());
    }
    Ok(print_outcome(&outcome, tuning.lr_find.as_deref()).map_err(ModelError::from)?)
}

/// Rejects options that do not go with `--data`.
fn reject(args: &TrainArgs) -> Result<(), ModelError> {
    let agent = &args.agent;
    let given = [
        ("--dataset", args.dataset.is_some()),
        ("--variant", args.variant.is_some()),
        ("--data-dir", args.data_dir.is_some()),
        ("--box-weight", args.box_weight.is_some()),
        ("--loss", args.loss.is_some()),
        ("--env", agent.environment.is_some()),
        ("--baseline", agent.baseline.is_some()),
        ("--double", agent.double),
        ("--prioritized", agent.prioritized),
        ("--without", !agent.without.is_empty()),
        ("--forget-replay", agent.forget_replay),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(ModelError::Option(format!("`{option}` does not go with your own data (`--data`)"))),
        None => Ok(()),
    }
}

pub(crate) fn eval(model: &dyn ZooModel, options: EvaluationOptions, args: &EvalArgs) -> Outcome {
    let given = [("--dataset", args.dataset.is_some()), ("--data-dir", args.data_dir.is_some()), ("--env", args.environment.is_some())];
    if let Some((option, _)) = given.into_iter().find(|(_, given)| *given) {
        return Err(ModelError::Option(format!("`{option}` does not go with a run on your own data; `--data` names other data")).into());
    }
    [&options.checkpoint].into_iter().chain(&options.others).try_for_each(|checkpoint| must_be_of(model, checkpoint))?;
    let found = evaluate_own(model, device(args.device), &options)?;
    Ok(print_evaluation(&found, args.json).map_err(ModelError::from)?)
}

pub(crate) fn predict(args: &Predict) -> Outcome {
    let model = named(&args.model)?;
    if reads_text(&*model) {
        let reason = "it continues a text: layercake sample MODEL --checkpoint RUN --prompt TEXT";
        return Err(ModelError::Unsupported { model: model.name(), action: "used to predict", reason }.into());
    }
    own_network(&*model)?;
    must_be_of(&*model, &args.predict.checkpoint)?;
    let predictor = own_predictor(&*model, &args.predict.checkpoint)?;
    Ok(predict_from(&predictor, &args.predict).map_err(ModelError::from)?)
}

/// The run is one of this model.
fn must_be_of(model: &dyn ZooModel, checkpoint: &Path) -> Result<(), ModelError> {
    match config_of(checkpoint) {
        Some(config) if config.model != model.name() => {
            let reason = format!("a run of `{}`, not of `{}`", config.model, model.name());
            Err(TrainError::Content { path: checkpoint.to_owned(), reason }.into())
        }
        _ => Ok(()),
    }
}

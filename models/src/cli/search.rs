//! `layercake search`.

use std::collections::BTreeSet;
use std::path::Path;

use layercake_models::{AgentOptions, ModelError, TrainOptions, ZooModel, own_network, train_own};
use layercake_train::TrainError;
use layercake_train::cli::{OwnSearchOptions, Range, search, search_own, with_values};
use layercake_train::distributed::World;
use layercake_train::run::{OwnText, Purpose, RUNS, Recipe, Source};
use layercake_train::search::Axis;
use serde_json::json;

use crate::args::SearchCommand;
use crate::commands::{Outcome, cancel, device, has_dataset, use_threads};
use crate::named::{dataset, named};

pub(crate) fn run(args: SearchCommand) -> Outcome {
    let model = named(&args.model)?;
    use_threads(args.search.threads)?;
    let others = [("--hidden", args.hidden.is_some())];
    match crate::own::text(&*model, &args.data, &others)? {
        None if args.data.data.is_some() => on_own_data(&*model, args),
        text => on_dataset(&*model, args, text),
    }
}

/// Errors of the model as errors of training, which the search can tell apart.
pub(crate) fn training(error: ModelError) -> TrainError {
    match error {
        ModelError::Train(error) => error,
        other => TrainError::Setting(other.to_string()),
    }
}

/// On a data set, or a text in its place.
fn on_dataset(model: &dyn ZooModel, args: SearchCommand, text: Option<OwnText>) -> Outcome {
    has_dataset(model, args.dataset.is_some())?;
    let default = model.default_dataset(args.data_dir.is_some());
    let dataset = args.dataset.as_deref().map(dataset).transpose()?.unwrap_or(default);
    let Some(own) = model.recipe(dataset) else {
        let reason = "it has no learning rate and no weight decay that a search could choose by validation data";
        return Err(ModelError::Unsupported { model: model.name(), action: "searched", reason }.into());
    };
    let (recipe, kind, cancellation) = (args.search.recipe(own), device(args.device), cancel()?);
    // The largest probability stands for the network's own in the table; the first trial has all of them as they are.
    let largest = model.dropout(dataset).into_iter().reduce(f64::max);
    let further = args.dropout.map(|share| dropout_axis(model, share, largest)).transpose()?;
    let plan = args.search.search(&recipe, further.into_iter().collect()).map_err(ModelError::from)?;
    let source = text.as_ref().map_or(Source::Dataset(dataset), |text| Source::from(Some(text.path.as_path())));
    let folder = args.search.out.unwrap_or_else(|| Path::new(RUNS).join(format!("search-{}-{source}", model.name())));
    let mut settings = json!({ "model": model.name(), "dataset": source.to_string(), "recipe": recipe, "device": kind.name() });
    if let Some(text) = &text {
        settings["text"] = json!(text);
    }
    let data_dir = args.data_dir;
    let done = search(&plan, &folder, settings, &mut |trial, purpose| {
        let Recipe { batch_size, lr, weight_decay, dropout, .. } = with_values(recipe, &plan.axes, &trial.values);
        let is_trial = purpose == Purpose::Trial;
        let options = TrainOptions {
            dataset,
            text: text.clone(),
            variant: None,
            data_dir: data_dir.clone(),
            epochs: Some(trial.epochs),
            batch_size: Some(batch_size),
            lr: Some(lr),
            transfer: None,
            weight_decay: Some(weight_decay),
            clip: None,
            train_size: recipe.train_size,
            snapshots: None,
            dropout: dropout.filter(|_| trial.values != plan.first),
            box_weight: None,
            generator_loss: None,
            seed: Some(recipe.seed),
            validation: recipe.validation.filter(|_| is_trial),
            patience: None,
            restore_best: false,
            device: kind,
            out: Some(trial.folder.clone()),
            resume: None,
            checkpoint_every: None,
            tensorboard: None,
            cancellation: cancellation.clone(),
            purpose,
            agent: AgentOptions::default(),
            world: World::one(),
        };
        model.train(&options).map_err(training)
    });
    done.map_err(ModelError::from)?;
    Ok(())
}

fn on_own_data(model: &dyn ZooModel, args: SearchCommand) -> Outcome {
    let network = own_network(model)?;
    let kind = device(args.device);
    let recipe = args.search.recipe(network.recipe());
    let mut further = Vec::new();
    if let Some(sizes) = args.hidden {
        if !network.has_hidden_layers() {
            let reason = "only the layers of mlp have sizes that can be chosen";
            return Err(
                ModelError::NoEffect { model: model.name(), option: "--hidden", reason, known: "see `layercake search --help`" }.into()
            );
        }
        further.push((Axis::log("hidden", sizes.low, sizes.high).whole(), HIDDEN));
    }
    if let Some(share) = args.dropout {
        let first = network.has_dropout().then_some(if network.has_hidden_layers() { 0.0 } else { 0.5 });
        further.push(dropout_axis(model, share, first)?);
    }
    let plan = args.search.search(&recipe, further).map_err(ModelError::from)?;
    let options = OwnSearchOptions {
        model: model.name().to_owned(),
        data: args.data.into(),
        recipe,
        device: kind.name(),
        hidden: Vec::new(),
        out: args.search.out,
        cancellation: cancel()?,
    };
    let mut warned = BTreeSet::new();
    let done = search_own(&plan, options, &mut |options| {
        // The data are the same in each run.
        let mut warn = |warning: &str| {
            if warned.insert(warning.to_owned()) {
                eprintln!("warning: {warning}");
            }
        };
        train_own(model, kind, options, &mut warn).map_err(training)
    });
    done.map_err(ModelError::from)?;
    Ok(())
}

/// The probabilities of dropout, and the first of them; `None` for a model without dropout.
fn dropout_axis(model: &dyn ZooModel, share: Range, first: Option<f64>) -> Result<(Axis, f64), ModelError> {
    let Some(first) = first else {
        let (reason, known) = ("it has no dropout", "see `layercake search --help`");
        return Err(ModelError::NoEffect { model: model.name(), option: "--dropout", reason, known });
    };
    if !(0.0..1.0).contains(&share.low) || share.high >= 1.0 {
        return Err(ModelError::Option("`--dropout`: expected probabilities of at least 0 and less than 1".to_owned()));
    }
    Ok((Axis::linear("dropout", share.low, share.high), first))
}

/// The hidden layer of mlp without a search.
const HIDDEN: f64 = 100.0;

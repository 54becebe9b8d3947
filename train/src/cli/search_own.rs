//! A search on the user's own data.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::search::search;
use super::search_args::with_values;
use crate::distributed::World;
use crate::own::{DataOptions, TrainingOptions};
use crate::run::{Purpose, RUNS, Recipe, RunOptions, RunOutcome};
use crate::search::{Search, SearchTable};
use crate::{CancellationToken, TrainError};

/// What all runs of a search on own data have in common.
#[derive(Debug)]
pub struct OwnSearchOptions {
    /// The model's name.
    pub model: String,
    /// The data.
    pub data: DataOptions,
    /// The hyperparameters that are not searched.
    pub recipe: Recipe,
    /// The name of the device: `cpu` or `cuda`.
    pub device: &'static str,
    /// The hidden layers of a network that is made for the data, unless they are searched.
    pub hidden: Vec<usize>,
    /// The folder of the search.
    pub out: Option<PathBuf>,
    /// Cancels the search; it goes on when it is called again.
    pub cancellation: CancellationToken,
}

/// Searches with runs on the user's own data. Of the axes, `hidden` is the size of the only hidden layer, and `dropout` that of [`TrainingOptions::dropout`].
///
/// # Errors
/// Returns an error if training fails otherwise than by diverging, or the folder has another search or cannot be written.
pub fn search_own(
    plan: &Search,
    options: OwnSearchOptions,
    train: &mut dyn FnMut(TrainingOptions) -> Result<RunOutcome, TrainError>,
) -> Result<SearchTable, TrainError> {
    let OwnSearchOptions { model, data, recipe, device, hidden, out, cancellation } = options;
    let stem = data.data.as_deref().and_then(Path::file_stem).and_then(|stem| stem.to_str()).unwrap_or("own");
    let folder = out.unwrap_or_else(|| Path::new(RUNS).join(format!("search-{model}-{stem}")));
    let settings = json!({ "model": model, "data": data, "recipe": recipe, "hidden": hidden, "device": device });
    search(plan, &folder, settings, &mut |trial, purpose| {
        let value = |name: &str| plan.axes.iter().zip(&trial.values).find(|(axis, _)| axis.name == name).map(|(_, value)| *value);
        let is_trial = purpose == Purpose::Trial;
        // Dropout on own data is that of the network's options.
        let recipe = Recipe { epochs: trial.epochs, trial: is_trial, dropout: None, ..with_values(recipe, &plan.axes, &trial.values) };
        train(TrainingOptions {
            data: data.clone(),
            recipe: if is_trial { recipe } else { Recipe { validation: None, ..recipe } },
            hidden: value("hidden").map_or_else(|| hidden.clone(), |size| vec![size as usize]),
            dropout: value("dropout"),
            transfer: None,
            device,
            run: RunOptions {
                out: Some(trial.folder.clone()),
                resumed: None,
                checkpoint_every: None,
                tensorboard: None,
                cancellation: cancellation.clone(),
                purpose,
                world: World::one(),
            },
        })
    })
}

//! Trains a network on the user's own data.

use std::io::{Write, stdout};

use layercake::AnyNetwork;
use layercake::ir::Graph;

use super::augment::loader;
use super::data::OwnSet;
use super::load::{DataOptions, Loaded, load};
use super::parts::Parts;
use super::{BATCH, OwnModel, SELECTED_BY};
use crate::data::Loader;
use crate::run::{OwnData, Purpose, Recipe, RunConfig, RunOptions, RunOutcome, Source, Trainee, Transfer, command, conduct, has_effect};
use crate::{Goal, Seeded, Supervised, TrainError, WithValidation};

/// How a network is trained.
#[derive(Debug)]
pub struct TrainingOptions {
    /// The data; of a resumed run, those of its `config.json`.
    pub data: DataOptions,
    /// The hyperparameters; of a resumed run, those of its `config.json`.
    pub recipe: Recipe,
    /// The hidden layers of a network that is made for the data.
    pub hidden: Vec<usize>,
    /// The probability of the dropout of a network that is made for the data, or has dropout; `None` for its default.
    pub dropout: Option<f64>,
    /// The parameters to begin with; of a resumed run, those of its `config.json`.
    pub transfer: Option<Transfer>,
    /// The name of the device: `cpu` or `cuda`.
    pub device: &'static str,
    /// The run folder, checkpoints and cancellation.
    pub run: RunOptions,
}

/// Trains a network and writes the run folder. `warn` receives warnings about the data before the training begins.
///
/// # Errors
/// Returns an error if the data cannot be read or do not fit the network, an option has no effect, the device fails, training diverges or is cancelled, or the folder
/// cannot be written.
pub fn train<N, D>(
    model: &OwnModel<'_, N, D>,
    device: &D,
    options: TrainingOptions,
    warn: &mut dyn FnMut(&str),
) -> Result<RunOutcome, TrainError>
where
    N: AnyNetwork<f32, D> + Clone,
    D: Seeded,
{
    let TrainingOptions { data, recipe, hidden, dropout, transfer, device: device_name, run } = options;
    let earlier = run.resumed.as_ref().map(|run| run.config().clone());
    let (data, recipe, known) = match &earlier {
        Some(config) => {
            let own = config.own.clone().ok_or_else(|| TrainError::Setting("the run is not one on own data".to_owned()))?;
            (
                DataOptions { data: own.path.clone(), test: own.test.clone(), fold: own.fold, ..DataOptions::default() },
                config.recipe,
                Some(own),
            )
        }
        None => (data, recipe, None),
    };
    recipe.check()?;
    has_effect(&recipe)?;
    let parts = Parts { recipe: &recipe, input: model.input.as_deref(), known: known.as_ref(), fold: data.fold };
    let given = if data.data.is_none() { model.given.map(|given| given()).transpose()? } else { None };
    let Loaded { mut own, normalize, train, validation, test, warnings } = load(&data, given, &parts)?;
    warnings.iter().for_each(|warning| warn(warning));
    own.augmentations = known.as_ref().map_or(data.augmentations, |known| known.augmentations.clone());
    let augmentations = own.augmentations.clone();
    (own.hidden, own.dropout) = known.map_or((hidden, dropout), |known| (known.hidden, known.dropout));
    if run.purpose != Purpose::Trial && run.world.is_root() {
        say(&described(&own));
    }
    let net = built(model, &own, device)?;
    let source = Source::from(own.path.as_deref());
    let title = format!("{} on {source}", model.name);
    let task = |set: OwnSet| Supervised::new(own.goal.clone(), Loader::new(set, BATCH)).titled(&title);
    let task = WithValidation { task: task(test), validation: validation.map(task) };
    let config = RunConfig {
        layercake: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.name.to_owned(),
        source,
        data_dir: None,
        classes: classes(&own),
        variant: None,
        own: Some(own),
        text: None,
        device: device_name.to_owned(),
        threads: rayon::current_num_threads(),
        recipe,
        normalize,
        agent: None,
        transfer,
        command: command(),
    };
    let trainee = Trainee {
        graph: net.network_graph().clone(),
        optimizer: recipe.adam(&net),
        net,
        items: crate::data::Dataset::len(&train),
        train: loader(train, recipe.batch_size, &augmentations)?.shuffle(recipe.seed).workers(recipe.workers),
        task,
        selected_by: SELECTED_BY,
    };
    conduct(config, trainee, device, run)
}

/// What is predicted: the values decide it, unless an option does.
fn described(own: &OwnData) -> String {
    let from = match &own.table {
        Some(table) => format!("columns {}", crate::data::listed(&table.targets)),
        None => own.arrays.as_ref().map_or("samples".to_owned(), |arrays| format!("array `{}`", arrays.target)),
    };
    let from = from.replacen("columns", "column", usize::from(own.table.as_ref().is_some_and(|table| table.targets.len() == 1)));
    match &own.goal {
        Goal::Classes(names) => format!("{from}: {} classes, {}", names.len(), crate::data::listed(names)),
        Goal::Numbers(targets) if targets.len() == 1 => format!("{from}: a number"),
        Goal::Numbers(targets) => format!("{from}: {} numbers", targets.len()),
        Goal::Labels(names) => format!("{from}: {} labels", names.len()),
    }
}

/// Prints a line. A closed stdout does not end the run.
fn say(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}

/// Builds the network, and checks that it fits the data.
pub(super) fn built<N: AnyNetwork<f32, D>, D: Seeded>(model: &OwnModel<'_, N, D>, own: &OwnData, device: &D) -> Result<N, TrainError> {
    let net = (model.build)(own, device)?;
    own.goal.check(net.network_graph())?;
    takes(model.name, net.network_graph(), own)?;
    Ok(net)
}

/// Checks that a network takes the inputs of the data.
pub(super) fn takes(name: &str, graph: &Graph, own: &OwnData) -> Result<(), TrainError> {
    let port = graph.inputs()[0].shape;
    if port.is_ids() || port.dims() != own.input {
        let sizes = own.input.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        return Err(TrainError::Setting(format!("the network `{name}` has the input {port}, but the data give [{sizes}]{}", inputs(own))));
    }
    Ok(())
}

/// What the inputs of a table are.
fn inputs(own: &OwnData) -> String {
    let Some(table) = &own.table else { return String::new() };
    let each = table.inputs.iter().map(|input| match input.width() {
        1 => format!("`{}`", input.name),
        width => format!("`{}` ({width} inputs)", input.name),
    });
    format!(": {}", each.collect::<Vec<_>>().join(", "))
}

fn classes(own: &OwnData) -> Vec<String> {
    match &own.goal {
        Goal::Classes(names) | Goal::Labels(names) => names.clone(),
        Goal::Numbers(_) => Vec::new(),
    }
}

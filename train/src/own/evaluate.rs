//! Evaluates a run on its test data or on others.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use layercake::io::load_parameters;
use layercake::{AnyNetwork, GraphModel};

use super::data::OwnSet;
use super::load::{DataOptions, channels, load, picture_shape, read_images};
use super::parts::Parts;
use super::train::built;
use super::{BATCH, OwnModel, find, list};
use crate::arrays::Named;
use crate::data::readers::ImageFolder;
use crate::data::{Dataset, Loader};
use crate::ensemble::{Averaged, Member, TestSet, mean_predictions};
use crate::run::{OwnData, RunConfig, Source};
use crate::tables::Frame;
use crate::{Goal, Metrics, Predictions, Seeded, TrainError};

/// The result of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The name of the data.
    pub data: String,
    /// The metrics that fit what is predicted.
    pub metrics: Metrics,
    /// Number of samples.
    pub items: usize,
    /// Warnings about the data.
    pub warnings: Vec<String>,
}

/// What is evaluated, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvaluationOptions {
    /// A run folder, or the parameter file in one.
    pub checkpoint: PathBuf,
    /// Further ones, whose predictions are averaged with those of the first.
    pub others: Vec<PathBuf>,
    /// What else the predictions are the mean of.
    pub averaged: Averaged,
    /// A CSV file, a folder of pictures or arrays; `None` for the test part of the run's own data.
    pub data: Option<PathBuf>,
}

/// Evaluates a run, or the mean of several.
///
/// # Errors
/// Returns an error if a checkpoint or the data cannot be read, or the data do not fit the run: a column is missing, a class or a word is unknown; if the test samples of one
/// run were training samples of another one; or if an option has no effect.
pub fn evaluate<N, D>(model: &OwnModel<'_, N, D>, device: &D, options: &EvaluationOptions) -> Result<Evaluated, TrainError>
where
    N: AnyNetwork<f32, D> + Clone,
    GraphModel<f32, D>: AnyNetwork<f32, D>,
    D: Seeded,
{
    let EvaluationOptions { checkpoint, others, averaged, data } = options;
    let (file, config, own) = find(checkpoint)?;
    let mut net = built(model, &own, device)?;
    let (set, name, warnings) = test_set(model, &config, &own, data.as_deref())?;
    let items = set.len();
    let all = if others.is_empty() && *averaged == Averaged::default() {
        load_parameters(&mut net, file)?;
        Predictions::of(&net, device, &own.goal, &Default::default(), &Loader::new(set, BATCH))?
    } else {
        let mut members = vec![member(&net, device, &file, set, &own)?];
        for path in others {
            let (file, other_config, other) = find(path)?;
            if data.is_none() {
                same_test_part(checkpoint, (&config, &own), path, (&other_config, &other))?;
            }
            let net = built(model, &other, device)?;
            let (set, ..) = test_set(model, &other_config, &other, data.as_deref())?;
            members.push(member(&net, device, &file, set, &other)?);
        }
        mean_predictions(&members, device, *averaged, BATCH)?
    };
    let all = all.metrics(&own.goal);
    // The loss last.
    let metrics = all.iter().filter(|(name, _)| *name != "loss").chain(all.iter().filter(|(name, _)| *name == "loss")).collect();
    Ok(Evaluated { data: name, metrics, items, warnings })
}

/// The test samples of a run, their name, and warnings about them.
fn test_set<N, D>(
    model: &OwnModel<'_, N, D>,
    config: &RunConfig,
    own: &OwnData,
    data: Option<&Path>,
) -> Result<(OwnSet, String, Vec<String>), TrainError> {
    if let Some(path) = data {
        let (set, warnings) = all_of(path, config, own)?;
        return Ok((set, path.display().to_string(), warnings));
    }
    let parts = Parts { recipe: &config.recipe, input: None, known: Some(own), fold: own.fold };
    let options = DataOptions { data: own.path.clone(), test: own.test.clone(), ..DataOptions::default() };
    let given = if own.path.is_none() { model.given.map(|given| given()).transpose()? } else { None };
    let loaded = load(&options, given, &parts)?;
    let test = match (loaded.test, config.normalize.clone()) {
        (OwnSet::Images(images, _), Some(normalize)) => OwnSet::Images(images, normalize),
        (test, _) => test,
    };
    Ok((test, Source::from(own.path.as_deref()).to_string(), loaded.warnings))
}

/// A network of an ensemble.
fn member<N, D>(net: &N, device: &D, file: &Path, set: OwnSet, own: &OwnData) -> Result<Member<OwnSet, D>, TrainError>
where
    N: AnyNetwork<f32, D>,
    D: Seeded,
{
    let mut net = GraphModel::try_new(net.network_graph().clone(), device).map_err(|error| TrainError::Network(error.to_string()))?;
    load_parameters(&mut net, file)?;
    let test = match set {
        OwnSet::Images(images, normalize) => TestSet::Images(Arc::new(images), normalize),
        samples @ (OwnSet::Samples(_) | OwnSet::Arrays(_)) => TestSet::Samples(samples),
    };
    Ok(Member { net, goal: own.goal.clone(), test })
}

/// Rejects a second run that was trained on the test samples of the first: each holds out a part by its seed.
fn same_test_part(
    first: &Path,
    (a, data): (&RunConfig, &OwnData),
    second: &Path,
    (b, other): (&RunConfig, &OwnData),
) -> Result<(), TrainError> {
    let has_part = |path: &Path| path.join("train").is_dir() && path.join("test").is_dir();
    let has_arrays =
        |path: &Path| data.arrays.as_ref().is_some_and(|arrays| Named::open(path).is_ok_and(|named| named.has_test(&arrays.inputs)));
    let held_out = data.test.is_none() && data.path.as_deref().is_some_and(|path| !has_part(path) && !has_arrays(path));
    if (&data.path, &data.test, data.fold) == (&other.path, &other.test, other.fold) && (!held_out || a.recipe.seed == b.recipe.seed) {
        return Ok(());
    }
    let reason = format!(
        "its test part is not that of {}: the runs have other data or another seed, and one may be trained on what the other is tested on; name test data for both with `--data`",
        first.display()
    );
    Err(TrainError::Content { path: second.to_owned(), reason })
}

/// All samples of other data.
fn all_of(path: &Path, config: &RunConfig, own: &OwnData) -> Result<(OwnSet, Vec<String>), TrainError> {
    if let Some(table) = &own.table {
        let frame = Frame::read(path)?;
        let rows: Vec<usize> = (0..frame.rows()).collect();
        return Ok((OwnSet::Samples(table.samples(&frame, &rows)?), table.warnings(&frame)));
    }
    if let Some(schema) = &own.arrays {
        return Ok((super::arrays::all_of(path, schema, own)?, Vec::new()));
    }
    let (Some(normalize), Goal::Classes(classes)) = (&config.normalize, &own.goal) else {
        return Err(TrainError::Setting("`--data` has no effect on a run on the program's own samples".to_owned()));
    };
    let shape = picture_shape(Some(&own.input), path)?;
    if list::is_one(path, &Parts { recipe: &config.recipe, input: None, known: Some(own), fold: None }) {
        return Ok((OwnSet::Images(list::all_of(path, own, classes, shape)?, normalize.clone()), Vec::new()));
    }
    let folder = ImageFolder::open_with_classes(path, classes, channels(shape))?;
    Ok((OwnSet::Images(read_images(&folder, shape)?, normalize.clone()), Vec::new()))
}

//! Evaluates a run on its test data or on others.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::io::load_parameters;

use super::data::OwnSet;
use super::load::{DataOptions, Parts, channels, load, picture_shape, read_images};
use super::train::{built, name_of};
use super::{BATCH, OwnModel, find};
use crate::data::readers::ImageFolder;
use crate::data::{Dataset, Loader};
use crate::run::{OwnData, RunConfig};
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

/// Evaluates the run at `checkpoint`, a run folder or the parameter file in one. Without `data`, it is evaluated on the test part of its own data.
///
/// # Errors
/// Returns an error if the checkpoint or the data cannot be read, or the data do not fit the run: a column is missing, a class or a word is unknown.
pub fn evaluate<N, D>(model: &OwnModel<'_, N, D>, device: &D, checkpoint: &Path, data: Option<&Path>) -> Result<Evaluated, TrainError>
where
    N: AnyNetwork<f32, D> + Clone,
    D: Seeded,
{
    let (file, config, own) = find(checkpoint)?;
    let mut net = built(model, &own, device)?;
    load_parameters(&mut net, file)?;
    let (set, data, warnings) = match data {
        Some(path) => {
            let (set, warnings) = all_of(path, &config, &own)?;
            (set, path.display().to_string(), warnings)
        }
        None => {
            let parts = Parts { recipe: &config.recipe, input: None, known: Some(&own) };
            let options = DataOptions { data: own.path.clone(), test: own.test.clone(), ..DataOptions::default() };
            let given = if own.path.is_none() { model.given.map(|given| given()).transpose()? } else { None };
            let loaded = load(&options, given, &parts)?;
            let test = match (loaded.test, config.normalize.clone()) {
                (OwnSet::Images(images, _), Some(normalize)) => OwnSet::Images(images, normalize),
                (test, _) => test,
            };
            (test, name_of(&own), loaded.warnings)
        }
    };
    let items = set.len();
    let predictions = Predictions::of(&net, device, &own.goal, &Default::default(), &Loader::new(set, BATCH))?;
    let all = predictions.metrics(&own.goal);
    // The loss last.
    let metrics = all.iter().filter(|(name, _)| *name != "loss").chain(all.iter().filter(|(name, _)| *name == "loss")).collect();
    Ok(Evaluated { data, metrics, items, warnings })
}

/// All samples of other data.
fn all_of(path: &Path, config: &RunConfig, own: &OwnData) -> Result<(OwnSet, Vec<String>), TrainError> {
    if let Some(table) = &own.table {
        let frame = Frame::read(path)?;
        let rows: Vec<usize> = (0..frame.rows()).collect();
        return Ok((OwnSet::Samples(table.samples(&frame, &rows)?), table.warnings(&frame)));
    }
    let (Some(normalize), Goal::Classes(classes)) = (&config.normalize, &own.goal) else {
        return Err(TrainError::Setting("`--data` has no effect on a run on the program's own samples".to_owned()));
    };
    let shape = picture_shape(Some(&own.input), path)?;
    let folder = ImageFolder::open_with_classes(path, classes, channels(shape))?;
    Ok((OwnSet::Images(read_images(&folder, shape)?, normalize.clone()), Vec::new()))
}

//! Predicts from rows of a table, from pictures or from arrays.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::io::load_parameters;

use super::data::normalized;
use super::load::{channels, picture_shape};
use super::train::built;
use super::{BATCH, OwnModel, find};
use crate::arrays::Named;
use crate::data::readers::read_image;
use crate::data::{Array, Normalize};
use crate::run::OwnData;
use crate::tables::Frame;
use crate::{Goal, Seeded, TrainError, infer, softmax};

/// What a network predicts for one input.
#[derive(Clone, Debug, PartialEq)]
pub enum Prediction {
    /// The probability of each class; their sum is 1.
    Classes(Vec<f64>),
    /// The numbers, in the units of the targets.
    Numbers(Vec<f64>),
    /// The probability of each label.
    Labels(Vec<f64>),
}

impl Prediction {
    /// From the outputs of a network.
    fn of(goal: &Goal, outputs: &[f32]) -> Self {
        match goal {
            Goal::Classes(_) => Self::Classes(softmax(outputs)),
            Goal::Numbers(targets) => Self::Numbers(targets.iter().zip(outputs).map(|(target, &output)| target.restored(output)).collect()),
            Goal::Labels(_) => Self::Labels(outputs.iter().map(|&logit| 1.0 / (1.0 + f64::from(-logit).exp())).collect()),
        }
    }

    /// The classes from the most likely one on, with their probabilities; of equals the first.
    pub fn ranked(&self) -> Vec<(usize, f64)> {
        let Self::Classes(probabilities) = self else { return Vec::new() };
        let mut ranked: Vec<(usize, f64)> = probabilities.iter().copied().enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }
}

/// A trained network, and what is needed to use it.
#[derive(Debug)]
pub struct Predictor<N, D> {
    net: N,
    device: D,
    own: OwnData,
    normalize: Option<Normalize>,
}

impl<N: AnyNetwork<f32, D> + Clone, D: Seeded> Predictor<N, D> {
    /// Loads the run at `checkpoint`, a run folder or the parameter file in one.
    ///
    /// # Errors
    /// Returns an error if the checkpoint cannot be read or is of another network.
    pub fn load(model: &OwnModel<'_, N, D>, device: &D, checkpoint: &Path) -> Result<Self, TrainError> {
        let (file, config, own) = find(checkpoint)?;
        let mut net = built(model, &own, device)?;
        load_parameters(&mut net, file)?;
        Ok(Self { net, device: device.clone(), own, normalize: config.normalize })
    }

    /// What was learned about the data.
    pub fn data(&self) -> &OwnData {
        &self.own
    }

    /// Predicts for all rows of a table. The target columns need not be there.
    ///
    /// # Errors
    /// Returns an error if the run is not one on a table, or the table does not fit the run; errors name row and column.
    pub fn rows(&self, frame: &Frame) -> Result<Vec<Prediction>, TrainError> {
        let Some(table) = &self.own.table else {
            return Err(TrainError::Setting(format!(
                "{}: expected {}, which the run was trained on",
                frame.path().display(),
                self.expected()
            )));
        };
        self.inputs(table.inputs(frame)?)
    }

    /// Predicts for all rows of arrays: of the array with the name of the training inputs, or the only one.
    ///
    /// # Errors
    /// Returns an error if the run is not one on arrays, or these do not fit the run.
    pub fn arrays(&self, path: &Path) -> Result<Vec<Prediction>, TrainError> {
        let Some(schema) = &self.own.arrays else {
            return Err(TrainError::Setting(format!("{}: expected {}, which the run was trained on", path.display(), self.expected())));
        };
        let named = Named::open(path)?;
        let rows = named.inputs(&schema.inputs)?;
        let mut predictions = Vec::with_capacity(rows.len());
        for first in (0..rows.len()).step_by(BATCH) {
            let count = BATCH.min(rows.len() - first);
            predictions.extend(self.inputs(schema.inputs(rows, &self.own.input, first, count)?)?);
        }
        Ok(predictions)
    }

    /// What the run was trained on.
    fn expected(&self) -> &'static str {
        match (&self.own.table, &self.own.arrays) {
            (Some(_), _) => "a CSV file",
            (None, Some(_)) => "arrays",
            (None, None) => "pictures",
        }
    }

    /// Predicts the class of a picture, PNG or JPEG.
    ///
    /// # Errors
    /// Returns an error if the run is not one on pictures, or the file cannot be read.
    pub fn picture(&self, path: &Path) -> Result<Prediction, TrainError> {
        let Some(normalize) = &self.normalize else {
            return Err(TrainError::Setting(format!("{}: expected {}, which the run was trained on", path.display(), self.expected())));
        };
        let shape = picture_shape(Some(&self.own.input), path)?;
        let read = read_image(path, channels(shape))?;
        // As in training, where pictures are kept as bytes.
        let mut image = crate::data::Image::from_bytes(shape, &read.resized([shape[1], shape[2]]).to_bytes());
        normalized(normalize, &mut image)?;
        let mut found = self.inputs(Array::new([&[1], &shape[..]].concat(), image.pixels))?;
        Ok(found.remove(0))
    }

    /// Predicts for inputs `[samples, ..]` as the network takes them.
    ///
    /// # Errors
    /// Returns an error if they do not fit the network, or the device fails.
    pub fn inputs(&self, inputs: Array<f32>) -> Result<Vec<Prediction>, TrainError> {
        predicted(&self.net, &self.device, &self.own.goal, inputs)
    }
}

/// Predicts for inputs `[samples, ..]`, a batch at a time.
pub(super) fn predicted<N: AnyNetwork<f32, D>, D: Seeded>(
    net: &N,
    device: &D,
    goal: &Goal,
    inputs: Array<f32>,
) -> Result<Vec<Prediction>, TrainError> {
    let (samples, sizes) = (inputs.shape()[0], inputs.shape()[1..].to_vec());
    let (len, numbers) = (sizes.iter().product::<usize>(), inputs.into_vec());
    let mut predictions = Vec::with_capacity(samples);
    for batch in numbers.chunks(len.max(1) * BATCH) {
        let shape = [&[batch.len() / len.max(1)], &sizes[..]].concat();
        let outputs = infer(net, device, Array::new(shape, batch.to_vec()))?;
        predictions.extend(outputs.chunks_exact(goal.outputs()).map(|row| Prediction::of(goal, row)));
    }
    Ok(predictions)
}

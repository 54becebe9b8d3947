//! How the models of the zoo are trained, a kind of model a file.

mod entry;
mod forms;
mod neighbours;
mod pixel_cnn;
mod segmentation;
#[cfg(test)]
mod smoke;
mod text;
mod vae;

use std::fmt::Display;
use std::path::PathBuf;

use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::DataError;
use layercake_train::run::Canvas;
use rand::Rng;
use rand::rngs::StdRng;
use rand_distr::StandardNormal;

use crate::model::{ModelError, SampleOptions, Sampled};
pub(crate) use entry::{Entry, Kind, Row};
pub(crate) use forms::Forms;
pub(crate) use neighbours::NearestNeighbours;
pub(crate) use pixel_cnn::Pixels;
pub(crate) use segmentation::Streets;
pub(crate) use text::Letters;
pub(crate) use vae::Vae;

/// Images of handwritten digits, `[1, 28, 28]`.
type Grey<D, T = NoneTape> = Tensor<(usize, Const<1>, Const<28>, Const<28>), f32, D, T>;
/// Their shape.
const SHAPE: [usize; 3] = [1, 28, 28];

/// What a device did, or that it could not.
fn on_device<T>(done: Result<T, impl Display>) -> Result<T, TrainError> {
    done.map_err(|error| TrainError::from(DataError::Device(error.to_string())))
}

/// Log odds as probabilities.
fn sigmoid(scores: &[f32]) -> Vec<f32> {
    scores.iter().map(|score| 1.0 / (1.0 + (-score).exp())).collect()
}

/// Numbers of the standard Gaussian.
fn normal(random: &mut StdRng, count: usize) -> Vec<f32> {
    (0..count).map(|_| random.sample(StandardNormal)).collect()
}

/// Refuses what only a text is drawn by.
fn draws_pictures(row: &Row, options: &SampleOptions) -> Result<(), ModelError> {
    let given = [("--prompt", options.prompt.is_some()), ("--temperature", options.temperature.is_some())];
    let option = given.into_iter().find_map(|(option, given)| given.then_some(option));
    let (model, known) = (row.name, "--checkpoint, --out, --count, --seed, --threads");
    option.map_or(Ok(()), |option| Err(ModelError::NoEffect { model, option, reason: "it draws pictures, and no text", known }))
}

/// Writes what was drawn to where it is wanted.
fn save(canvas: &Canvas, options: &SampleOptions) -> Result<Sampled, ModelError> {
    let path = options.out.clone().unwrap_or_else(|| PathBuf::from("samples.png"));
    canvas.save(&path)?;
    Ok(Sampled::Pictures(path))
}

/// What building a network said.
fn built<T>(done: Result<T, impl Display>) -> Result<T, ModelError> {
    done.map_err(|error| ModelError::Device(error.to_string()))
}

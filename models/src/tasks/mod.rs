//! How the models of the zoo are trained, evaluated and sampled: one file per kind of model.

mod agents;
mod autoencoder;
mod by_features;
mod captioner;
mod classifier;
mod color_or_gray;
mod detector;
pub(crate) mod dropout;
mod ensemble;
mod entry;
mod features;
mod frames;
mod gan;
mod graph;
mod localizer;
mod machine;
mod neighbors;
mod own;
mod pair;
mod pixel_cnn;
mod points;
mod rows;
mod run;
mod segmentation;
mod seq2seq;
#[cfg(test)]
mod tests;
mod text;
mod vae;
mod writing;

use layercake::DeviceError;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use layercake::io::write_atomically;
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::DataError;
use layercake_train::run::Canvas;
use rand::Rng;
use rand::rngs::StdRng;
use rand_distr::StandardNormal;

use crate::zoo::{ModelError, SampleOptions, Samples};
pub(crate) use agents::{Agent, AgentKind, GridWorldModel};
pub(crate) use autoencoder::AutoencoderModel;
pub(crate) use by_features::ByFeatures;
pub(crate) use captioner::Captions;
pub(crate) use classifier::{Augment, ImageClassifier};
pub(crate) use color_or_gray::ColorOrGray;
pub(crate) use detector::Detector;
pub use detector::{class_key, outlined};
pub(crate) use entry::{Description, Entry, ModelKind, Run};
pub(crate) use features::Features;
pub(crate) use frames::FrameLabeler;
pub(crate) use gan::DcganModel;
pub use graph::{bench_graph, bench_inference};
pub(crate) use localizer::Localizer;
pub(crate) use neighbors::Knn;
pub(crate) use own::Mlp;
pub use own::{OwnNetwork, evaluate_own, own_graph, own_network, own_predictor, train_own};
pub(crate) use pixel_cnn::PixelCnnModel;
pub(crate) use points::Points;
pub(crate) use rows::RowClassifier;
pub(crate) use segmentation::StreetSegmentation;
pub(crate) use seq2seq::Translations;
pub(crate) use text::{CharLstmModel, CharTransformerModel, Characters};
pub(crate) use vae::{GaussianVaeModel, Vae};

/// Images of handwritten digits, `[1, 28, 28]`.
type Gray<D, T = NoneTape> = Tensor<(usize, Const<1>, Const<28>, Const<28>), f32, D, T>;
/// The shape of these images.
const SHAPE: [usize; 3] = [1, 28, 28];

/// Converts a device error.
pub(crate) fn on_device<T>(done: Result<T, impl Display + 'static>) -> Result<T, TrainError> {
    done.map_err(|error| TrainError::from(DataError::Device(DeviceError::of(&error))))
}

/// Converts logits to probabilities.
fn sigmoid(scores: &[f32]) -> Vec<f32> {
    scores.iter().map(|score| 1.0 / (1.0 + (-score).exp())).collect()
}

/// Samples from the standard normal distribution.
fn normal(random: &mut StdRng, count: usize) -> Vec<f32> {
    (0..count).map(|_| random.sample(StandardNormal)).collect()
}

/// Rejects options that only apply to text.
fn reject_text_options(description: &Description, options: &SampleOptions) -> Result<(), ModelError> {
    let given = [
        ("--prompt", options.prompt.is_some()),
        ("--temperature", options.temperature.is_some()),
        ("--top-k", options.top_k.is_some()),
        ("--top-p", options.top_p.is_some()),
    ];
    let option = given.into_iter().find_map(|(option, given)| given.then_some(option));
    let (model, known) = (description.name, "--checkpoint, --out, --count, --seed, --threads");
    option.map_or(Ok(()), |option| Err(ModelError::NoEffect { model, option, reason: "it samples images, not text", known }))
}

/// Writes the sampled images to the output file.
fn save(canvas: &Canvas, options: &SampleOptions) -> Result<Samples, ModelError> {
    let path = options.out.clone().unwrap_or_else(|| PathBuf::from("samples.png"));
    canvas.save(&path)?;
    Ok(Samples::Image(path))
}

/// Writes a text whole or not at all.
fn save_text(path: &Path, text: &str) -> Result<(), TrainError> {
    write_atomically(path, text.as_bytes()).map_err(|source| TrainError::File { path: path.to_owned(), source })
}

//! Training on the user's own data, a table, a folder of pictures or arrays: what the `layercake` command and the programs of `cli` do.
//!
//! | data | input of the network |
//! |---|---|
//! | a CSV file with named target columns: see [`tables`](crate::tables) | `[inputs]` |
//! | a `.npz` file or a folder of `.npy` files: see [`arrays`](crate::arrays) | `[inputs]`, or as the network has it |
//! | a folder with a subfolder of PNG or JPEG files for each class, or with such folders `train` and `test` | `[1, height, width]` for gray, `[3, height, width]` for color; pictures are resized |
//! | a CSV file with a column of PNG or JPEG files and one of their classes, for a network that takes pictures | as of a folder |
//! | what the program provides: [`Given`] | that of its samples |
//!
//! Without test data of its own, a fifth is held out, with the same share of each class, by the seed. Means and standard deviations are those of the training part.
//! `config.json` keeps them with the names of classes and columns ([`OwnData`]), so that [`evaluate`] and [`Predictor`] need nothing but the run folder.

mod arrays;
mod augment;
mod data;
mod evaluate;
mod fit;
mod list;
mod load;
mod parts;
mod predict;
mod train;
mod write;

use std::path::PathBuf;

pub use augment::Augmentation;
pub use data::{Given, OwnSet};
pub use evaluate::{Evaluated, EvaluationOptions, evaluate};
pub use fit::{Fit, Fitted};
pub use load::DataOptions;
pub use predict::{Prediction, Predictor};
pub use train::{TrainingOptions, train};
#[cfg(feature = "cli")]
pub(crate) use write::object;
pub use write::{Format, write_array_predictions, write_predictions};

use layercake::schedule::Better;

use crate::TrainError;
use crate::run::{OwnData, Recipe, RunConfig, verify_parameters};

/// A network for the user's own data.
pub struct OwnModel<'a, N, D> {
    /// Its name, for run folders.
    pub name: &'a str,
    /// The default hyperparameters.
    pub recipe: Recipe,
    /// The sizes that the network takes; `None` if it is made for the data.
    pub input: Option<Vec<usize>>,
    /// Data that the program provides, for when no file is named.
    pub given: Option<&'a dyn Fn() -> Result<Given, TrainError>>,
    /// Builds the network for the data.
    pub build: &'a dyn Fn(&OwnData, &D) -> Result<N, TrainError>,
}

impl<N, D> std::fmt::Debug for OwnModel<'_, N, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, recipe, input, .. } = self;
        f.debug_struct("OwnModel").field("name", name).field("recipe", recipe).field("input", input).finish_non_exhaustive()
    }
}

/// The metric for early stopping and for the best weights.
const SELECTED_BY: (&str, Better) = ("validation_loss", Better::Lower);
/// Batch size for evaluation and prediction.
const BATCH: usize = 500;

/// The parameter file and the configuration of a run, from its folder or the parameter file in it.
fn find(checkpoint: &std::path::Path) -> Result<(PathBuf, RunConfig, OwnData), TrainError> {
    if !checkpoint.exists() {
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "no such run folder or parameter file");
        return Err(TrainError::File { path: checkpoint.to_owned(), source });
    }
    let file = if checkpoint.is_dir() { checkpoint.join("model.safetensors") } else { checkpoint.to_owned() };
    verify_parameters(&file)?;
    let path = file.with_file_name("config.json");
    let config = RunConfig::read(&path)?;
    let Some(own) = config.own.clone() else {
        let reason = "not a run on data of your own".to_owned();
        return Err(TrainError::Content { path, reason });
    };
    Ok((file, config, own))
}

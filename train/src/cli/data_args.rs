//! Arguments about the user's own data.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::TrainError;
use crate::own::{Augmentation, DataOptions};
use crate::run::OwnText;
use crate::tables::{TableOptions, TableTask};

/// A table, a folder of pictures or arrays to learn from.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Options of your own data")]
pub struct DataArgs {
    /// A CSV file with the names of the columns in its first line; a folder of pictures with a subfolder for each class, or a CSV file with a column of
    /// picture files; or arrays of NumPy, a .npz file or a folder of .npy files: x and y.
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// The test data, of the same form [default: a fifth of the data, held out by the seed; of a folder with train and test, or of arrays x_train and x_test, the latter].
    #[arg(long, value_name = "PATH", requires = "data")]
    pub test: Option<PathBuf>,
    /// The column or array to predict; for several columns, give the option for each.
    #[arg(long = "target", value_name = "COLUMN", requires = "data")]
    pub targets: Vec<String>,
    /// What is to be predicted [default: classes for words and for up to 20 different whole numbers (of arrays: for integers), labels for several columns of 0 and 1, otherwise numbers].
    #[arg(long, value_enum, value_name = "TASK", requires = "data")]
    pub task: Option<Task>,
    /// A column of words, even if these are numbers, such as postal codes; for several, give the option for each.
    #[arg(long, value_name = "COLUMN", requires = "data")]
    pub categories: Vec<String>,
    /// A column or array that is not used; for several, give the option for each.
    #[arg(long = "ignore", value_name = "COLUMN", requires = "data")]
    pub ignored: Vec<String>,
    /// A column or array of groups whose rows stay together when a part is held out, such as patients. It is not an input.
    #[arg(long, value_name = "COLUMN", requires = "data")]
    pub group: Option<String>,
    /// How training pictures change at random, with commas.
    #[arg(long, value_enum, value_name = "CHANGE,..", value_delimiter = ',', requires = "data")]
    pub augment: Vec<Augmentation>,
}

/// A kind of prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// One of several classes.
    Classification,
    /// A number, or several.
    Regression,
    /// Several columns of 0 and 1.
    Labels,
}

impl From<DataArgs> for DataOptions {
    fn from(args: DataArgs) -> Self {
        let DataArgs { data, test, targets, task, categories, ignored, group, augment } = args;
        let task = task.map(|task| match task {
            Task::Classification => TableTask::Classification,
            Task::Regression => TableTask::Regression,
            Task::Labels => TableTask::Labels,
        });
        Self { data, test, fold: None, augmentations: augment, table: TableOptions { targets, task, categories, ignored, group } }
    }
}

impl DataArgs {
    /// The files of a text, for a model that reads one; `None` without `--data`.
    ///
    /// # Errors
    /// Returns an error if options of other data are given.
    pub fn text(&self) -> Result<Option<OwnText>, TrainError> {
        const TEXT: &str = "a text";
        let DataOptions { data, test, augmentations, table, .. } = self.clone().into();
        let Some(path) = data else { return Ok(None) };
        table.must_be_unused(TEXT)?;
        if !augmentations.is_empty() {
            return Err(TrainError::Setting(format!("`--augment` has no effect on {TEXT}: it is for pictures")));
        }
        Ok(Some(OwnText { path, test }))
    }
}

/// What to predict from.
#[derive(Clone, Debug, Args)]
pub struct PredictArgs {
    /// A run folder, or the parameter file in one.
    #[arg(long, value_name = "PATH")]
    pub checkpoint: PathBuf,
    /// A CSV file with the columns of the training data (the target may be left out), pictures, or a file of arrays.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The file to write; CSV, or JSON with --json [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// For pictures: how many of the most likely classes are printed.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

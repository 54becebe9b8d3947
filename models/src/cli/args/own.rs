//! Arguments about the user's own data, and of the commands for them.

use clap::Args;
use layercake_train::cli::{DataArgs, PredictArgs};

/// The user's own data, and the network for them.
#[derive(Debug, Args)]
pub(crate) struct OwnArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// The sizes of the hidden layers of mlp, with commas [default: 100].
    #[arg(long, value_name = "N,..", value_delimiter = ',', requires = "data", value_parser = size)]
    pub(crate) hidden: Vec<usize>,
    /// The probability of dropout, after each hidden layer of mlp and where another network has it [default: none, or the network's own].
    #[arg(long, value_name = "P", value_parser = probability, allow_negative_numbers = true)]
    pub(crate) dropout: Option<f64>,
}

fn probability(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|p| (0.0..1.0).contains(p)).ok_or("expected a number of at least 0 and less than 1".to_owned())
}

fn size(text: &str) -> Result<usize, String> {
    const MOST: usize = 100_000;
    text.parse().ok().filter(|size| (1..=MOST).contains(size)).ok_or(format!("expected a whole number from 1 to {MOST}"))
}

/// Predict with a model that was trained on your own data.
///
/// For a table the output is a table with the columns of the input and the predictions: the class and the probability of each class, or the numbers. For pictures it is
/// a line with the most likely classes and their probabilities.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake predict mlp --checkpoint runs/mlp-houses-1 new.csv --out predicted.csv
  layercake predict resnet20 --checkpoint runs/resnet20-photos-1 photo1.jpg photo2.jpg --top 5")]
pub(crate) struct Predict {
    /// The model (see `layercake list`).
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) predict: PredictArgs,
}

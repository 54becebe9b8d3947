//! Arguments of a search for hyperparameters.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::TrainError;
use crate::run::Recipe;
use crate::search::{Axis, Search};

/// What is searched, and for how long.
#[derive(Clone, Debug, Args)]
pub struct SearchArgs {
    /// Number of trials.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = count)]
    pub trials: usize,
    /// Number of epochs of the longest runs; the first ones have a ninth of it [default: that of `train`].
    #[arg(long, value_name = "N", value_parser = count)]
    pub epochs: Option<usize>,
    /// Learning rates [default: from a thirtieth to thirty times that of `train`].
    #[arg(long, value_name = "LOW..HIGH")]
    pub lr: Option<Range>,
    /// Weight decay [default: 1e-4..1].
    #[arg(long, value_name = "LOW..HIGH")]
    pub weight_decay: Option<Range>,
    /// Batch sizes [default: only that of `train`].
    #[arg(long, value_name = "LOW..HIGH")]
    pub batch_size: Option<Range>,
    /// Seed of the draws and of all runs.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Number of training items held out for validation [default: a fifth, at most 5,000].
    #[arg(long, value_name = "N", value_parser = count)]
    pub validation: Option<usize>,
    /// Number of training items to use, drawn by the seed from those that are not held out [default: all].
    #[arg(long, value_name = "N", value_parser = count)]
    pub train_size: Option<usize>,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = count)]
    pub threads: Option<usize>,
    /// The folder of the search. If the same search was interrupted there, it goes on [default: runs/search-MODEL-DATA].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// A range of values, `0.001..0.1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The lowest value.
    pub low: f64,
    /// The highest value.
    pub high: f64,
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected two numbers with two dots between them, the lower one first, such as 0.001..0.1".to_owned();
        let (low, high) = text.split_once("..").ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(wrong);
        let range = Self { low: number(low)?, high: number(high)? };
        if range.low < range.high { Ok(range) } else { Err(wrong()) }
    }
}

impl SearchArgs {
    /// The hyperparameters of all runs, besides those that are searched.
    pub fn recipe(&self, own: Recipe) -> Recipe {
        let (epochs, seed) = (self.epochs.unwrap_or(own.epochs), self.seed);
        let train_size = self.train_size.or(own.train_size);
        Recipe { epochs, seed, train_size, validation: self.validation, patience: None, restore_best: false, ..own }
    }

    /// The search over these, and over further axes with their first values. The first trial has the values of `recipe`.
    ///
    /// # Errors
    /// Returns an error if a range is invalid.
    pub fn search(&self, recipe: &Recipe, further: Vec<(Axis, f64)>) -> Result<Search, TrainError> {
        let lr = self.lr.unwrap_or(Range { low: recipe.lr / 30.0, high: recipe.lr * 30.0 });
        let decay = self.weight_decay.unwrap_or(Range { low: 1e-4, high: 1.0 });
        let mut all =
            vec![(Axis::log("lr", lr.low, lr.high), recipe.lr), (Axis::log("weight_decay", decay.low, decay.high), recipe.weight_decay)];
        if let Some(Range { low, high }) = self.batch_size {
            all.push((Axis::log("batch_size", low, high).whole(), recipe.batch_size as f64));
        }
        all.extend(further);
        let (axes, first) = all.into_iter().unzip();
        Ok(Search { axes, first, trials: self.trials, epochs: recipe.epochs, seed: self.seed })
    }
}

/// The hyperparameters of a run with those of a trial; names that are not in a recipe are left to the caller.
pub fn with_values(recipe: Recipe, axes: &[Axis], values: &[f64]) -> Recipe {
    axes.iter().zip(values).fold(recipe, |recipe, (axis, &value)| match axis.name.as_str() {
        "lr" => Recipe { lr: value, ..recipe },
        "weight_decay" => Recipe { weight_decay: value, ..recipe },
        "dropout" => Recipe { dropout: Some(value), ..recipe },
        "batch_size" => Recipe { batch_size: value as usize, ..recipe },
        _ => recipe,
    })
}

fn count(text: &str) -> Result<usize, String> {
    const MOST: usize = 100_000;
    text.parse().ok().filter(|number| (1..=MOST).contains(number)).ok_or(format!("expected a whole number from 1 to {MOST}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!("1e-4..0.1".parse(), Ok(Range { low: 1e-4, high: 0.1 }));
        assert_eq!("16..64".parse(), Ok(Range { low: 16.0, high: 64.0 }));
        for text in ["", "1", "1..", "2..1", "1..1", "a..b", "0..inf", "1...2"] {
            text.parse::<Range>().unwrap_err();
        }
    }
}

//! Cross-validation: a run for each fold, and the mean of their test metrics.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use clap::Args;
use layercake::io::write_atomically;
use serde_json::json;

use super::program::said;
use super::search::print_outcome;
use crate::distributed::World;
use crate::run::{RUNS, RunOutcome};
use crate::{Metrics, TrainError};

/// How often data are parted.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Options of your own data")]
pub struct FoldsArgs {
    /// Cross-validation: part the data into N folds by the seed, train N times, each time without another fold, and report the mean and deviation of the test metrics. The runs are
    /// folders in that of --out [default: runs/folds-MODEL-DATA].
    #[arg(long, value_name = "N", requires = "data", conflicts_with_all = ["test", "checkpoint_every", "tensorboard", "lr_find"], value_parser = clap::value_parser!(u16).range(2..))]
    pub folds: Option<u16>,
}

/// Trains a run for each of `count` folds, prints the mean and deviation of the test metrics, and writes them to `folds.json`. `train` gets the fold, and the folder of its run.
///
/// # Errors
/// Returns the error of a run; or an error if the folder or stdout cannot be written.
pub fn cross_validate(
    (model, data): (&str, &Path),
    out: Option<PathBuf>,
    count: usize,
    world: &World,
    train: &mut dyn FnMut([usize; 2], PathBuf) -> Result<RunOutcome, TrainError>,
) -> Result<(), TrainError> {
    if world.size() > 1 {
        return Err(TrainError::Setting("`--folds` does not go with several ranks; start it without `mpirun`".to_owned()));
    }
    let stem = data.file_stem().and_then(|stem| stem.to_str()).unwrap_or("own");
    let folder = out.unwrap_or_else(|| Path::new(RUNS).join(format!("folds-{model}-{stem}")));
    let mut folds = Vec::with_capacity(count);
    for fold in 0..count {
        said(writeln!(stdout(), "fold {} of {count}:", fold + 1))?;
        let outcome = train([fold, count], folder.join(format!("fold-{}", fold + 1)))?;
        print_outcome(&outcome, None)?;
        if let RunOutcome::Run { summary, .. } = outcome {
            folds.push(summary.metrics.iter().filter(|(name, _)| name.starts_with("test_")).collect::<Metrics>());
        }
    }
    let (mean, deviation) = spread(&folds);
    let path = folder.join("folds.json");
    let content = json!({ "mean": mean, "standard_deviation": deviation, "folds": folds });
    let text = serde_json::to_string_pretty(&content).expect("plain data can be written as JSON") + "\n";
    write_atomically(&path, text.as_bytes()).map_err(|source| TrainError::File { path: path.clone(), source })?;
    said(writeln!(stdout(), "mean of {count} folds: {mean}\nstandard deviation: {deviation}\nresults in {}", folder.display()))
}

/// The mean of each metric, and its standard deviation between folds: the square root of the sum of squares over one less than their number.
fn spread(folds: &[Metrics]) -> (Metrics, Metrics) {
    let (mut means, mut deviations) = (Metrics::new(), Metrics::new());
    let names: Vec<&str> = folds.first().map(|first| first.iter().map(|(name, _)| name).collect()).unwrap_or_default();
    for name in names {
        // A metric that a fold does not have, such as an area under a curve of one class, has no mean.
        let Some(values) = folds.iter().map(|fold| fold.get(name)).collect::<Option<Vec<f64>>>() else { continue };
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        means.set(name, mean);
        deviations.set(name, (squares / (count - 1.0).max(1.0)).sqrt());
    }
    (means, deviations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation() {
        let fold = |accuracy, loss| Metrics::new().with("accuracy", accuracy).with("loss", loss);
        let (mean, deviation) = spread(&[fold(0.5, 1.0), fold(0.7, 1.0), Metrics::new().with("accuracy", 0.9).with("loss", 4.0)]);
        assert!((mean.get("accuracy").unwrap() - 0.7).abs() < 1e-12 && (deviation.get("accuracy").unwrap() - 0.2).abs() < 1e-12);
        assert!((mean.get("loss").unwrap() - 2.0).abs() < 1e-12 && (deviation.get("loss").unwrap() - 3f64.sqrt()).abs() < 1e-12);
        let (mean, _) = spread(&[fold(0.5, 1.0), Metrics::new().with("accuracy", 0.7)]);
        assert_eq!(mean.iter().count(), 1);
    }
}

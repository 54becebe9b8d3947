//! A run as lines, for a pipe or a file.

use std::io::{Write, stdout};
use std::path::Path;
use std::time::Duration;

use layercake_models::ModelError;
use layercake_train::Epoch;
use layercake_train::health::warnings;
use layercake_train::run::report::Results;

use super::state;
use crate::commands::Outcome;

const INTERVAL: Duration = Duration::from_millis(500);

/// Prints each epoch, until the run ends.
pub(super) fn follow(folder: &Path) -> Outcome {
    let mut out = stdout();
    let (mut epochs, mut warned) = (0, 0);
    loop {
        let run = Results::read(folder).map_err(ModelError::from)?;
        // A run that was started anew in the folder.
        epochs = epochs.min(run.history.len());
        for epoch in &run.history[epochs..] {
            writeln!(out, "{}", line(epoch, run.config.recipe.epochs))?;
        }
        epochs = run.history.len();
        let warnings = warnings(&run.history);
        for warning in warnings.iter().skip(warned) {
            writeln!(out, "warning: {warning}")?;
        }
        warned = warnings.len();
        if !run.is_going_on() {
            return Ok(writeln!(out, "{}", state(&run))?);
        }
        std::thread::sleep(INTERVAL);
    }
}

/// The metrics of an epoch.
fn line(epoch: &Epoch, of: usize) -> String {
    let Epoch { train, validation, test, unit, items_per_second, seconds, .. } = epoch;
    let parts = [("train", train), ("validation", validation), ("test", test)].into_iter().filter(|(_, metrics)| !metrics.is_empty());
    let metrics: String = parts.map(|(part, metrics)| format!("  {part}: {metrics}")).collect();
    format!("epoch {}/{of}{metrics}  {items_per_second:.0} {unit}/s  {seconds:.1} s", epoch.epoch)
}

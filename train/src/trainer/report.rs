//! Progress output on stdout.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Callback, Progress, TrainingEnd};
use crate::health::Warning;
use crate::{Epoch, TrainError};

/// Prints the progress of a run to stdout: one line per epoch and, on a terminal, a progress bar with metrics, speed and remaining time.
#[derive(Debug)]
pub struct ProgressReport {
    epochs: usize,
    bar: ProgressBar,
}

impl ProgressReport {
    /// Creates a report for a run of `epochs` epochs with `steps_per_epoch` batches each, and prints the heading.
    pub fn new(heading: &str, epochs: usize, steps_per_epoch: usize) -> Self {
        say(heading);
        // At 10 redraws per second the cost of the bar is not measurable.
        let target = if stdout().is_terminal() { ProgressDrawTarget::stdout_with_hz(10) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(epochs.saturating_mul(steps_per_epoch) as u64), target);
        let style = ProgressStyle::with_template("{prefix} {wide_bar:.blue/white.dim} {msg}  {eta} left");
        bar.set_style(style.expect("the template is well formed").progress_chars("━━━"));
        Self { epochs, bar }
    }

    /// Without the progress bar: `mpirun` passes what ranks print on line by line.
    #[must_use]
    pub fn without_bar(mut self) -> Self {
        self.bar = ProgressBar::hidden();
        self
    }

    fn place(&self, epoch: usize) -> String {
        let width = self.epochs.to_string().len();
        format!("epoch {epoch:>width$}/{}", self.epochs)
    }
}

impl<M, D> Callback<M, D> for ProgressReport {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        // Set by position: a step may take several batches, and a run may be resumed within an epoch.
        self.bar.set_position(((progress.epoch - 1) * progress.batches + progress.batch) as u64);
        if !self.bar.is_hidden() {
            let Progress { epoch, train, unit, elapsed, .. } = progress;
            let speed = train.items() as f64 / elapsed.max(&Duration::from_micros(1)).as_secs_f64();
            self.bar.set_prefix(self.place(*epoch));
            self.bar.set_message(format!("{}  {speed:.0} {unit}/s", train.means()));
        }
        Ok(())
    }

    fn on_epoch(&mut self, epoch: &Epoch, _: &M) -> Result<(), TrainError> {
        let Epoch { train, validation, test, unit, items_per_second, seconds, .. } = epoch;
        let measured = [("validation", validation), ("test", test)].into_iter().filter(|(_, metrics)| !metrics.is_empty());
        let measured: String = measured.map(|(part, metrics)| format!("  {part}: {metrics}")).collect();
        let line = format!("{}  train: {train}{measured}  {items_per_second:.0} {unit}/s  {seconds:.1} s", self.place(epoch.epoch));
        self.bar.suspend(|| say(&line));
        if epoch.epoch == self.epochs {
            self.bar.finish_and_clear();
        }
        Ok(())
    }

    fn on_warning(&mut self, warning: &Warning) -> Result<(), TrainError> {
        // A closed stderr does not end the run.
        self.bar.suspend(|| drop(writeln!(stderr(), "warning: {warning}")));
        Ok(())
    }

    /// Prints which weights the model has, unless they are those of the last epoch as usual.
    fn on_end(&mut self, ending: &TrainingEnd<'_>, _: &M) -> Result<(), TrainError> {
        self.bar.finish_and_clear();
        let TrainingEnd { history, weights_epoch, stopped_early, selected_by } = *ending;
        let early = if stopped_early { format!("stopped early after epoch {}; ", history.len()) } else { String::new() };
        match selected_by {
            Some(metric) => say(&format!("{early}weights of epoch {weights_epoch}, the best {metric}")),
            None if stopped_early => say(&format!("{early}weights of the last epoch")),
            None => {}
        }
        Ok(())
    }

    fn on_resume(&mut self, history: &[Epoch]) -> Result<(), TrainError> {
        if let Some(last) = history.last() {
            let metrics = if last.test.is_empty() { &last.train } else { &last.test };
            say(&format!("{}  done before resuming: {metrics}", self.place(last.epoch)));
        }
        Ok(())
    }
}

/// Prints a line. A closed stdout does not end the run.
pub(crate) fn say(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}

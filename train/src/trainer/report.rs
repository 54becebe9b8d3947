//! How training is shown while it goes on.

use std::io::{IsTerminal, Write, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Callback, Ending, Progress};
use crate::{Epoch, TrainError};

/// Shows training on stdout: on a terminal a bar with epoch, loss and other figures, items a second and the time left; and everywhere a line
/// for each epoch.
#[derive(Debug)]
pub struct Report {
    epochs: usize,
    bar: ProgressBar,
}

impl Report {
    /// For a run of so many epochs of so many steps. The heading is shown at once.
    pub fn new(heading: &str, epochs: usize, steps_per_epoch: usize) -> Self {
        say(heading);
        // Drawn at most so often, the bar costs nothing that could be measured.
        let target = if stdout().is_terminal() { ProgressDrawTarget::stdout_with_hz(10) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(epochs.saturating_mul(steps_per_epoch) as u64), target);
        let style = ProgressStyle::with_template("{prefix} {wide_bar:.blue/white.dim} {msg}  {eta} left");
        bar.set_style(style.expect("the template is well formed").progress_chars("━━━"));
        Self { epochs, bar }
    }

    fn place(&self, epoch: usize) -> String {
        let width = self.epochs.to_string().len();
        format!("epoch {epoch:>width$}/{}", self.epochs)
    }
}

impl<M, D> Callback<M, D> for Report {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        // By position, not by counting: a step may take several batches, and a run may go on in the middle of an epoch.
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
        let measured = [("validation", validation), ("test", test)].into_iter().filter(|(_, figures)| !figures.is_empty());
        let measured: String = measured.map(|(part, figures)| format!("  {part}: {figures}")).collect();
        let line = format!("{}  train: {train}{measured}  {items_per_second:.0} {unit}/s  {seconds:.1} s", self.place(epoch.epoch));
        self.bar.suspend(|| say(&line));
        if epoch.epoch == self.epochs {
            self.bar.finish_and_clear();
        }
        Ok(())
    }

    /// Says which weights are left, where that is not plain.
    fn on_end(&mut self, ending: &Ending<'_>, _: &M) -> Result<(), TrainError> {
        self.bar.finish_and_clear();
        let Ending { history, weights_of, stopped_early, chosen_by } = *ending;
        let early = if stopped_early { format!("stopped after epoch {} for want of progress; ", history.len()) } else { String::new() };
        match chosen_by {
            Some(figure) => say(&format!("{early}the weights are those of epoch {weights_of}, the best by {figure}")),
            None if stopped_early => say(&format!("{early}the weights are those of epoch {weights_of}, the last")),
            None => {}
        }
        Ok(())
    }

    fn on_resume(&mut self, history: &[Epoch]) -> Result<(), TrainError> {
        if let Some(last) = history.last() {
            let figures = if last.test.is_empty() { &last.train } else { &last.test };
            say(&format!("{}  done before: {figures}", self.place(last.epoch)));
        }
        Ok(())
    }
}

/// Prints a line. Nobody may be reading any more, which is no reason to end a training.
fn say(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}

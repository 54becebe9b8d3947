//! How training is shown while it goes on.

use std::io::{IsTerminal, Write, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{Epoch, Observer, Progress, Tally, TrainError};

/// Shows training on stdout: on a terminal a bar with epoch, loss, accuracy, images a second and the time left; and everywhere a line
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
        let bar = ProgressBar::with_draw_target(Some((epochs * steps_per_epoch) as u64), target);
        let style = ProgressStyle::with_template("{prefix} {wide_bar:.blue/white.dim} {msg}  {eta} left");
        bar.set_style(style.expect("the template is well formed").progress_chars("━━━"));
        Self { epochs, bar }
    }

    fn place(&self, epoch: usize) -> String {
        let width = self.epochs.to_string().len();
        format!("epoch {epoch:>width$}/{}", self.epochs)
    }
}

impl<N, D> Observer<N, D> for Report {
    fn on_step(&mut self, progress: &Progress<'_>) {
        self.bar.inc(1);
        if self.bar.is_hidden() {
            return;
        }
        let Progress { epoch, train, elapsed, .. } = progress;
        let speed = train.total() as f64 / elapsed.max(&Duration::from_micros(1)).as_secs_f64();
        let (loss, accuracy) = (train.loss(), 100.0 * train.accuracy());
        self.bar.set_prefix(self.place(*epoch));
        self.bar.set_message(format!("loss {loss:.4}  accuracy {accuracy:.2} %  {speed:.0} images/s"));
    }

    fn on_epoch(&mut self, epoch: &Epoch, _: &N, _: &Tally) -> Result<(), TrainError> {
        let Epoch { train_loss, test_loss, images_per_second, seconds, .. } = epoch;
        let (train_accuracy, test_accuracy) = (100.0 * epoch.train_accuracy, 100.0 * epoch.test_accuracy);
        let line = format!(
            "{}  train: loss {train_loss:.4}, accuracy {train_accuracy:.2} %  test: loss {test_loss:.4}, accuracy {test_accuracy:.2} %  \
             {images_per_second:.0} images/s  {seconds:.1} s",
            self.place(epoch.epoch)
        );
        self.bar.suspend(|| say(&line));
        if epoch.epoch == self.epochs {
            self.bar.finish_and_clear();
        }
        Ok(())
    }
}

/// Prints a line. Nobody may be reading any more, which is no reason to end a training.
fn say(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}

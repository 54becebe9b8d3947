//! A learning rate range test.

use std::fmt;
use std::path::Path;

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use serde::{Deserialize, Serialize};

use super::{Callback, CancellationToken, Lesson, Lessons, Optimizers, Progress, Seeded, Task, Trainer, Until};
use crate::TrainError;
use crate::data::{Collate, Dataset, Loader};
use crate::run::{Recipe, draw_lines, write_text};

/// The weight of the earlier losses in the smoothed loss.
const SMOOTHING: f64 = 0.9;
/// The test ends when the smoothed loss is this many times its lowest value.
const EXPLODED: f64 = 4.0;
/// Fewer points show no curve.
const FEWEST: usize = 10;

/// A learning rate range test (Smith, 2017, *Cyclical Learning Rates for Training Neural Networks*): the learning rate rises exponentially from step to step, and the
/// loss shows which rates are too low to learn and from which on training diverges.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LrRange {
    /// The first learning rate.
    pub lowest: f64,
    /// The last learning rate.
    pub highest: f64,
    /// Number of optimizer steps.
    pub steps: usize,
}

/// From 1e-6 to 10 in 140 steps, 20 for each power of ten.
impl Default for LrRange {
    fn default() -> Self {
        Self { lowest: 1e-6, highest: 10.0, steps: 140 }
    }
}

/// The loss at each learning rate of a range test.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LrCurve {
    /// The learning rate of each step.
    pub lr: Vec<f64>,
    /// The loss of each step, before the step.
    pub loss: Vec<f64>,
    /// The exponential moving average of the losses so far, without the bias to its first value.
    pub smoothed: Vec<f64>,
    /// Whether the loss exploded before the highest learning rate.
    pub exploded: bool,
}

impl LrRange {
    /// The learning rate of a step, counted from 0.
    fn lr(&self, step: usize) -> f64 {
        let share = step as f64 / (self.steps - 1) as f64;
        self.lowest * (self.highest / self.lowest).powf(share)
    }

    fn check(&self) -> Result<(), TrainError> {
        let Self { lowest, highest, steps } = *self;
        if !(lowest > 0.0 && lowest < highest && highest.is_finite()) {
            return Err(TrainError::Setting(format!(
                "learning rates from {lowest} to {highest}; expected a positive number and a larger one"
            )));
        }
        if steps < FEWEST {
            return Err(TrainError::Setting(format!("a range test of {steps} steps; expected at least {FEWEST}")));
        }
        Ok(())
    }

    /// Trains a copy of a model by `recipe` with rising learning rates, until the loss explodes. The model, the optimizer and the state of the task are left as they are.
    ///
    /// # Errors
    /// Returns an error if a setting is invalid, an item cannot be read, the device fails, the loss explodes within the first steps, or the run is cancelled.
    pub fn test<M, T, O, S, D>(
        &self,
        recipe: &Recipe,
        (model, optimizer): (&M, &O),
        device: &D,
        task: &mut T,
        data: &Loader<S>,
        cancellation: CancellationToken,
    ) -> Result<LrCurve, TrainError>
    where
        M: TensorCollection<f32, D> + Clone,
        T: Task<M, D>,
        O: Optimizers<M, D>,
        S: Dataset,
        S::Item: Collate<Batch = T::Batch>,
        D: Seeded,
    {
        self.test_on(recipe, (model, optimizer), device, &mut Lesson::new(task, data), cancellation)
    }

    /// [`LrRange::test`] without the types of the task and the data.
    pub(crate) fn test_on<M, O, D>(
        &self,
        recipe: &Recipe,
        (model, optimizer): (&M, &O),
        device: &D,
        task: &mut dyn Lessons<M, D>,
        cancellation: CancellationToken,
    ) -> Result<LrCurve, TrainError>
    where
        M: TensorCollection<f32, D> + Clone,
        O: Optimizers<M, D>,
        D: Seeded,
    {
        self.check()?;
        let (mut model, mut optimizer, state) = (model.clone(), optimizer.clone(), task.state());
        let mut recorder = Recorder {
            steps: self.steps,
            curve: LrCurve::default(),
            smoothed: Smoothed::default(),
            lowest: f64::INFINITY,
            end: CancellationToken::new(),
            cancellation,
        };
        // The recorder ends the run after the last step, before it is evaluated.
        let mut trainer = Trainer::new(Until::Steps(self.steps + 1)).seed(recipe.seed).accumulate(recipe.accumulate);
        trainer = trainer.schedule(Rising(*self)).cancellation(recorder.end.clone()).callback(&mut recorder);
        let done = trainer.learn(&mut model, device, &mut optimizer, task);
        drop(trainer);
        task.load_state(state, device).map_err(TrainError::Setting)?;
        let Recorder { mut curve, cancellation, .. } = recorder;
        match done {
            Err(interrupted @ TrainError::Interrupted { .. }) if cancellation.is_cancelled() => return Err(interrupted),
            Err(TrainError::Diverged { .. }) if curve.lr.len() >= FEWEST => curve.exploded = true,
            Err(TrainError::Interrupted { .. }) | Ok(_) => {}
            Err(other) => return Err(other),
        }
        if curve.lr.len() < FEWEST {
            let (steps, lowest) = (curve.lr.len(), self.lowest);
            return Err(TrainError::Setting(format!(
                "the loss exploded after {steps} steps, with learning rates from {lowest} on; begin with a lower one"
            )));
        }
        Ok(curve)
    }
}

impl LrCurve {
    /// The position of the lowest smoothed loss.
    fn bottom(&self) -> usize {
        (0..self.smoothed.len()).min_by(|&a, &b| self.smoothed[a].total_cmp(&self.smoothed[b])).unwrap_or(0)
    }

    /// The learning rate of the lowest smoothed loss. Above it, training is about to diverge.
    pub fn lowest_loss(&self) -> Option<f64> {
        self.lr.get(self.bottom()).copied()
    }

    /// The suggested learning rate: where the smoothed loss falls fastest over the logarithm of the learning rate, before its lowest value. `None` if it never falls.
    pub fn suggestion(&self) -> Option<f64> {
        // The rates are evenly spaced on a logarithmic axis, so that differences are slopes. A difference over a few steps is less noisy.
        const REACH: usize = 3;
        let slope = |i: &usize| self.smoothed[i + REACH] - self.smoothed[i - REACH];
        let steepest = (REACH..(self.bottom() + 1).saturating_sub(REACH)).min_by(|a, b| slope(a).total_cmp(&slope(b)))?;
        (slope(&steepest) < 0.0).then(|| self.lr[steepest])
    }
}

impl LrCurve {
    /// Draws the losses over the learning rates as SVG.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        let points = |losses: &[f64]| self.lr.iter().map(|lr| lr.log10()).zip(losses.iter().copied()).collect();
        let lines = [("loss".to_owned(), points(&self.loss)), ("smoothed".to_owned(), points(&self.smoothed))];
        let title =
            self.suggestion().map_or("no learning rate lowers the loss".to_owned(), |lr| format!("suggested learning rate: {lr:.1e}"));
        write_text(path, draw_lines(&title, ["learning rate, power of 10", "loss"], &lines))
    }
}

/// The result in one line.
impl fmt::Display for LrCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(first), Some(last), Some(lowest)) = (self.lr.first(), self.lr.last(), self.lowest_loss()) else {
            return f.write_str("no steps");
        };
        write!(f, "learning rates from {first:.1e} to {last:.1e} in {} steps: ", self.lr.len())?;
        match self.suggestion() {
            Some(lr) => write!(
                f,
                "suggested --lr {}, where the loss falls fastest; it is lowest at {lowest:.1e}",
                format!("{lr:.1e}").parse::<f64>().unwrap_or(lr)
            )?,
            None => f.write_str("the loss does not fall at any of them")?,
        }
        if self.exploded { write!(f, " and explodes at {last:.1e}") } else { Ok(()) }
    }
}

/// The learning rates of a range test, whatever the optimizer's.
struct Rising(LrRange);

impl layercake::schedule::Schedule for Rising {
    fn lr(&self, _: f64, step: usize) -> f64 {
        self.0.lr(step)
    }
}

/// Records the losses, and ends the run when there are enough of them.
struct Recorder {
    steps: usize,
    curve: LrCurve,
    smoothed: Smoothed,
    /// The lowest smoothed loss so far.
    lowest: f64,
    /// Ends the range test.
    end: CancellationToken,
    /// The user's.
    cancellation: CancellationToken,
}

impl<M, D> Callback<M, D> for Recorder {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        self.record(progress.lr, progress.loss);
        Ok(())
    }
}

impl Recorder {
    fn record(&mut self, lr: f64, loss: f64) {
        let curve = &mut self.curve;
        curve.lr.push(lr);
        curve.loss.push(loss);
        let smoothed = self.smoothed.add(loss);
        curve.smoothed.push(smoothed);
        self.lowest = self.lowest.min(smoothed);
        curve.exploded = smoothed > EXPLODED * self.lowest && self.lowest > 0.0;
        if curve.exploded || curve.lr.len() >= self.steps || self.cancellation.is_cancelled() {
            self.end.cancel();
        }
    }
}

/// The exponential moving average of losses, with weights that add up to 1.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Smoothed {
    sum: f64,
    weight: f64,
}

impl Smoothed {
    /// The average with a further loss.
    pub fn add(&mut self, loss: f64) -> f64 {
        self.sum = SMOOTHING * self.sum + loss;
        self.weight = SMOOTHING * self.weight + 1.0;
        self.sum / self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(losses: impl Iterator<Item = f64>) -> LrCurve {
        let range = LrRange { lowest: 1e-4, highest: 1.0, steps: 81 };
        let (curve, end) = (LrCurve::default(), CancellationToken::new());
        let mut recorder = Recorder {
            steps: range.steps,
            curve,
            smoothed: Smoothed::default(),
            lowest: f64::INFINITY,
            end: end.clone(),
            cancellation: CancellationToken::new(),
        };
        for (step, loss) in losses.take_while(|_| !end.is_cancelled()).enumerate() {
            recorder.record(range.lr(step), loss);
        }
        assert!(end.is_cancelled());
        recorder.curve
    }

    #[test]
    fn by_hand() {
        let mut smoothed = Smoothed::default();
        assert_eq!(smoothed.add(3.0), 3.0);
        assert!((smoothed.add(1.0) - (0.9 * 3.0 + 1.0) / 1.9).abs() < 1e-12);
        let range = LrRange { lowest: 1e-4, highest: 1.0, steps: 81 };
        assert!((range.lr(0) - 1e-4).abs() < 1e-12 && (range.lr(40) - 1e-2).abs() < 1e-9 && (range.lr(80) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_steepest_descent() {
        // Level until step 30, falling until step 50, level until 60, and then exploding.
        let loss = |step: usize| match step {
            0..30 => 2.0,
            30..50 => 2.0 - 0.09 * (step - 30) as f64,
            50..60 => 0.2,
            _ => 0.2 * 2f64.powi(step as i32 - 59),
        };
        let curve = recorded((0..).map(loss));
        assert!(curve.exploded && (61..70).contains(&curve.lr.len()), "{}", curve.lr.len());
        let place = |lr: f64| ((lr / 1e-4).log10() * 20.0).round() as usize;
        let (steepest, bottom) = (place(curve.suggestion().unwrap()), place(curve.lowest_loss().unwrap()));
        assert!((35..=53).contains(&steepest), "smoothed, it falls fastest some steps after it begins to fall: {steepest}");
        assert!((55..62).contains(&bottom), "{bottom}");

        let rising = recorded((0..).map(|step| 1.0 + step as f64));
        assert_eq!((rising.suggestion(), rising.lowest_loss()), (None, Some(1e-4)));
        let level = recorded(std::iter::repeat(1.0));
        assert_eq!((level.lr.len(), level.exploded, level.suggestion()), (81, false, None));
    }

    #[test]
    fn invalid_ranges() {
        let message = |range: LrRange| range.check().unwrap_err().to_string();
        let range = LrRange { lowest: 1.0, highest: 0.1, steps: 20 };
        assert_eq!(message(range), "learning rates from 1 to 0.1; expected a positive number and a larger one");
        assert_eq!(message(LrRange { steps: 9, ..LrRange::default() }), "a range test of 9 steps; expected at least 10");
    }
}

//! A short look at a model, its data and its hyperparameters, before a long run.

use std::fmt;

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::prelude::*;

use super::Recipe;
use crate::data::{Collate, Dataset, Loader};
use crate::health::{LayerHealth, Symptom, UPDATE, median_step, warnings};
use crate::trainer::{Lesson, Lessons, Sizes};
use crate::{Callback, CancellationToken, Epoch, Optimizers, Progress, Seeded, Task, TrainError, Trainer, Until};

/// The part of a run that is tried.
const EPOCHS: usize = 4;
const STEPS_PER_EPOCH: usize = 50;
/// The steps in which one batch must be learned.
const STEPS_ON_ONE: usize = 300;
/// The share of its first loss at which a batch counts as learned.
const LEARNED: f64 = 0.1;
/// The share of the first loss below which the first steps have taught something.
const PROGRESS: f64 = 0.9;
/// The share at which it was not learned at all. A loss that cannot become 0, such as that of noisy targets, ends between the two.
const NOT_LEARNED: f64 = 0.7;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it is as it should be.
    pub good: bool,
    /// What was found, with the figure.
    pub text: String,
}

/// What was found. It is displayed as a line for each finding, which begins with `ok` or `warning`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The findings.
    pub findings: Vec<Finding>,
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Finding { good, text }) in self.findings.iter().enumerate() {
            let word = if *good { "ok" } else { "warning" };
            write!(f, "{}{word:9}{text}", if i > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

/// Trains for up to 200 steps at the learning rate of the recipe and looks at the loss, the gradients, the steps and the units; then trains a fresh copy on one batch,
/// which every model that is put together rightly can learn by heart. Writes nothing.
///
/// # Errors
/// Returns an error if the data cannot be read or do not fit the network, or the device fails. That training diverges is a finding.
pub fn examine<N, O, S, T, D>(
    (net, optimizer): (&N, &O),
    device: &D,
    task: &mut T,
    train: &Loader<S>,
    recipe: &Recipe,
    cancellation: CancellationToken,
) -> Result<Diagnosis, TrainError>
where
    N: TensorCollection<f32, D> + Clone,
    O: Optimizers<N, D>,
    S: Dataset,
    S::Item: Collate<Batch = T::Batch>,
    T: Task<N, D>,
    D: Seeded,
{
    examine_on((net, optimizer), device, &mut Lesson::new(task, train), recipe, cancellation)
}

/// [`examine`] without the types of the task and the data.
pub(super) fn examine_on<N, O, D>(
    (net, optimizer): (&N, &O),
    device: &D,
    task: &mut dyn Lessons<N, D>,
    recipe: &Recipe,
    cancellation: CancellationToken,
) -> Result<Diagnosis, TrainError>
where
    N: TensorCollection<f32, D> + Clone,
    O: Optimizers<N, D>,
    D: Seeded,
{
    let Sizes { items, batch_size, .. } = task.sizes();
    let mut findings = Vec::new();
    let (mut model, mut steps) = (net.clone(), optimizer.clone());
    let mut trainer = Trainer::new(Until::Epochs(EPOCHS)).seed(recipe.seed).without_test().cancellation(cancellation.clone());
    match trainer.learn(&mut model, device, &mut steps, &mut *beginning(task, recipe.seed)) {
        Ok(history) => findings.extend(of_history(&history)),
        Err(error @ TrainError::Diverged { .. }) => findings.push(Finding { good: false, text: error.to_string() }),
        Err(error) => return Err(error),
    }
    let (mut model, mut steps) = (net.clone(), optimizer.clone());
    let mut losses = Losses { cancelled: cancellation, ..Losses::default() };
    let token = losses.enough.clone();
    let mut trainer = Trainer::new(Until::Epochs(1)).seed(recipe.seed).without_test().cancellation(token).callback(&mut losses);
    let learned = trainer.learn(&mut model, device, &mut steps, &mut *one_batch(task));
    drop(trainer);
    match learned {
        Err(TrainError::Interrupted { .. }) if !losses.is_enough() => learned.map(|_| Diagnosis::default()),
        Ok(_) | Err(TrainError::Interrupted { .. }) => {
            findings.extend(losses.finding(batch_size.min(items)));
            Ok(Diagnosis { findings })
        }
        Err(error @ TrainError::Diverged { .. }) => {
            findings.push(Finding { good: false, text: format!("on one batch: {error}") });
            Ok(Diagnosis { findings })
        }
        Err(error) => Err(error),
    }
}

/// Short epochs of items from the whole data set.
fn beginning<N, D: Storage<f32>>(task: &mut dyn Lessons<N, D>, seed: u64) -> Box<dyn Lessons<N, D> + '_> {
    let indices = task.spread(STEPS_PER_EPOCH * task.sizes().batch_size);
    task.of(indices, Some(seed))
}

/// An epoch of the first batch over and over.
fn one_batch<N, D: Storage<f32>>(task: &mut dyn Lessons<N, D>) -> Box<dyn Lessons<N, D> + '_> {
    let order = task.order();
    let count = if order.is_empty() { 0 } else { task.sizes().batch_size };
    let indices: Vec<usize> = order.into_iter().cycle().take(count).collect();
    task.of(indices.repeat(STEPS_ON_ONE), None)
}

/// The loss of each step on one batch.
#[derive(Debug, Default)]
struct Losses {
    losses: Vec<f64>,
    /// Ends the steps when they are enough, or when the user ends the command.
    enough: CancellationToken,
    cancelled: CancellationToken,
}

impl<M, D> Callback<M, D> for Losses {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        self.losses.push(progress.loss);
        if self.is_enough() || self.cancelled.is_cancelled() {
            self.enough.cancel();
        }
        Ok(())
    }
}

impl Losses {
    fn is_enough(&self) -> bool {
        self.losses.first().zip(self.losses.last()).is_some_and(|(first, last)| *last < 0.5 * LEARNED * first)
    }

    fn finding(&self, items: usize) -> Option<Finding> {
        let (first, last, steps) = (*self.losses.first()?, *self.losses.last()?, self.losses.len());
        let went = format!("the loss of one batch of {items} went from {first:.3} to {last:.3} in {steps} steps on it alone");
        Some(if last < LEARNED * first {
            Finding { good: true, text: format!("{went}: the model can learn it by heart") }
        } else if last < NOT_LEARNED * first {
            Finding { good: true, text: format!("{went}; without noise, dropout and augmentation it should come close to 0") }
        } else {
            Finding { good: false, text: format!("{went}: check the loss, the targets, the learning rate and what is frozen") }
        })
    }
}

/// The findings about the first steps.
fn of_history(history: &[Epoch]) -> Vec<Finding> {
    let warned = warnings(history);
    let finding = |symptoms: &[Symptom], good: String| {
        let bad = warned.iter().find(|warning| symptoms.contains(&warning.symptom()));
        bad.map_or(Finding { good: true, text: good }, |warning| Finding { good: false, text: warning.to_string() })
    };
    let (Some(first), Some(last)) = (history.first(), history.last()) else { return Vec::new() };
    let layers = || history.iter().flat_map(|epoch| &epoch.layers);
    let learning = first.first_loss.zip(last.train.get("loss")).is_none_or(|(before, after)| after < PROGRESS * before);
    let mut findings = Vec::new();
    if let Some(loss) = first.first_loss {
        let chance = first.chance_loss.map_or_else(String::new, |chance| format!("; a model that knows nothing has {chance:.3}"));
        findings.push(finding(&[Symptom::FirstLoss], format!("the loss of the first batch is {loss:.3}{chance}")));
    }
    if let Some((low, high)) = range(layers(), |layer| layer.gradient) {
        let text = format!("the gradients are {low:.1e} to {high:.1e} of their weights");
        findings.push(finding(&[Symptom::VanishingGradients, Symptom::ExplodingGradients], text));
    }
    if let Some((low, high)) = range(layers(), |layer| layer.update) {
        findings.push(
            of_steps((low, high), last, learning)
                .unwrap_or_else(|| finding(&[Symptom::UpdateRatio], format!("the steps are {low:.1e} to {high:.1e} of their weights"))),
        );
    }
    if let Some((_, most)) = range(layers(), |layer| layer.dead) {
        let text = if most == 0.0 {
            "no unit of a ReLU is dead".to_owned()
        } else {
            format!("at most {:.0} % of the units of a ReLU are dead", 100.0 * most)
        };
        findings.push(finding(&[Symptom::DeadUnits], text));
    }
    if let (Some(before), Some(after)) = (first.first_loss, last.train.get("loss")) {
        let text = format!("the training loss went from {before:.3} to {after:.3} in {} steps", last.step);
        findings.push(Finding { good: after < before, text });
    }
    findings
}

/// Steps that are large in most layers while the loss does not fall.
fn of_steps((low, high): (f64, f64), last: &Epoch, learning: bool) -> Option<Finding> {
    let (least, most) = (UPDATE.start(), UPDATE.end());
    let large = median_step(last).is_some_and(|(step, _)| step > *most);
    (large && !learning).then(|| {
        let usual = format!("usual are {least:.0e} to {most:.0e}. Lower the learning rate");
        Finding { good: false, text: format!("the steps are {low:.1e} to {high:.1e} of their weights; {usual}") }
    })
}

/// The smallest and the largest number.
fn range<'a>(layers: impl Iterator<Item = &'a LayerHealth>, of: impl Fn(&LayerHealth) -> Option<f64>) -> Option<(f64, f64)> {
    let numbers: Vec<f64> = layers.filter_map(of).collect();
    Some((numbers.iter().copied().reduce(f64::min)?, numbers.iter().copied().reduce(f64::max)?))
}

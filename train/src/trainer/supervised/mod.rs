//! Classification, regression and labels for inputs of any shape.

mod goal;
mod outputs;

use std::path::Path;

use layercake::AnyNetwork;
use layercake::explain::LayerUnits;
use layercake::prelude::*;

use super::classification::{has_variance, must_have_batches};
use super::filters::filters;
use super::samples::{Judged, Judgments};
use super::{Criterion, Pass, Step, Task};
use crate::data::{Collate, Dataset, Image, Loader, SampleBatch, SubsetSampler, Targets};
use crate::health::count_units;
use crate::run::{Canvas, class_table, draw_confusion_matrix, write_text};
use crate::{ConfusionMatrix, Metrics, TrainError, argmax, softmax};
pub use goal::{Goal, NumberTarget};
pub use outputs::Predictions;
use outputs::{rows, train};

/// Classification, regression or labels, for inputs of any shape with a batch axis: rows of a table, sequences, pictures. It is evaluated on a test set by the metrics
/// that fit the [`Goal`]:
///
/// | goal | loss | metrics |
/// |---|---|---|
/// | [`Goal::Classes`] | softmax cross entropy, or hinge | `accuracy`, `f1` (macro), `auroc` (one against the rest), from ten classes on `top_5_accuracy` |
/// | [`Goal::Numbers`] | squared error of the standardized numbers | `mae`, `rmse`, `r2` in the units of the targets |
/// | [`Goal::Labels`] | binary cross entropy | `accuracy`, `f1` (macro), `auroc` (macro) |
///
/// ```
/// use layercake::optim::{Adam, AdamConfig};
/// use layercake::prelude::*;
/// use layercake_train::data::{Loader, Sample, Samples, Target};
/// use layercake_train::{Goal, NumberTarget, Supervised, Trainer, Until};
///
/// network! {
///     Sine: [1] -> [1] { fc1: Linear(32), Tanh, fc2: Linear(32), Tanh, fc3: Linear(1) }
/// }
///
/// let sample = |i: usize| {
///     let x = i as f32 / 50.0;
///     Sample { shape: vec![1], input: vec![x], target: Target::Numbers(vec![x.sin()]) }
/// };
/// let train = Loader::new(Samples((0..300).map(sample).collect()), 30).shuffle(1);
/// let test = Loader::new(Samples((5..300).step_by(10).map(sample).collect()), 100);
///
/// let goal = Goal::Numbers(vec![NumberTarget { name: "sine".to_owned(), mean: 0.0, std: 1.0 }]);
/// let mut task = Supervised::new(goal, test);
/// let device = Cpu::seed_from_u64(1);
/// let mut net = Sine::new(&device);
/// let mut optimizer = Adam::new(&net, AdamConfig { lr: 1e-2, ..Default::default() });
/// let history = Trainer::new(Until::Epochs(40)).fit(&mut net, &device, &mut optimizer, &mut task, &train)?;
/// assert!(history[39].test.get("r2") > Some(0.99));
/// # Ok::<(), layercake_train::TrainError>(())
/// ```
#[derive(Debug)]
pub struct Supervised<S: Dataset> {
    /// What the network is to predict.
    pub goal: Goal,
    /// The test data.
    pub test: Loader<S>,
    /// The loss of classes: cross entropy with class weights and label smoothing, or hinge.
    pub criterion: Criterion,
    /// The title of pictures.
    pub title: String,
    /// The metrics besides the loss; `None` for all that fit the goal.
    pub metrics: Option<Vec<String>>,
    confusion: Option<ConfusionMatrix>,
    judgments: Judgments,
}

impl<S: Dataset> Supervised<S> {
    /// A task with plain losses.
    pub fn new(goal: Goal, test: Loader<S>) -> Self {
        Self {
            goal,
            test,
            criterion: Criterion::default(),
            title: String::new(),
            metrics: None,
            confusion: None,
            judgments: Judgments::default(),
        }
    }

    /// Sets the title of pictures.
    #[must_use]
    pub fn titled(self, title: &str) -> Self {
        Self { title: title.to_owned(), ..self }
    }

    /// The confusion matrix of the last evaluation, of classes.
    pub fn confusion_matrix(&self) -> Option<&ConfusionMatrix> {
        self.confusion.as_ref()
    }
}

impl<N, S, D> Task<N, D> for Supervised<S>
where
    N: AnyNetwork<f32, D>,
    S: Dataset,
    S::Item: Collate,
    <S::Item as Collate>::Batch: Into<SampleBatch>,
    D: Backend<f32>,
{
    type Batch = <S::Item as Collate>::Batch;
    const UNIT: &'static str = <S::Item as Collate>::UNIT;

    fn loss(&mut self, net: &mut N, batch: Self::Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let SampleBatch { inputs, targets } = batch.into();
        let items = inputs.batch_size();
        self.goal.check(net.network_graph())?;
        self.goal.fits(&targets, items)?;
        has_variance(net.network_graph(), items)?;
        let outputs = train(net, inputs, pass)?;
        let found = outputs.retaped::<NoneTape>();
        let (loss, weight) = self.goal.try_loss(outputs, &targets, &self.criterion)?;
        let step = Step::new(loss, items).with_weight(weight);
        let Targets::Classes(labels) = targets else { return Ok(step) };
        let classes = self.goal.outputs();
        Ok(step.with_late_metric("accuracy", move || (goal::confusion(&found.as_vec(), &labels, classes).accuracy(), items as f64)))
    }

    fn check(&self, net: &N) -> Result<(), TrainError> {
        if self.goal.outputs() == 0 {
            return Err(TrainError::Setting("there is nothing to predict: the goal has no classes, numbers or labels".to_owned()));
        }
        if let Goal::Numbers(targets) = &self.goal
            && let Some(bad) = targets.iter().find(|target| !(target.mean.is_finite() && target.std.is_finite() && target.std > 0.0))
        {
            let (name, mean, std) = (&bad.name, bad.mean, bad.std);
            return Err(TrainError::Setting(format!(
                "the target `{name}` has mean {mean} and standard deviation {std}; expected a positive one"
            )));
        }
        self.goal.check(net.network_graph())?;
        if let Goal::Classes(names) = &self.goal {
            self.criterion.check(names.len())?;
        }
        must_have_batches(&self.test)
    }

    fn evaluate(&mut self, net: &N, device: &D) -> Result<Metrics, TrainError> {
        let found = Predictions::of(net, device, &self.goal, &self.criterion, &self.test)?;
        if let Targets::Classes(labels) = &found.targets {
            let count = self.goal.outputs();
            self.confusion = Some(goal::confusion(&found.outputs, labels, count));
            self.judgments = judgments(&found.outputs, labels, &self.test.order(1), count);
        }
        let all = found.metrics(&self.goal);
        let is_asked_for = |name: &str| name == "loss" || self.metrics.as_ref().is_none_or(|asked| asked.iter().any(|one| one == name));
        Ok(all.iter().filter(|(name, _)| is_asked_for(name)).collect())
    }

    fn chance_loss(&self) -> Option<f64> {
        Some(match &self.goal {
            Goal::Classes(names) => self.criterion.of_chance(names.len()),
            // The variance of standardized numbers.
            Goal::Numbers(_) => 1.0,
            Goal::Labels(_) => std::f64::consts::LN_2,
        })
    }

    fn units(&mut self, net: &N, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        count_units(net.as_hookable(), device, &self.test, |batch| batch.into().inputs)
    }

    /// `confusion.svg` and `classes.md` for classes; of pictures after the last epoch also `filters.png`, the weights of the first layer, `surest.png`, the
    /// test picture of each class that the network is surest of, and `mistakes.png`, misclassified ones with their true and predicted classes.
    fn draw(&mut self, net: &N, _: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        let (Some(confusion), Goal::Classes(classes)) = (&self.confusion, &self.goal) else { return Ok(()) };
        let heading = format!("{}: test accuracy {:.2} %", self.title, 100.0 * confusion.accuracy());
        write_text(&folder.join("confusion.svg"), draw_confusion_matrix(&heading, confusion, classes))?;
        write_text(&folder.join("classes.md"), Ok(class_table(confusion, classes, <S::Item as Collate>::UNIT)))?;
        let [channels @ (1 | 3), height, width] = *net.network_graph().inputs()[0].shape.dims() else { return Ok(()) };
        if !last {
            return Ok(());
        }
        let shape = [channels, height, width];
        if let Some(filters) = filters(net, shape, classes) {
            filters.save(&folder.join("filters.png"))?;
        }
        self.judgments.draw(folder, classes, |index| picture(&self.test, index, shape))
    }
}

/// The predictions, each with the index of its item.
fn judgments(outputs: &[f32], labels: &[usize], order: &[usize], classes: usize) -> Judgments {
    let mut judgments = Judgments::default();
    for ((row, &truth), &index) in outputs.chunks_exact(classes).zip(labels).zip(order) {
        let predicted = argmax(row, classes)[0];
        judgments.add(Judged { index, truth, predicted, sure: softmax(row)[predicted] });
    }
    judgments
}

/// An input as it is seen in a picture: from its smallest number in black to its largest in white.
fn picture<S>(test: &Loader<S>, index: usize, shape: [usize; 3]) -> Result<Canvas, TrainError>
where
    S: Dataset,
    <S::Item as Collate>::Batch: Into<SampleBatch>,
{
    let one = test.clone().sampler(SubsetSampler { indices: vec![index], shuffle: None });
    let batch: SampleBatch = one.epoch(1).next().ok_or_else(|| TrainError::Test("no batch".to_owned()))??.into();
    let numbers = batch.inputs.into_vec();
    let (low, high) = numbers.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
    let pixels = numbers.iter().map(|x| (x - low) / (high - low).max(f32::MIN_POSITIVE)).collect();
    Ok(Canvas::from_image(&Image { shape, pixels }).legible())
}

/// Runs a network on inputs that have no targets.
///
/// # Shapes
/// Inputs `[batch, ..]`; the outputs `[batch, outputs]`, row-major.
///
/// # Errors
/// Returns an error if the inputs do not fit the network, or the device fails.
pub fn infer<N: AnyNetwork<f32, D>, D: Backend<f32>>(net: &N, device: &D, inputs: crate::data::Array<f32>) -> Result<Vec<f32>, TrainError> {
    let outputs = rows(net.try_infer(vec![inputs.into_dynamic(device)?])?)?;
    Ok(outputs.to_vec())
}

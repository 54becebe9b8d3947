//! What a network is to predict: its loss, and the metrics that fit it.

use layercake::ir::Graph;
use layercake::loss::{BceWithLogits, Loss, Mse};
use layercake::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::Criterion;
use crate::data::{Array, DataError, Targets};
use crate::error::OnDevice;
use crate::metrics::{
    class_auroc, mean_absolute_error, multi_label_accuracy, multi_label_auroc, multi_label_f1, r2_score, root_mean_squared_error,
    top_k_accuracy,
};
use crate::{ConfusionMatrix, Metrics, TrainError, argmax};

/// What a network is to predict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// One of these classes: a logit for each, trained by softmax cross entropy.
    Classes(Vec<String>),
    /// Numbers: one output for each target, trained by the squared error of the standardized numbers.
    Numbers(Vec<NumberTarget>),
    /// Which of these labels apply: a logit for each, trained by binary cross entropy.
    Labels(Vec<String>),
}

/// A number to predict, and its distribution in the training data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberTarget {
    /// Its name.
    pub name: String,
    /// The mean.
    pub mean: f64,
    /// The standard deviation, above 0.
    pub std: f64,
}

impl NumberTarget {
    /// The number as the network sees it, with mean 0 and standard deviation 1.
    pub fn standardized(&self, number: f64) -> f32 {
        ((number - self.mean) / self.std) as f32
    }

    /// The number that a network's output stands for.
    pub fn restored(&self, output: f32) -> f64 {
        f64::from(output) * self.std + self.mean
    }
}

/// From this number of classes on, the share of rows whose class is among the five most likely ones is a metric too.
const TOP_FIVE: usize = 10;

/// Scores of a batch, `[batch, outputs]`.
pub(super) type Outputs<D, T> = Tensor<(usize, usize), f32, D, T>;

/// The mean loss of a batch, and its weight in the mean over batches.
type Weighted<D, T> = (Tensor<Rank0, f32, D, T>, f64);

/// No classes.
impl Default for Goal {
    fn default() -> Self {
        Self::Classes(Vec::new())
    }
}

impl Goal {
    /// The number of outputs that a network needs.
    pub fn outputs(&self) -> usize {
        match self {
            Self::Classes(names) | Self::Labels(names) => names.len(),
            Self::Numbers(targets) => targets.len(),
        }
    }

    /// Checks that a network predicts this: it has one input, and one output with as many numbers.
    ///
    /// # Errors
    /// Returns an error that says what the network has and needs.
    pub fn check(&self, graph: &Graph) -> Result<(), TrainError> {
        let wrong = |reason: String| Err(TrainError::Setting(format!("the network `{}` {reason}", graph.name)));
        let (inputs, outputs) = (graph.inputs(), graph.outputs());
        if inputs.len() != 1 || outputs.len() != 1 {
            return wrong(format!("has {} inputs and {} outputs; expected one input and one output", inputs.len(), outputs.len()));
        }
        let (needed, found) = (self.outputs(), outputs[0].shape);
        if found.is_ids() || found.dims() != [needed] {
            return wrong(format!("has the output {found}; the data have {}, which take an output [{needed}]", self.described()));
        }
        Ok(())
    }

    /// `3 classes`
    pub(crate) fn described(&self) -> String {
        let count = self.outputs();
        let (one, many) = match self {
            Self::Classes(_) => ("class", "classes"),
            Self::Numbers(_) => ("number to predict", "numbers to predict"),
            Self::Labels(_) => ("label", "labels"),
        };
        format!("{count} {}", if count == 1 { one } else { many })
    }

    /// Checks the targets of a batch.
    pub(super) fn fits(&self, targets: &Targets, rows: usize) -> Result<(), DataError> {
        let needed = self.outputs();
        let wrong = |found: String| Err(DataError::Batch { expected: format!("targets of {rows} rows, {}", self.described()), found });
        match (self, targets) {
            (Self::Classes(names), Targets::Classes(labels)) if labels.len() == rows => {
                match labels.iter().enumerate().find(|&(_, &label)| label >= names.len()) {
                    Some((index, &label)) => Err(DataError::Label { origin: "a batch".to_owned(), index, label, classes: names.len() }),
                    None => Ok(()),
                }
            }
            (Self::Numbers(_), Targets::Numbers(numbers)) if numbers.shape() == [rows, needed] => Ok(()),
            (Self::Labels(_), Targets::Labels(labels)) if labels.shape() == [rows, needed] => Ok(()),
            (_, Targets::Classes(labels)) => wrong(format!("{} classes", labels.len())),
            (_, Targets::Numbers(numbers)) => wrong(format!("{} numbers", crate::data::sizes(numbers.shape()))),
            (_, Targets::Labels(labels)) => wrong(format!("{} labels", crate::data::sizes(labels.shape()))),
        }
    }

    /// The mean loss of a batch, and its weight in the mean over batches.
    pub(super) fn try_loss<D: Backend<f32>, T: Tape<f32, D>>(
        &self,
        outputs: Outputs<D, T>,
        targets: &Targets,
        criterion: &Criterion,
    ) -> Result<Weighted<D, T>, TrainError> {
        let (device, rows) = (outputs.device().clone(), outputs.shape().0);
        let upload = |numbers: Vec<f32>| layercake::upload(&device, numbers, (rows, self.outputs())).on_device();
        match targets {
            Targets::Classes(labels) => Ok((criterion.try_mean(outputs, labels).on_device()?, criterion.weight(labels))),
            Targets::Numbers(numbers) => Ok((Mse.try_mean(outputs, upload(numbers.as_slice().to_vec())?).on_device()?, rows as f64)),
            Targets::Labels(labels) => {
                let numbers = labels.as_slice().iter().map(|&label| f32::from(u8::from(label))).collect();
                Ok((BceWithLogits::default().try_mean(outputs, upload(numbers)?).on_device()?, rows as f64))
            }
        }
    }

    /// The metrics of all rows.
    pub(super) fn metrics(&self, outputs: &[f32], targets: &Targets) -> Metrics {
        let count = self.outputs();
        match (self, targets) {
            (Self::Numbers(scales), Targets::Numbers(truth)) => number_metrics(scales, outputs, truth),
            (_, Targets::Labels(labels)) => {
                let labels = labels.as_slice();
                let metrics = Metrics::new()
                    .with("accuracy", multi_label_accuracy(outputs, labels))
                    .with("f1", multi_label_f1(outputs, labels, count));
                with(metrics, "auroc", multi_label_auroc(outputs, labels, count))
            }
            (_, Targets::Classes(labels)) => {
                let confusion = confusion(outputs, labels, count);
                let metrics = Metrics::new().with("accuracy", confusion.accuracy()).with("f1", confusion.macro_f1());
                let top = (count >= TOP_FIVE).then(|| top_k_accuracy(outputs, labels, 5));
                with(with(metrics, "auroc", class_auroc(outputs, count, labels)), "top_5_accuracy", top)
            }
            (_, Targets::Numbers(_)) => Metrics::new(),
        }
    }
}

fn with(metrics: Metrics, name: &str, value: Option<f64>) -> Metrics {
    value.map_or(metrics.clone(), |value| metrics.with(name, value))
}

pub(super) fn confusion(outputs: &[f32], labels: &[usize], classes: usize) -> ConfusionMatrix {
    let mut confusion = ConfusionMatrix::new(classes);
    confusion.count_classes(&argmax(outputs, classes), labels, None);
    confusion
}

/// In the units of the targets. With several, R2 is given for each as well.
fn number_metrics(scales: &[NumberTarget], outputs: &[f32], truth: &Array<f32>) -> Metrics {
    let count = scales.len();
    let restored = |numbers: &[f32]| -> Vec<f32> {
        let scales = scales.iter().cycle();
        numbers.iter().zip(scales).map(|(&number, scale)| scale.restored(number) as f32).collect()
    };
    let (predicted, truth) = (restored(outputs), restored(truth.as_slice()));
    let mut metrics = Metrics::new()
        .with("mae", mean_absolute_error(&predicted, &truth, count))
        .with("rmse", root_mean_squared_error(&predicted, &truth, count))
        .with("r2", r2_score(&predicted, &truth, count));
    if count > 1 {
        for (at, scale) in scales.iter().enumerate() {
            let of = |numbers: &[f32]| -> Vec<f32> { numbers.iter().skip(at).step_by(count).copied().collect() };
            metrics.set(&format!("r2_{}", scale.name), r2_score(&of(&predicted), &of(&truth), 1));
        }
    }
    metrics
}

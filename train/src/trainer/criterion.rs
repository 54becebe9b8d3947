//! The loss of a classifier.

use layercake::dfdx::shapes::ReduceShape;
use layercake::loss::{CrossEntropy, Hinge, Loss};
use layercake::prelude::*;

use crate::TrainError;

/// The loss of a classifier.
#[derive(Clone, Debug, PartialEq)]
pub enum Criterion {
    /// Softmax cross entropy, with label smoothing and class weights.
    CrossEntropy(CrossEntropy),
    /// Multi-class hinge loss: with one linear layer, a linear support vector machine.
    Hinge(Hinge),
}

impl Criterion {
    /// The mean loss, or 0 if the total weight is 0.
    pub(super) fn try_mean<S, D: Backend<f32>, T: Tape<f32, D>>(
        &self,
        scores: Tensor<S, f32, D, T>,
        labels: &[usize],
    ) -> Result<Tensor<Rank0, f32, D, T>, D::Err>
    where
        S: Shape + ReduceShape<Axis<1>>,
    {
        match self {
            Self::CrossEntropy(criterion) if label_weight(criterion, labels) == 0.0 => criterion.try_sum(scores, labels),
            Self::CrossEntropy(criterion) => criterion.try_mean(scores, labels),
            Self::Hinge(criterion) => criterion.try_mean(scores, labels),
        }
    }

    /// The weight of these labels in the mean.
    pub(super) fn weight(&self, labels: &[usize]) -> f64 {
        match self {
            Self::CrossEntropy(criterion) => label_weight(criterion, labels),
            Self::Hinge(_) => labels.len() as f64,
        }
    }

    /// The ignored label.
    pub(super) fn ignored(&self) -> Option<usize> {
        match self {
            Self::CrossEntropy(criterion) => criterion.ignore_index,
            Self::Hinge(_) => None,
        }
    }

    /// The loss of a network that gives every class the same score: the logarithm of their number; for the hinge loss, the margin for each wrong class.
    pub(super) fn of_chance(&self, classes: usize) -> f64 {
        match self {
            Self::CrossEntropy(_) => (classes as f64).ln(),
            Self::Hinge(Hinge { margin, squared }) => margin.powi(if *squared { 2 } else { 1 }) * (classes as f64 - 1.0),
        }
    }

    /// Checks the options for this number of classes.
    pub(super) fn check(&self, classes: usize) -> Result<(), TrainError> {
        let wrong = |reason: String| Err(TrainError::Setting(format!("the criterion: {reason}")));
        match self {
            Self::CrossEntropy(CrossEntropy { weight, label_smoothing, .. }) => {
                if !weight.is_empty() && weight.len() != classes {
                    return wrong(format!("expected {classes} class weights, found {}", weight.len()));
                }
                if let Some(bad) = weight.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
                    return wrong(format!("the class weight {bad} is invalid; expected a finite number of at least 0"));
                }
                if !(0.0..=1.0).contains(label_smoothing) {
                    return wrong(format!("`label_smoothing` is {label_smoothing}; expected a number in 0..=1"));
                }
            }
            Self::Hinge(Hinge { margin, .. }) if !margin.is_finite() => {
                return wrong(format!("`margin` is {margin}; expected a finite number"));
            }
            Self::Hinge(_) => {}
        }
        Ok(())
    }
}

/// The weight of a batch under a cross entropy: the sum of the class weights of its labels, without ignored ones. Use it with
/// [`Step::with_weight`](super::Step::with_weight).
pub fn label_weight(criterion: &CrossEntropy, labels: &[usize]) -> f64 {
    let counted = labels.iter().filter(|&&label| Some(label) != criterion.ignore_index);
    counted.map(|&label| if criterion.weight.is_empty() { 1.0 } else { criterion.weight.get(label).copied().unwrap_or(0.0) }).sum()
}

/// Plain cross entropy.
impl Default for Criterion {
    fn default() -> Self {
        Self::CrossEntropy(CrossEntropy::default())
    }
}

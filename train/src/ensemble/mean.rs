//! The mean of predictions.

use crate::data::Targets;
use crate::metrics::softmax;
use crate::{Goal, Predictions, TrainError};

/// The smallest probability whose logarithm is taken.
const LEAST: f64 = 1e-30;

/// The sum of what networks predict for the same samples: probabilities, or numbers in the units of the targets.
pub(super) struct Mean<'a> {
    goal: &'a Goal,
    sum: Vec<f64>,
    count: usize,
    targets: Option<Targets>,
}

impl<'a> Mean<'a> {
    /// The mean of nothing, of networks with this goal.
    pub fn new(goal: &'a Goal) -> Self {
        Self { goal, sum: Vec::new(), count: 0, targets: None }
    }

    /// Adds the predictions of a network.
    pub fn add(&mut self, goal: &Goal, found: Predictions) -> Result<(), TrainError> {
        let outputs = goal.outputs();
        let values: Vec<f64> = match (self.goal, goal) {
            (Goal::Classes(all), Goal::Classes(other)) if all == other => {
                found.outputs.chunks_exact(outputs.max(1)).flat_map(softmax).collect()
            }
            (Goal::Labels(all), Goal::Labels(other)) if all == other => found.outputs.iter().map(|&logit| sigmoid(logit)).collect(),
            (Goal::Numbers(all), Goal::Numbers(other)) if all.iter().map(|t| &t.name).eq(other.iter().map(|t| &t.name)) => {
                found.outputs.iter().zip(other.iter().cycle()).map(|(&output, target)| target.restored(output)).collect()
            }
            (all, other) => {
                let (all, other) = (all.described(), other.described());
                let text = format!("the checkpoints do not predict the same: one has {all}, another one {other}, or other names");
                return Err(TrainError::Setting(text));
            }
        };
        match &self.targets {
            None => (self.sum, self.targets) = (vec![0.0; values.len()], Some(found.targets)),
            Some(targets) if *targets == found.targets => {}
            Some(_) => {
                return Err(TrainError::Setting(
                    "the checkpoints have different test samples; name the same for all with `--data`".to_owned(),
                ));
            }
        }
        self.sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        self.count += 1;
        Ok(())
    }

    /// The mean, as outputs of one network that predicts it.
    pub fn predictions(self) -> Result<Predictions, TrainError> {
        let Some(targets) = self.targets else { return Err(TrainError::Test("no samples".to_owned())) };
        let mean = self.sum.iter().map(|sum| sum / self.count as f64);
        let outputs: Vec<f64> = match self.goal {
            Goal::Classes(_) => mean.map(|p| p.max(LEAST).ln()).collect(),
            Goal::Labels(_) => mean.map(|p| (p.max(LEAST) / (1.0 - p).max(LEAST)).ln()).collect(),
            Goal::Numbers(scales) => mean.zip(scales.iter().cycle()).map(|(number, scale)| f64::from(scale.standardized(number))).collect(),
        };
        let loss = loss(&outputs, &targets, self.goal.outputs());
        Ok(Predictions { outputs: outputs.into_iter().map(|output| output as f32).collect(), targets, loss })
    }
}

fn sigmoid(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

/// The mean loss: that of [`Goal`] on logarithms of probabilities.
fn loss(outputs: &[f64], targets: &Targets, count: usize) -> f64 {
    let losses: Vec<f64> = match targets {
        Targets::Classes(labels) => labels.iter().enumerate().map(|(row, label)| -outputs[row * count + label]).collect(),
        Targets::Labels(labels) => {
            let signed = outputs.iter().zip(labels.as_slice()).map(|(logit, &label)| if label { -logit } else { *logit });
            signed.map(|logit| logit.max(0.0) + (-logit.abs()).exp().ln_1p()).collect()
        }
        Targets::Numbers(numbers) => {
            outputs.iter().zip(numbers.as_slice()).map(|(output, &number)| (output - f64::from(number)).powi(2)).collect()
        }
    };
    losses.iter().sum::<f64>() / losses.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NumberTarget;
    use crate::data::Array;

    fn found(outputs: &[f32], targets: Targets) -> Predictions {
        Predictions { outputs: outputs.to_vec(), targets, loss: f64::NAN }
    }

    #[test]
    fn probabilities_by_hand() {
        let goal = Goal::Classes(vec!["a".to_owned(), "b".to_owned()]);
        let mut mean = Mean::new(&goal);
        // 1/2 and 1/2; then 3/4 and 1/4.
        mean.add(&goal, found(&[0.0, 0.0], Targets::Classes(vec![1]))).unwrap();
        mean.add(&goal, found(&[3f32.ln(), 0.0], Targets::Classes(vec![1]))).unwrap();
        let all = mean.predictions().unwrap();
        let p = softmax(&all.outputs);
        assert!((p[0] - 0.625).abs() < 1e-6 && (all.loss + 0.375f64.ln()).abs() < 1e-6, "{p:?} {}", all.loss);
        let other = Goal::Classes(vec!["a".to_owned(), "c".to_owned()]);
        let error = Mean::new(&goal).add(&other, found(&[0.0, 0.0], Targets::Classes(vec![1]))).unwrap_err().to_string();
        assert_eq!(error, "the checkpoints do not predict the same: one has 2 classes, another one 2 classes, or other names");

        let labels = Targets::Labels(Array::new(vec![1, 2], vec![true, false]));
        let goal = Goal::Labels(vec!["a".to_owned(), "b".to_owned()]);
        let mut mean = Mean::new(&goal);
        mean.add(&goal, found(&[0.0, 0.0], labels.clone())).unwrap();
        mean.add(&goal, found(&[3f32.ln(), 3f32.ln()], labels)).unwrap();
        let all = mean.predictions().unwrap();
        assert!((sigmoid(all.outputs[0]) - 0.625).abs() < 1e-6);
        assert!((all.loss + 0.5 * (0.625f64.ln() + 0.375f64.ln())).abs() < 1e-6, "{}", all.loss);
    }

    /// Runs on other parts of the data have other means and deviations.
    #[test]
    fn numbers_in_their_units() {
        let goal = |mean, std| Goal::Numbers(vec![NumberTarget { name: "price".to_owned(), mean, std }]);
        let (first, second) = (goal(10.0, 2.0), goal(20.0, 4.0));
        let mut mean = Mean::new(&first);
        let targets = Targets::Numbers(Array::new(vec![1, 1], vec![1.0]));
        // 12 and 16: 14, two deviations of the first from its mean.
        mean.add(&first, found(&[1.0], targets.clone())).unwrap();
        mean.add(&second, found(&[-1.0], targets)).unwrap();
        let all = mean.predictions().unwrap();
        assert_eq!((all.outputs, all.loss), (vec![2.0], 1.0));
    }
}

//! Hyperparameters of a run.

use layercake::average::Averaging;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::optim::{Adam, AdamConfig, Clip, Momentum, Sgd, SgdConfig, WeightDecay};
use layercake::prelude::*;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::data::stream;
use crate::generative::GeneratorLoss;
use crate::{LrSchedule, TrainError, Trainer, Until, hold_out};

/// Upper bound of counts: their products cannot overflow.
const MOST: usize = 1_000_000;
const MOST_WORKERS: usize = 1024;
/// Default number of validation items.
const HELD_OUT: usize = 5_000;

/// The hyperparameters of a run, as in its `config.json`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Number of epochs.
    pub epochs: usize,
    /// Items per batch.
    pub batch_size: usize,
    /// The learning rate, before the schedule.
    pub lr: f64,
    /// The learning rate schedule.
    pub schedule: LrSchedule,
    /// Weight decay: decoupled (Loshchilov and Hutter, 2019) with Adam, L2 with SGD; 0 for none.
    pub weight_decay: f64,
    /// Gradient clipping: the maximum norm of all gradients together.
    #[serde(default)]
    pub clip: Option<f64>,
    /// The decay of the exponential moving average of the parameters; `None` for no average.
    #[serde(default)]
    pub average: Option<f64>,
    /// Batches per optimizer step.
    #[serde(default = "one")]
    pub accumulate: usize,
    /// Number of validation items held out of the training data; `None` for the default of [`Recipe::held_out`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<usize>,
    /// Number of training items, drawn by the seed from those that are not held out; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_size: Option<usize>,
    /// Early stopping: ends the run when the validation metric has not improved for more than this number of epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// Restores the weights of the epoch with the best validation metric.
    #[serde(default)]
    pub restore_best: bool,
    /// Snapshots of the parameters (Huang et al., 2017, *Snapshot Ensembles*): the schedule begins again after each, so that they are different networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshots: Option<usize>,
    /// The probability of all dropout layers; `None` for the network's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropout: Option<f64>,
    /// The weight of the box loss beside the class loss, of a network that is trained by both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub box_weight: Option<f64>,
    /// The loss of the generator, of an adversarial network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator_loss: Option<GeneratorLoss>,
    /// Whether the run is a trial of a [search](crate::search), which always holds out validation items.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trial: bool,
    /// Worker threads that prepare batches. The results do not depend on it.
    #[serde(default)]
    pub workers: usize,
    /// The seed of the initial parameters, the order of the items and everything else that is random.
    pub seed: u64,
}

fn one() -> usize {
    1
}

/// Ten epochs with batches of 64, a learning rate of 1e-3 and a cosine schedule; no other options.
impl Default for Recipe {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch_size: 64,
            lr: 1e-3,
            schedule: LrSchedule::Cosine,
            weight_decay: 0.0,
            clip: None,
            average: None,
            accumulate: 1,
            validation: None,
            train_size: None,
            patience: None,
            restore_best: false,
            snapshots: None,
            dropout: None,
            box_weight: None,
            generator_loss: None,
            trial: false,
            workers: 0,
            seed: 0,
        }
    }
}

impl Recipe {
    /// Creates an Adam optimizer with the recipe's learning rate, weight decay and clipping.
    pub fn adam<M: TensorCollection<f32, D>, D: Device<f32>>(&self, model: &M) -> Adam<f32, D> {
        let weight_decay = (self.weight_decay > 0.0).then_some(WeightDecay::Decoupled(self.weight_decay));
        let mut optimizer = Adam::new(model, AdamConfig { lr: self.lr, weight_decay, ..Default::default() });
        optimizer.clip = self.clip.map(Clip::Norm);
        optimizer
    }

    /// Creates an SGD optimizer with momentum and the recipe's learning rate, weight decay and clipping.
    pub fn sgd<M: TensorCollection<f32, D>, D: Device<f32>>(&self, model: &M, momentum: f64) -> Sgd<f32, D> {
        let weight_decay = (self.weight_decay > 0.0).then_some(WeightDecay::L2(self.weight_decay));
        let momentum = (momentum > 0.0).then_some(Momentum::Classic(momentum));
        let mut optimizer = Sgd::new(model, SgdConfig { lr: self.lr, momentum, weight_decay, ..Default::default() });
        optimizer.clip = self.clip.map(Clip::Norm);
        optimizer
    }

    /// The number of validation items held out of `items` training items. Without an explicit number: 5,000 but at most a twelfth (5,000 of
    /// MNIST's 60,000) if early stopping or the best weights need validation, at most a fifth if the run is a trial of a search, otherwise 0.
    pub fn held_out(&self, items: usize) -> usize {
        let selects = self.patience.is_some() || self.restore_best;
        self.validation.unwrap_or(match (self.trial, selects) {
            (true, _) => HELD_OUT.min(items.div_ceil(5)),
            (false, true) => HELD_OUT.min(items.div_ceil(12)),
            (false, false) => 0,
        })
    }

    /// The indices of the training and the validation items among `items` items, each sorted.
    ///
    /// # Errors
    /// Returns an error if there are too few items for them.
    pub fn parts(&self, items: usize) -> Result<[Vec<usize>; 2], TrainError> {
        let [train, held] = match self.held_out(items) {
            0 => [(0..items).collect(), Vec::new()],
            held => hold_out(items, held, self.seed)?,
        };
        match self.train_size {
            Some(size) if size > train.len() => {
                Err(TrainError::Setting(format!("`--train-size {size}`: there are only {} training items", train.len())))
            }
            Some(size) => {
                let mut drawn = train;
                drawn.shuffle(&mut stream("train size", self.seed, [items as u64, 0]));
                drawn.truncate(size);
                drawn.sort_unstable();
                Ok([drawn, held])
            }
            None => Ok([train, held]),
        }
    }

    /// The number of the snapshot that is taken after an epoch; both are counted from 1.
    pub(super) fn snapshot_after(&self, epoch: usize) -> Option<usize> {
        let cycle = self.epochs / self.snapshots?;
        (cycle > 0 && epoch.is_multiple_of(cycle)).then(|| epoch / cycle)
    }

    /// Validates the hyperparameters.
    ///
    /// # Errors
    /// The first invalid hyperparameter.
    pub fn check(&self) -> Result<(), TrainError> {
        let wrong = |reason: String| Err(TrainError::Setting(reason));
        let counts = [("epochs", self.epochs, MOST), ("batch_size", self.batch_size, MOST), ("accumulate", self.accumulate, MOST)];
        if let Some((name, count, most)) = counts.into_iter().find(|(_, count, most)| !(1..=*most).contains(count)) {
            return wrong(format!("`{name}` is {count}; expected 1 to {most}"));
        }
        if self.train_size == Some(0) {
            return wrong("`train_size` is 0; expected at least 1 item".to_owned());
        }
        if let Some(count) = self.snapshots.filter(|count| *count < 2 || !self.epochs.is_multiple_of(*count)) {
            let epochs = self.epochs;
            return wrong(format!(
                "`snapshots` is {count}; expected a number from 2 on that divides the {epochs} epochs into cycles of the same length"
            ));
        }
        if self.workers > MOST_WORKERS {
            return wrong(format!("`workers` is {}; expected 0 to {MOST_WORKERS}", self.workers));
        }
        if !self.lr.is_finite() || self.lr <= 0.0 {
            return wrong(format!("`lr` is {}; expected a positive number", self.lr));
        }
        if !self.weight_decay.is_finite() || self.weight_decay < 0.0 {
            return wrong(format!("`weight_decay` is {}; expected 0 or more", self.weight_decay));
        }
        if let Some(clip) = self.clip.filter(|clip| !clip.is_finite() || *clip <= 0.0) {
            return wrong(format!("`clip` is {clip}; expected a positive number"));
        }
        if let Some(weight) = self.box_weight.filter(|weight| !weight.is_finite() || *weight <= 0.0) {
            return wrong(format!("`box_weight` is {weight}; expected a positive number"));
        }
        if let Some(dropout) = self.dropout.filter(|dropout| !(0.0..1.0).contains(dropout)) {
            return wrong(format!("`dropout` is {dropout}; expected a number of at least 0 and less than 1"));
        }
        if let Some(average) = self.average.filter(|average| !(0.0..1.0).contains(average)) {
            return wrong(format!("`average` is {average}; expected a number in 0..1"));
        }
        Ok(())
    }

    /// Creates a trainer with the recipe's options, for `batches` batches per epoch.
    pub fn trainer<'a, M, D: Storage<f32>>(&self, batches: usize) -> Trainer<'a, M, D> {
        let steps = batches.div_ceil(self.accumulate.max(1));
        let trainer = Trainer::new(Until::Epochs(self.epochs)).seed(self.seed).accumulate(self.accumulate);
        let cycle = self.epochs / self.snapshots.unwrap_or(1).max(1);
        let trainer = trainer.schedule(self.schedule.for_run(cycle.saturating_mul(steps), steps));
        match self.average {
            Some(decay) => trainer.average(Averaging::Ema { decay }),
            None => trainer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_hyperparameters() {
        let good = Recipe::default;
        good().check().unwrap();
        let nan = f64::NAN;
        let cases = [
            (Recipe { epochs: 0, ..good() }, "`epochs` is 0; expected 1 to 1000000"),
            (Recipe { batch_size: 0, ..good() }, "`batch_size` is 0; expected 1 to 1000000"),
            (Recipe { batch_size: usize::MAX, ..good() }, "`batch_size` is 18446744073709551615; expected 1 to 1000000"),
            (Recipe { train_size: Some(0), ..good() }, "`train_size` is 0; expected at least 1 item"),
            (
                Recipe { snapshots: Some(4), ..good() },
                "`snapshots` is 4; expected a number from 2 on that divides the 10 epochs into cycles of the same length",
            ),
            (Recipe { accumulate: 0, ..good() }, "`accumulate` is 0; expected 1 to 1000000"),
            (Recipe { workers: 1_000_000, ..good() }, "`workers` is 1000000; expected 0 to 1024"),
            (Recipe { lr: nan, ..good() }, "`lr` is NaN; expected a positive number"),
            (Recipe { lr: -1.0, ..good() }, "`lr` is -1; expected a positive number"),
            (Recipe { weight_decay: -0.1, ..good() }, "`weight_decay` is -0.1; expected 0 or more"),
            (Recipe { clip: Some(0.0), ..good() }, "`clip` is 0; expected a positive number"),
            (Recipe { box_weight: Some(-1.0), ..good() }, "`box_weight` is -1; expected a positive number"),
            (Recipe { average: Some(1.5), ..good() }, "`average` is 1.5; expected a number in 0..1"),
        ];
        for (recipe, says) in cases {
            assert_eq!(recipe.check().unwrap_err().to_string(), says);
        }
    }

    #[test]
    fn validation_items_are_held_out_if_needed() {
        assert_eq!(Recipe::default().held_out(60_000), 0);
        let selects = Recipe { restore_best: true, ..Default::default() };
        assert_eq!(
            (selects.held_out(60_000), selects.held_out(50_000), selects.held_out(1437), selects.held_out(1)),
            (5_000, 4_167, 120, 1)
        );
        assert_eq!(Recipe { validation: Some(7), ..selects }.held_out(60_000), 7);
        assert_eq!(Recipe { patience: Some(2), ..Default::default() }.held_out(1437), 120);
        assert_eq!(Recipe { trial: true, ..selects }.held_out(1437), 288);
    }

    #[test]
    fn snapshots_at_the_end_of_cycles() {
        let recipe = Recipe { epochs: 12, snapshots: Some(3), ..Recipe::default() };
        recipe.check().unwrap();
        let taken: Vec<Option<usize>> = (1..=12).map(|epoch| recipe.snapshot_after(epoch)).collect();
        assert_eq!(taken.iter().flatten().collect::<Vec<_>>(), [&1, &2, &3]);
        assert_eq!([taken[3], taken[7], taken[11]], [Some(1), Some(2), Some(3)]);
        assert_eq!(Recipe::default().snapshot_after(10), None);
    }

    #[test]
    fn fewer_training_items() {
        let few = Recipe { validation: Some(20), train_size: Some(30), seed: 1, ..Recipe::default() };
        let [train, held] = few.parts(100).unwrap();
        assert_eq!((train.len(), held.len()), (30, 20));
        assert!(train.is_sorted() && train.iter().all(|index| !held.contains(index)) && train[29] > 60, "{train:?}");
        assert_eq!(few.parts(100).unwrap()[0], train, "the same again");
        assert_ne!(Recipe { seed: 2, ..few }.parts(100).unwrap()[0], train);
        assert_eq!(Recipe { train_size: Some(80), ..few }.parts(100).unwrap()[0].len(), 80);
        let message = Recipe { train_size: Some(81), ..few }.parts(100).unwrap_err().to_string();
        assert_eq!(message, "`--train-size 81`: there are only 80 training items");
    }
}

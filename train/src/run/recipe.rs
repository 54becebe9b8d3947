//! How a model is trained, in numbers.

use layercake::average::Averaging;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::optim::{Adam, AdamConfig, Clip, Momentum, Sgd, SgdConfig, WeightDecay};
use layercake::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Schedule, Trainer, Until};

/// How to train, in numbers that go into a run's `config.json`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// How often each training item is seen.
    pub epochs: usize,
    /// Items in a batch.
    pub batch_size: usize,
    /// The learning rate, before the schedule.
    pub lr: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Weight decay: decoupled (Loshchilov and Hutter, 2019) with Adam, L2 with SGD; 0 for none.
    pub weight_decay: f64,
    /// The largest norm that all gradients together may have.
    #[serde(default)]
    pub clip: Option<f64>,
    /// How much an average of the parameters keeps of itself in a step; none for no average.
    #[serde(default)]
    pub average: Option<f64>,
    /// Batches to a step of the optimizer.
    #[serde(default = "one")]
    pub accumulate: usize,
    /// Threads that prepare batches. The bits do not depend on it.
    #[serde(default)]
    pub workers: usize,
    /// Seeds the first parameters, the order of the items, and all else that is random.
    pub seed: u64,
}

fn one() -> usize {
    1
}

/// Ten epochs of batches of 64 with a learning rate of 1e-3 along a cosine, and nothing else.
impl Default for Recipe {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch_size: 64,
            lr: 1e-3,
            schedule: Schedule::Cosine,
            weight_decay: 0.0,
            clip: None,
            average: None,
            accumulate: 1,
            workers: 0,
            seed: 0,
        }
    }
}

impl Recipe {
    /// Adam for a model, by the recipe's learning rate, decay and clipping.
    pub fn adam<M: TensorCollection<f32, D>, D: Device<f32>>(&self, model: &M) -> Adam<f32, D> {
        let weight_decay = (self.weight_decay > 0.0).then_some(WeightDecay::Decoupled(self.weight_decay));
        let mut optimizer = Adam::new(model, AdamConfig { lr: self.lr, weight_decay, ..Default::default() });
        optimizer.clip = self.clip.map(Clip::Norm);
        optimizer
    }

    /// SGD with momentum for a model, by the recipe's learning rate, decay and clipping.
    pub fn sgd<M: TensorCollection<f32, D>, D: Device<f32>>(&self, model: &M, momentum: f64) -> Sgd<f32, D> {
        let weight_decay = (self.weight_decay > 0.0).then_some(WeightDecay::L2(self.weight_decay));
        let momentum = (momentum > 0.0).then_some(Momentum::Classic(momentum));
        let mut optimizer = Sgd::new(model, SgdConfig { lr: self.lr, momentum, weight_decay, ..Default::default() });
        optimizer.clip = self.clip.map(Clip::Norm);
        optimizer
    }

    /// A trainer by the recipe, for epochs of so many batches.
    pub fn trainer<'a, M, D: Storage<f32>>(&self, batches: usize) -> Trainer<'a, M, D> {
        let steps = batches.div_ceil(self.accumulate);
        let trainer = Trainer::new(Until::Epochs(self.epochs)).seed(self.seed).accumulate(self.accumulate);
        let trainer = trainer.schedule(self.schedule.over(self.epochs * steps, steps));
        match self.average {
            Some(decay) => trainer.average(Averaging::Exponential { decay }),
            None => trainer,
        }
    }
}

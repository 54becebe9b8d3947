//! A network that follows another one at a distance.

use std::path::Path;

use layercake::average::{AveragedModel, Averaging};
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::io::{load_safetensors, save_safetensors};
use layercake::prelude::*;
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::error::OnDevice;

/// How a target network follows: `target = keep * target + (1 - keep) * network`, after every `every` steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Follow {
    /// Steps between updates.
    pub every: usize,
    /// The share of the target's own weights that stays: 0 for a copy (Mnih et al., 2015), 0.995 for a soft update (Lillicrap et al., 2016).
    pub keep: f64,
}

impl Follow {
    /// A copy after this number of steps.
    pub const fn copy(every: usize) -> Self {
        Self { every, keep: 0.0 }
    }

    /// A soft update after each step; `tau` is the share of the network.
    pub const fn soft(tau: f64) -> Self {
        Self { every: 1, keep: 1.0 - tau }
    }

    /// Checks the options.
    pub(crate) fn check(self) -> Result<(), TrainError> {
        if self.every > 0 && (0.0..1.0).contains(&self.keep) {
            return Ok(());
        }
        let Self { every, keep } = self;
        let reason = format!("a target network with `every` {every} and `keep` {keep}; expected at least 1, and a number in 0..1");
        Err(TrainError::Setting(reason))
    }
}

/// A network whose weights follow those of another by path. It is used without gradients: as the target of Q-learning, or as the average of a generator.
#[derive(Clone, Debug)]
pub struct TargetNetwork<M> {
    average: AveragedModel<M>,
    follow: Follow,
}

impl<M: Clone> TargetNetwork<M> {
    /// Begins with a copy of the network.
    pub fn new(network: &M, follow: Follow) -> Self {
        Self::of(network.clone(), follow)
    }

    /// The first update of a new average is a copy, so this one counts as one that had an update.
    fn of(target: M, follow: Follow) -> Self {
        Self { average: AveragedModel::resumed(target, Averaging::Ema { decay: follow.keep }, 1), follow }
    }

    /// The network with the weights of the target.
    pub fn network(&self) -> &M {
        &self.average.model
    }

    /// Follows the network, which has taken `steps` steps, if an update is due. Call it once for each step.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn follow<D: Device<f32>>(&mut self, network: &M, steps: usize) -> Result<(), TrainError>
    where
        M: TensorCollection<f32, D>,
    {
        if steps.is_multiple_of(self.follow.every) { self.average.try_update(network).on_device() } else { Ok(()) }
    }

    /// Saves the weights as a safetensors file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn save<D: Device<f32>>(&self, path: &Path) -> Result<(), TrainError>
    where
        M: TensorCollection<f32, D>,
    {
        Ok(save_safetensors(&self.average.model, path)?)
    }

    /// Reads the weights that [`TargetNetwork::save`] wrote. `network` is any network of the same type.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or belongs to another network.
    pub fn load<D: Device<f32>>(network: &M, follow: Follow, path: &Path) -> Result<Self, TrainError>
    where
        M: TensorCollection<f32, D>,
    {
        let mut target = network.clone();
        load_safetensors(&mut target, path)?;
        Ok(Self::of(target, follow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    network! { One: [1] -> [1] { fc: Linear(1, bias = false) } }

    fn set(net: &mut One, weight: f32) {
        net.for_each_tensor_mut(|mut tensor| tensor.copy_from(&[weight]));
    }

    fn weight(net: &One) -> f32 {
        net.named_tensors()[0].to_vec()[0]
    }

    /// A copy after every step is the network, also for its passes; one after every third lags behind.
    #[test]
    fn a_copy_has_the_outputs_of_the_network() {
        network! { Two: [3] -> [2] { fc1: Linear(16), ReLU, fc2: Linear(2) } }
        let device = Cpu::seed_from_u64(1);
        let mut net = Two::new(&device);
        let mut optimizer = layercake::optim::Adam::new(&net, layercake::optim::AdamConfig { lr: 0.1, ..Default::default() });
        let (mut close, mut late) = (TargetNetwork::new(&net, Follow::copy(1)), TargetNetwork::new(&net, Follow::copy(3)));
        let x: Tensor<Rank2<5, 3>, f32, Cpu> = device.sample_normal();
        let mut before = net.forward(x.clone()).array();
        for step in 0..6 {
            close.follow(&net, step).unwrap();
            late.follow(&net, step).unwrap();
            let now = net.forward(x.clone()).array();
            if step % 3 == 0 {
                before = now;
            }
            assert_eq!(
                (close.network().forward(x.clone()).array(), late.network().forward(x.clone()).array()),
                (now, before),
                "step {step}"
            );
            let mut gradients = net.forward_train(x.clone(), net.alloc_grads()).square().mean().backward();
            optimizer.step(&mut net, &mut gradients).unwrap();
            assert_ne!(net.forward(x.clone()).array(), now);
        }
    }

    #[test]
    fn hard_and_soft_by_hand() {
        let mut net = One::new(&Cpu::seed_from_u64(0));
        set(&mut net, 8.0);
        let (mut hard, mut soft) = (TargetNetwork::new(&net, Follow::copy(2)), TargetNetwork::new(&net, Follow::soft(0.25)));
        let mut seen = Vec::new();
        for step in 0..4 {
            hard.follow(&net, step).unwrap();
            soft.follow(&net, step).unwrap();
            seen.push((weight(hard.network()), weight(soft.network())));
            set(&mut net, step as f32);
        }
        // The networks of steps 0 to 3 are 8, 0, 1, 2; the soft one keeps three quarters of itself.
        assert_eq!(seen, [(8.0, 8.0), (8.0, 6.0), (1.0, 4.75), (1.0, 4.0625)]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target.safetensors");
        soft.save(&path).unwrap();
        let mut again = TargetNetwork::load(&net, Follow::soft(0.25), &path).unwrap();
        again.follow(&net, 4).unwrap();
        soft.follow(&net, 4).unwrap();
        assert_eq!((weight(again.network()), weight(soft.network())), (3.796875, 3.796875));
        assert_eq!(weight(&net), 3.0);
        for follow in [Follow::copy(0), Follow { every: 1, keep: 1.0 }, Follow { every: 1, keep: f64::NAN }] {
            assert!(follow.check().is_err(), "{follow:?}");
        }
    }
}

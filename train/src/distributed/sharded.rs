//! An optimizer whose state is divided among the ranks.

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::optim::{Optim, Rule};
use layercake::prelude::*;

use super::World;
use crate::TrainError;
use crate::error::OnDevice;

impl World {
    /// Lets an optimizer keep this rank's part of the state.
    pub(crate) fn shard<R: Rule, M: TensorCollection<f32, D>, D: Device<f32>>(
        &self,
        optimizer: &mut Optim<R, f32, D>,
        model: &M,
    ) -> Result<(), TrainError> {
        let wrong = |error| TrainError::Setting(format!("a world that shards the optimizer: {error}"));
        optimizer.share(model, self.rank(), self.size()).map_err(wrong)
    }

    /// Completes the parameters after a step, of which each rank has made its part.
    pub(crate) fn exchange<R: Rule, M: TensorCollection<f32, D>, D: Device<f32>>(
        &self,
        optimizer: &Optim<R, f32, D>,
        model: &mut M,
    ) -> Result<(), TrainError> {
        optimizer.exchange(model, self.size(), &mut |numbers, bounds| self.complete(numbers, bounds)).on_device()
    }

    /// The optimizer with the state of all ranks, or without any if this rank does not keep it.
    pub(crate) fn whole<R: Rule, D: Device<f32>>(&self, optimizer: &Optim<R, f32, D>, keep: bool) -> Optim<R, f32, D> {
        optimizer.whole(keep, &mut |own| self.gather(own).concat())
    }
}

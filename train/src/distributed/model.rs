//! Models and gradients across ranks.

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::prelude::*;

use super::{HASH, World, hash};
use crate::TrainError;

impl World {
    /// Gives all ranks the parameters and buffers of rank 0's model.
    pub fn broadcast_model<M: TensorCollection<f32, D>, D: Device<f32>>(&self, model: &mut M) {
        if self.size() == 1 {
            return;
        }
        model.for_each_tensor_mut(|mut tensor| {
            let mut numbers = tensor.to_vec();
            self.broadcast(&mut numbers);
            tensor.copy_from(&numbers);
        });
    }

    /// Checks that all ranks have the same model, to the bit.
    ///
    /// # Errors
    /// Returns an error that names the first rank whose model differs from that of rank 0.
    pub fn must_have_equal_models<M: TensorCollection<f32, D>, D: Device<f32>>(&self, model: &M) -> Result<(), TrainError> {
        if self.size() == 1 {
            return Ok(());
        }
        self.must_be_equal(&[("parameters", fingerprint(model))])
    }
}

/// A hash of all parameters and buffers.
fn fingerprint<M: TensorCollection<f32, D>, D: Device<f32>>(model: &M) -> String {
    format!("{:016x}", model.named_tensors().iter().fold(HASH, |sum, tensor| hash(sum, &tensor.to_vec())))
}

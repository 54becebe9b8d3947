//! Losses of few out of many predictions: all have a target and a weight, which is 0 for those that do not count.

use layercake::dfdx::shapes::Shape;
use layercake::dfdx::tensor_ops::{SumTo, TryMul};
use layercake::loss::Loss;
use layercake::prelude::*;
use layercake_train::{TapedLoss, TrainError};

use crate::tasks::on_device;

/// What is to be predicted, and how much each prediction counts.
#[derive(Clone, Debug)]
pub struct Targets {
    pub values: Vec<f32>,
    pub weights: Vec<f32>,
}

impl Targets {
    /// Of nothing that counts.
    pub fn none(count: usize) -> Self {
        Self { values: vec![0.0; count], weights: vec![0.0; count] }
    }

    pub fn set(&mut self, index: usize, value: f32, weight: f32) {
        self.values[index] = value;
        self.weights[index] = weight;
    }

    /// The weighted sum of the losses.
    pub fn loss<S, D, L>(self, loss: &L, prediction: Tensor<S, f32, D, OwnedTape<f32, D>>, device: &D) -> Result<TapedLoss<D>, TrainError>
    where
        S: Shape,
        D: Backend<f32>,
        L: Loss<Tensor<S, f32, D, OwnedTape<f32, D>>, Tensor<S, f32, D>, Each = Tensor<S, f32, D, OwnedTape<f32, D>>>,
        L::Err: 'static,
    {
        let shape = *prediction.shape();
        let values = on_device(layercake::upload(device, self.values, shape))?;
        let weights = on_device(layercake::upload(device, self.weights, shape))?;
        let each = on_device(loss.try_each(prediction, values))?;
        on_device(on_device(each.try_mul(weights))?.try_sum())
    }
}

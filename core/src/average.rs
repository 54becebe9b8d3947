//! Averages of a model's parameters over training, and of the predictions of several models.

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::Shape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::{Device, TryAdd, TryMul};
use serde::{Deserialize, Serialize};

use crate::Scalar;
use crate::host::number;
use crate::model::any_tensor::{AnyTensor, each_mut};
use crate::model::{Model, Named};

/// The kind of parameter average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Averaging {
    /// Exponential moving average: `average = decay * average + (1 - decay) * parameter` (Polyak and Juditsky, 1992).
    Ema {
        /// The weight of the old average in an update.
        decay: f64,
    },
    /// Stochastic weight averaging: the mean of all updates (Izmailov et al., 2018).
    Swa,
}

/// A model whose parameters are the average of another model's over time; PyTorch's `AveragedModel`. Buffers, such as running means, are those
/// of the last update.
///
/// ```
/// use layercake::average::{AveragedModel, Averaging};
/// use layercake::prelude::*;
///
/// network! { Net: [2] -> [1] { fc: Linear(1) } }
///
/// let mut net = Net::new(&Cpu::seed_from_u64(0));
/// let mut average = AveragedModel::new(&net, Averaging::Ema { decay: 0.99 });
/// // After each step:
/// average.update(&net);
/// // For evaluation, swap the averages into the network and back:
/// average.swap(&mut net);
/// average.swap(&mut net);
/// // To keep: io::save_safetensors(&average.model, path)
/// ```
#[derive(Clone, Debug)]
pub struct AveragedModel<M> {
    /// The average.
    pub model: M,
    averaging: Averaging,
    updates: u64,
}

impl<M: Clone> AveragedModel<M> {
    /// Creates an average that starts with a copy of the model.
    pub fn new(model: &M, averaging: Averaging) -> Self {
        Self { model: model.clone(), averaging, updates: 0 }
    }

    /// Restores an average from its model and number of updates.
    pub fn resumed(average: M, averaging: Averaging, updates: u64) -> Self {
        Self { model: average, averaging, updates }
    }

    /// Updates the average with the model's parameters. The first call copies them.
    ///
    /// # Panics
    /// Panics if the device is out of memory.
    pub fn update<E: Scalar, D: Device<E>>(&mut self, model: &M)
    where
        M: TensorCollection<E, D>,
    {
        self.try_update(model).unwrap_or_else(|error| panic!("{error}"));
    }

    /// [`AveragedModel::update`], fallible.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn try_update<E: Scalar, D: Device<E>>(&mut self, model: &M) -> Result<(), D::Err>
    where
        M: TensorCollection<E, D>,
    {
        let keep = match self.averaging {
            _ if self.updates == 0 => 0.0,
            Averaging::Ema { decay } => decay,
            Averaging::Swa => self.updates as f64 / (self.updates + 1) as f64,
        };
        // Both walks meet the same tensors in the same order.
        let mut tensors = model.named_tensors().into_iter();
        each_mut(&mut self.model, |place, average| {
            let tensor = tensors.next().filter(|tensor| tensor.path() == place.path);
            update(average, tensor.expect("the average has the model's tensors"), keep)
        })?;
        self.updates += 1;
        Ok(())
    }

    /// Swaps the average with the model's parameters without copying. Call it again to swap back.
    pub fn swap(&mut self, model: &mut M) {
        std::mem::swap(&mut self.model, model);
    }
}

/// Updates the average of one tensor.
fn update<E: Scalar, D: Device<E>>(average: &mut dyn AnyTensor<E, D>, tensor: Named<E, D>, keep: f64) -> Result<(), D::Err> {
    let keep = if tensor.is_trained() { keep } else { 0.0 };
    let tensor = tensor.into_value();
    if keep == 0.0 {
        // Not by arithmetic: 0 times NaN would remain.
        return average.slot().set(tensor);
    }
    // dfdx requires the same memory layout.
    if !average.is_in_order()? {
        let contiguous = average.value()?;
        average.slot().set(contiguous)?;
    }
    average.axpy(keep, tensor, 1.0 - keep)
}

/// An ensemble of models whose predictions are averaged: different models, or snapshots of one (Huang et al., 2017).
///
/// ```
/// use layercake::average::Ensemble;
/// use layercake::prelude::*;
///
/// network! { Net: [2] -> [3] { fc: Linear(3) } }
///
/// let device = Cpu::seed_from_u64(0);
/// let ensemble = Ensemble { members: vec![Net::new(&device), Net::new(&device)] };
/// let x: Tensor<(usize, Const<2>), f32, _> = device.sample_normal_like(&(4, Const));
/// // Probabilities are averaged, not logits.
/// let p = ensemble.predict(|net| net.forward(x.clone()).softmax::<Axis<1>>());
/// assert_eq!(p.shape().concrete(), [4, 3]);
/// ```
#[derive(Clone, Debug)]
pub struct Ensemble<M> {
    /// The models.
    pub members: Vec<M>,
}

/// An empty ensemble.
impl<M> Default for Ensemble<M> {
    fn default() -> Self {
        Self { members: Vec::new() }
    }
}

impl<M> Ensemble<M> {
    /// The mean of the members' predictions.
    ///
    /// # Panics
    /// Panics if there are no members, or if the device is out of memory.
    pub fn predict<S: Shape, E: Scalar, D: Device<E>>(&self, predict: impl FnMut(&M) -> Tensor<S, E, D>) -> Tensor<S, E, D> {
        mean(self.members.iter().map(predict)).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// The mean of tensors of one shape.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if there are no tensors.
pub fn mean<S: Shape, E: Scalar, D: Device<E>>(tensors: impl IntoIterator<Item = Tensor<S, E, D>>) -> Result<Tensor<S, E, D>, D::Err> {
    let mut tensors = tensors.into_iter();
    let mut sum = tensors.next().expect("at least one tensor");
    let mut count = 1.0;
    for tensor in tensors {
        sum = sum.try_add(tensor)?;
        count += 1.0;
    }
    sum.try_mul(number::<E>(1.0 / count))
}

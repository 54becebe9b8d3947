//! Averages of a model's parameters over training, and of the predictions of several models.

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::Shape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::{Device, TryAdd, TryMul};
use serde::{Deserialize, Serialize};

use crate::Scalar;
use crate::device_error::DeviceError;
use crate::host::number;
use crate::model::any_tensor::{AnyTensor, each_mut};
use crate::model::copy::sources;
use crate::model::{CopyError, Model, Named};

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
        #[cfg(feature = "cuda")]
        let mut on_gpu = crate::cuda::follow::Follow::new(keep);
        // Both walks meet the same tensors in the same order.
        let mut tensors = model.named_tensors().into_iter();
        each_mut(&mut self.model, |place, average| {
            let tensor = tensors.next().filter(|tensor| tensor.path() == place.path).expect("the average has the model's tensors");
            #[cfg(feature = "cuda")]
            if on_gpu.takes(average, &tensor)? {
                return Ok(());
            }
            update(average, tensor, keep)
        })?;
        #[cfg(feature = "cuda")]
        on_gpu.launch()?;
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

/// Moves tensors of a model towards those of another one: `target = keep * target + (1 - keep) * source`, with a `keep` of 0 a copy. `from` gives the path of the source
/// for each path of the target, or `None` to leave a tensor as it is, as in [`copy_tensors`](crate::model::copy_tensors). Buffers, such as running means, are copied.
/// Returns the number of tensors that moved. The two may be parts of one model, of which `source` is a clone.
///
/// ```
/// use layercake::average::average_tensors;
/// use layercake::prelude::*;
///
/// network! { Net: [2] -> [1] { fc: Linear(1) } }
///
/// #[derive(Clone, Debug, Model)]
/// struct Both<E: Dtype = f32, D: Storage<E> = Cpu> {
///     online: Net<E, D>,
///     target: Net<E, D>,
/// }
///
/// let mut both = Both::new(&Cpu::seed_from_u64(0));
/// let source = both.clone();
/// let moved = average_tensors(&mut both, &source, 0.0, |path| Some(format!("online.{}", path.strip_prefix("target.")?)))?;
/// assert_eq!(moved, 2);
/// assert_eq!(both.target.fc.weight.array(), both.online.fc.weight.array());
/// # Ok::<(), layercake::average::AverageError>(())
/// ```
///
/// # Errors
/// Returns an error if a path of the source does not exist, the shapes differ, or the device is out of memory.
pub fn average_tensors<M, N, E: Scalar, D: Device<E>>(
    target: &mut M,
    source: &N,
    keep: f64,
    from: impl Fn(&str) -> Option<String>,
) -> Result<usize, AverageError>
where
    M: TensorCollection<E, D>,
    N: TensorCollection<E, D>,
{
    let mut sources = sources(target, source, from)?;
    let count = sources.len();
    each_mut(target, |place, tensor| match sources.remove(place.path) {
        // Not by arithmetic: 0 times NaN would remain. Not by sharing the memory either: both may be parts of one model, whose gradients dfdx tells apart by it.
        Some(source) if keep == 0.0 || !source.is_trained() => tensor.write(&source.to_vec()),
        Some(source) => update(tensor, source, keep),
        None => Ok(()),
    })
    .map_err(|error: D::Err| AverageError::Device(DeviceError::of(&error)))?;
    Ok(count)
}

/// Why tensors cannot be averaged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AverageError {
    /// A tensor has no source of its shape.
    #[error(transparent)]
    Source(#[from] CopyError),
    /// The device failed.
    #[error(transparent)]
    Device(DeviceError),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    network! {
        Small: [2] -> [2] { fc: Linear(2), norm: BatchNorm1d }
        Pair: [2] -> [2] { online: Small, target: Small }
    }

    fn set(pair: &mut Pair, online: f32, target: f32) {
        pair.for_each_tensor_mut(|mut tensor| {
            let value = if tensor.path().starts_with("online.") { online } else { target };
            let count = tensor.shape().iter().product();
            tensor.copy_from(&vec![value; count]);
        });
    }

    fn online(path: &str) -> Option<String> {
        Some(format!("online.{}", path.strip_prefix("target.")?))
    }

    /// Parameters move by a share, buffers are copied, and the source stays.
    #[test]
    fn a_part_follows_another_part_of_its_model() {
        let mut pair = Pair::new(&Cpu::seed_from_u64(0));
        set(&mut pair, 8.0, 4.0);
        let source = pair.clone();
        // Weight, bias, scale, shift, mean and variance.
        assert_eq!(average_tensors(&mut pair, &source, 0.75, online).unwrap(), 6);
        for tensor in pair.named_tensors() {
            let expected = match (tensor.path().starts_with("online."), tensor.is_trained()) {
                (false, true) => 5.0,
                _ => 8.0,
            };
            assert!(tensor.to_vec().iter().all(|&x| x == expected), "{}: {:?}", tensor.path(), tensor.to_vec());
        }
        // A copy does not keep what cannot be computed with, and is a tensor of its own: its gradient is not that of the source.
        set(&mut pair, 2.0, f32::NAN);
        let source = pair.clone();
        average_tensors(&mut pair, &source, 0.0, online).unwrap();
        assert!(pair.named_tensors().iter().all(|tensor| tensor.to_vec().iter().all(|&x| x == 2.0)));
        let x: Tensor<Rank2<3, 2>, f32, _> = pair.online.fc.weight.device().sample_normal();
        let mut gradients = pair.online.forward_mut(x.leaky_traced()).exp().sum().backward();
        for (path, gradient) in crate::gradient::named_gradients(&pair, &mut gradients).unwrap() {
            let has = gradient.iter().any(|&g| g != 0.0);
            assert!(if path.starts_with("target.") { !has } else { has || path.ends_with("fc.bias") }, "{path}: {gradient:?}");
        }
    }

    #[test]
    fn refused() {
        let mut pair = Pair::new(&Cpu::seed_from_u64(0));
        let source = pair.clone();
        let message = |error: AverageError| error.to_string();
        let error = message(average_tensors(&mut pair, &source, 0.5, |path| Some(format!("other.{path}"))).unwrap_err());
        assert_eq!(error, "`online.fc.weight` is to be copied from `other.online.fc.weight`, which does not exist");
        let swapped = |path: &str| (path == "target.fc.weight").then(|| "online.fc.bias".to_owned());
        let error = message(average_tensors(&mut pair, &source, 0.5, swapped).unwrap_err());
        assert_eq!(error, "`target.fc.weight` [2, 2] cannot be copied from `online.fc.bias` [2]");
    }
}

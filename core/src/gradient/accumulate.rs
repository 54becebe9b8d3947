//! Gradient accumulation.

use dfdx::nn::ZeroGrads;
use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::Rank0;
use dfdx::tensor::{Gradients, OwnedTape, Tensor};
use dfdx::tensor_ops::{Backward, Device, TryMul};

use crate::Scalar;
use crate::host::number;

/// Sums the gradients of several micro-batches, weighted so that their sum is the gradient of the mean loss over all of them. The result is that of
/// one large batch, which need not fit into memory, except for the order of the sums. Batch normalization uses the statistics of each micro-batch.
///
/// Use [`add`](Accumulation::add) for micro-batches of equal size. If the sizes differ, because the last batch of an epoch is smaller or classes have
/// weights, pass the denominator of each loss to [`Accumulation::add_weighted`], and step by [`Accumulation::factor`]: `optimizer.step_scaled(&mut
/// net, accumulation.gradients(), factor)`. The same holds for a step with fewer micro-batches than usual.
///
/// ```
/// use layercake::gradient::Accumulation;
/// use layercake::optim::{Sgd, SgdConfig};
/// use layercake::prelude::*;
///
/// network! { Net: [4] -> [3] { fc: Linear(3) } }
///
/// let device = Cpu::seed_from_u64(0);
/// let mut net = Net::new(&device);
/// let mut optimizer = Sgd::new(&net, SgdConfig::default());
/// let mut accumulation = Accumulation::new(&net, 4);
/// let mut steps = 0;
/// for _ in 0..8 {
///     let x: Tensor<(usize, Const<4>), f32, _> = device.sample_normal_like(&(2, Const));
///     let loss = loss::cross_entropy(net.forward_train(x, accumulation.take()), &[0, 2]);
///     if accumulation.add(loss) {
///         optimizer.step(&mut net, accumulation.gradients())?;
///         accumulation.reset(&net);
///         steps += 1;
///     }
/// }
/// assert_eq!(steps, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Accumulation<E: Scalar, D: Device<E>> {
    gradients: Gradients<E, D>,
    micro_batches: usize,
    done: usize,
    /// The sum of the denominators of the losses so far, in units in which `micro_batches` of them make a mean.
    weight: f64,
}

impl<E: Scalar, D: Device<E>> Accumulation<E, D> {
    /// An accumulation of `micro_batches` micro-batches of equal size per step.
    ///
    /// # Panics
    /// Panics if `micro_batches` is 0, or if the device is out of memory.
    pub fn new<M: TensorCollection<E, D>>(model: &M, micro_batches: usize) -> Self {
        assert!(micro_batches > 0, "a step needs at least one micro-batch");
        Self { gradients: model.alloc_grads(), micro_batches, done: 0, weight: 0.0 }
    }

    /// The gradients so far, for the tape of the next forward pass. [`Accumulation::add`] puts them back.
    pub fn take(&mut self) -> Gradients<E, D> {
        std::mem::replace(&mut self.gradients, Gradients::leaky())
    }

    /// Computes the gradient of a micro-batch's mean loss and adds it. Returns whether it was the last one of the step.
    ///
    /// # Panics
    /// Panics if the device is out of memory.
    pub fn add(&mut self, loss: Tensor<Rank0, E, D, OwnedTape<E, D>>) -> bool {
        self.try_add(loss).unwrap_or_else(|error| panic!("{error}"))
    }

    /// [`Accumulation::add`], fallible.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn try_add(&mut self, loss: Tensor<Rank0, E, D, OwnedTape<E, D>>) -> Result<bool, D::Err> {
        let share = 1.0 / self.micro_batches as f64;
        self.try_add_scaled(loss, share, share)
    }

    /// Computes the gradient of a micro-batch's mean loss and adds it, weighted by the denominator of that mean: its number of items, or the sum of
    /// their weights. Returns whether it was the last one of the step. The sum must then be multiplied by [`Accumulation::factor`] to be the gradient
    /// of the mean.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn try_add_weighted(&mut self, loss: Tensor<Rank0, E, D, OwnedTape<E, D>>, weight: f64) -> Result<bool, D::Err> {
        self.try_add_scaled(loss, weight, weight)
    }

    /// [`Accumulation::try_add_weighted`] that panics on an error.
    ///
    /// # Panics
    /// Panics if the device is out of memory.
    pub fn add_weighted(&mut self, loss: Tensor<Rank0, E, D, OwnedTape<E, D>>, weight: f64) -> bool {
        self.try_add_weighted(loss, weight).unwrap_or_else(|error| panic!("{error}"))
    }

    fn try_add_scaled(&mut self, loss: Tensor<Rank0, E, D, OwnedTape<E, D>>, scale: f64, weight: f64) -> Result<bool, D::Err> {
        self.gradients = loss.try_mul(number::<E>(scale))?.try_backward()?;
        self.done += 1;
        self.weight += weight;
        Ok(self.done == self.micro_batches)
    }

    /// The factor that turns the sum of the gradients into the gradient of the mean over everything added: 1 after `micro_batches` equal
    /// micro-batches, 0 if the denominators are 0.
    pub fn factor(&self) -> f64 {
        match self.weight {
            // The shares do not add up to exactly 1.
            weight if (weight - 1.0).abs() < 1e-12 => 1.0,
            weight if weight > 0.0 => 1.0 / weight,
            _ => 0.0,
        }
    }

    /// The gradients, for the optimizer.
    pub fn gradients(&mut self) -> &mut Gradients<E, D> {
        &mut self.gradients
    }

    /// Begins the next step: all gradients are 0.
    ///
    /// # Panics
    /// Panics if the device is out of memory.
    pub fn reset<M: TensorCollection<E, D>>(&mut self, model: &M) {
        model.zero_grads(&mut self.gradients);
        self.done = 0;
        self.weight = 0.0;
    }
}

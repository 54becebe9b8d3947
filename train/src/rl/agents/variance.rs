//! The variance of a policy's gradient.

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::TryMul;
use layercake::loss::{CrossEntropy, Loss};
use layercake::model::{Place, Visit, visit};
use layercake::prelude::*;

use super::forward::{batch, column, taped};
use crate::error::OnDevice;
use crate::rl::{Space, Trajectory};
use crate::{Seeded, TrainError};

/// The mean squared distance of the gradients of single episodes, each the sum over its steps, from their mean: how far an update of one episode is from
/// the direction that it estimates.
pub(super) fn gradient_variance<M, D>(
    model: &M,
    device: &D,
    space: &Space,
    episodes: &[Trajectory],
    advantages: impl Fn(usize) -> Vec<f32>,
) -> Result<f64, TrainError>
where
    M: AnyNetwork<f32, D> + Clone,
    D: Seeded,
{
    let mut model = model.clone();
    let mut all: Vec<Vec<f32>> = Vec::new();
    for (number, episode) in episodes.iter().enumerate() {
        let observations = batch(space, episode.steps.iter().map(|step| &step.observation[..]));
        let actions: Vec<usize> = episode.steps.iter().map(|step| step.action).collect();
        let gradients = model.try_alloc_grads().on_device()?;
        let logits = taped(&mut model, device, observations, gradients)?.swap_remove(0);
        let unlikely = CrossEntropy::default().try_each(logits, &actions).on_device()?;
        let loss = unlikely.try_mul(column(device, advantages(number))?).on_device()?.try_sum::<Rank0, _>().on_device()?;
        let mut collect = Collect { gradients: loss.try_backward().on_device()?, numbers: Vec::new() };
        visit(&model, &mut collect).on_device()?;
        all.push(collect.numbers);
    }
    let count = all.len() as f64;
    let mean = |i: usize| all.iter().map(|gradient| f64::from(gradient[i])).sum::<f64>() / count;
    let size = all.first().map_or(0, Vec::len);
    let distance = |i: usize| {
        let mean = mean(i);
        all.iter().map(|gradient| (f64::from(gradient[i]) - mean).powi(2)).sum::<f64>()
    };
    Ok((0..size).map(distance).sum::<f64>() / count)
}

/// The gradients of all parameters one after the other.
struct Collect<D: Storage<f32>> {
    gradients: Gradients<f32, D>,
    numbers: Vec<f32>,
}

impl<D: Seeded> Visit<f32, D> for Collect<D> {
    type Error = D::Err;

    fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &Tensor<S, f32, D>) -> Result<(), D::Err> {
        if place.trained {
            self.gradients.get_or_alloc_mut(tensor)?;
            self.numbers.extend(self.gradients.get(tensor).as_vec());
        }
        Ok(())
    }
}

//! Networks on observations whose shape is known only at run time.

use layercake::AnyNetwork;
use layercake::dfdx::shapes::Rank0;
use layercake::ir::Graph;
use layercake::prelude::*;
use rand::Rng;
use rand::rngs::StdRng;

use crate::TrainError;
use crate::data::Array;
use crate::error::OnDevice;
use crate::rl::{Environment, Space};

/// One output of a network, `[batch, numbers]`, with its tape.
pub(super) type Taped<D> = Tensor<(usize, usize), f32, D, OwnedTape<f32, D>>;
/// A number for each item of a batch.
pub(super) type Column<D, T = NoneTape> = Tensor<(usize,), f32, D, T>;
/// A mean with its tape.
pub(super) type Mean<D> = Tensor<Rank0, f32, D, OwnedTape<f32, D>>;

const FITS: &str = "the check of the task compared the network with the environment";

/// Observations side by side, `[batch, ..]`.
pub(super) fn batch<'a>(space: &Space, observations: impl Iterator<Item = &'a [f32]>) -> Array<f32> {
    let numbers: Vec<f32> = observations.flatten().copied().collect();
    let count = numbers.len() / space.size().max(1);
    Array::new([&[count], space.shape()].concat(), numbers)
}

/// The outputs of a network, each row by row.
pub(super) fn outputs<N, D>(network: &N, device: &D, observations: Array<f32>) -> Result<Vec<Vec<f32>>, TrainError>
where
    N: AnyNetwork<f32, D>,
    D: Backend<f32>,
{
    let outputs = network.try_infer(vec![observations.into_dynamic(device)?])?;
    Ok(outputs.iter().map(DynTensor::to_vec).collect())
}

/// The outputs of a network in training.
pub(super) fn taped<N, D>(
    network: &mut N,
    device: &D,
    observations: Array<f32>,
    gradients: Gradients<f32, D>,
) -> Result<Vec<Taped<D>>, TrainError>
where
    N: AnyNetwork<f32, D>,
    D: Backend<f32>,
{
    let outputs = network.try_train(vec![observations.into_dynamic(device)?], gradients)?;
    outputs.into_iter().map(|output| Ok(output.try_into_tensor().on_device()?.expect(FITS))).collect()
}

/// A tensor of one number for each item.
pub(super) fn column<D: Backend<f32>>(device: &D, numbers: Vec<f32>) -> Result<Column<D>, TrainError> {
    let shape = (numbers.len(),);
    device.try_tensor_from_vec(numbers, shape).on_device()
}

/// Checks that a network takes an environment's observations and returns these numbers, named for the message.
pub(super) fn fits(graph: &Graph, environment: &dyn Environment, returned: &[(&str, usize)]) -> Result<(), TrainError> {
    let wrong = |reason: String| Err(TrainError::Setting(format!("`{}` {reason}", graph.name)));
    let space = environment.observation_space();
    let taken: Vec<&[usize]> = graph.inputs().iter().map(|port| port.shape.dims()).collect();
    if taken != [space.shape()] {
        return wrong(format!("takes {taken:?}, but the observations of the environment are {:?}", space.shape()));
    }
    let given: Vec<&[usize]> = graph.outputs().iter().map(|port| port.shape.dims()).collect();
    // Without a list, what it returns is not compared.
    if !returned.is_empty() && !given.iter().copied().eq(returned.iter().map(|(_, size)| std::slice::from_ref(size))) {
        let expected: Vec<String> = returned.iter().map(|(what, size)| format!("[{size}] for {what}")).collect();
        return wrong(format!("returns {given:?}; the agent needs {}", expected.join(" and ")));
    }
    Ok(())
}

/// The position of the largest number; of equals the first.
pub(super) fn best(numbers: &[f32]) -> usize {
    crate::argmax(numbers, numbers.len())[0]
}

/// Draws from the softmax of logits.
pub(super) fn drawn(logits: &[f32], random: &mut StdRng) -> usize {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = logits.iter().map(|logit| f64::from(logit - most).exp()).collect();
    let mut left = random.r#gen::<f64>() * weights.iter().sum::<f64>();
    for (action, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return action;
        }
    }
    // Rounding may leave a little after the last one.
    best(logits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::stream;

    #[test]
    fn actions_are_drawn_by_their_probability() {
        let mut random = stream("test", 1, [0; 2]);
        let mut counts = [0; 3];
        (0..6000).for_each(|_| counts[drawn(&[0.0, 2f32.ln(), 3f32.ln()], &mut random)] += 1);
        for (count, expected) in counts.into_iter().zip([1000, 2000, 3000]) {
            assert!((expected - 120..expected + 120).contains(&count), "{counts:?}");
        }
        assert_eq!(drawn(&[-1e30, 1e30], &mut random), 1);
    }
}

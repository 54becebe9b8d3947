//! The training loop of the studies: over graphs, and over optimizers behind one type, so that it is compiled once.

use layercake::GraphError;
use layercake::dfdx::tensor::CpuError;
use layercake::optim::{Optim, Rule};
use layercake::prelude::*;
use layercake_train::{TrainError, accuracy};
use rand::seq::SliceRandom;

use super::{Data, StudyOptions};
use crate::tasks::on_device;

/// Images that run at once where nothing is trained.
const BATCH: usize = 250;

/// What a step changes: the parameters, by their gradients. Called with the number of the step, from 0.
pub type Change<'a> = Box<dyn FnMut(&mut GraphModel, &mut Gradients<f32, Cpu>, usize) -> Result<(), TrainError> + 'a>;

/// How a network is trained.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    /// Inputs in a step.
    pub batch: usize,
    /// Times that all inputs are used.
    pub epochs: usize,
    /// The number of the random order.
    pub order: u64,
    /// The hinge loss instead of cross entropy.
    pub hinge: bool,
}

/// An optimizer with constant options.
pub fn change<'a, R: Rule + 'a>(net: &GraphModel, rule: R) -> Change<'a> {
    scheduled(net, rule, |_| 1.0)
}

/// An optimizer whose learning rate is multiplied by what a function gives for each step.
pub fn scheduled<'a, R: Rule + 'a>(net: &GraphModel, rule: R, factor: impl Fn(usize) -> f64 + 'a) -> Change<'a> {
    let lr = rule.lr();
    let mut optimizer = Optim::new(net, rule);
    Box::new(move |net, gradients, step| {
        optimizer.cfg.set_lr(lr * factor(step));
        Ok(optimizer.step(net, gradients)?)
    })
}

/// Trains a classifier and returns the loss of each step. Training ends when the loss is not finite any more; that loss is the last one.
///
/// # Errors
/// Returns an error if the inputs do not fit the network, or the device fails.
pub fn fit(net: &mut GraphModel, data: &Data, how: Fit, options: &StudyOptions, mut change: Change<'_>) -> Result<Vec<f64>, TrainError> {
    let device = Cpu::default();
    let mut random = options.random(1000 + how.order);
    let (mut losses, mut gradients) = (Vec::new(), on_device(net.try_alloc_grads())?);
    for _ in 0..how.epochs {
        let mut order: Vec<usize> = (0..data.len()).collect();
        order.shuffle(&mut random);
        for indices in order.chunks(how.batch) {
            let (inputs, labels) = data.batch(indices, &device);
            let loss = loss_of(net, inputs, &labels, gradients, how.hinge)?;
            losses.push(f64::from(loss.array()));
            if !loss.array().is_finite() {
                return Ok(losses);
            }
            gradients = on_device(loss.try_backward())?;
            change(net, &mut gradients, losses.len() - 1)?;
            on_device(net.try_zero_grads(&mut gradients))?;
        }
    }
    Ok(losses)
}

/// The mean loss of a batch in training, recorded on the tape of these gradients: cross entropy, or the hinge loss.
///
/// # Errors
/// Returns an error if the inputs do not fit the network, or the device fails.
pub fn loss_of(
    net: &mut GraphModel,
    inputs: DynTensor<f32, Cpu>,
    labels: &[usize],
    gradients: Gradients<f32, Cpu>,
    hinge: bool,
) -> Result<Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>>, TrainError> {
    let scores = net.try_forward_train(vec![inputs], gradients).and_then(rows)?;
    on_device(if hinge { loss::Hinge::default().try_mean(scores, labels) } else { loss::try_cross_entropy(scores, labels) })
}

/// The mean loss and the accuracy of a classifier, in inference mode.
///
/// # Errors
/// Returns an error if the inputs do not fit the network.
pub fn evaluate(net: &GraphModel, data: &Data) -> Result<[f64; 2], TrainError> {
    let (mut loss, mut right) = (0.0, 0.0);
    let order: Vec<usize> = (0..data.len()).collect();
    for indices in order.chunks(BATCH) {
        let (inputs, labels) = data.batch(indices, &Cpu::default());
        let scores: Tensor<(usize, usize), f32, Cpu> = net.try_forward(vec![inputs]).and_then(rows)?;
        let share = indices.len() as f64 / data.len() as f64;
        right += share * accuracy(&scores.as_vec(), &labels);
        loss += share * f64::from(loss::cross_entropy(scores, &labels).array());
    }
    Ok([loss, right])
}

/// The scores of a batch, `[batch, classes]`.
type Scores<T> = Tensor<(usize, usize), f32, Cpu, T>;

/// The only output of a classifier.
fn rows<T: Tape<f32, Cpu>>(outputs: Vec<DynTensor<f32, Cpu, T>>) -> Result<Scores<T>, GraphError<CpuError>> {
    let output = outputs.into_iter().next().expect("a network has an output");
    Ok(output.try_into_tensor()?.expect("a classifier has one row of scores for each input"))
}

//! Autoencoders: the input itself is what is to be predicted.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::ReshapeTo;
use layercake::explain::LayerUnits;
use layercake::ir::Graph;
use layercake::loss::{BceWithLogits, Loss, Mse};
use layercake::prelude::*;
use rand_distr::StandardNormal;

use super::classification::{has_variance, must_have_batches};
use super::{Pass, Step, Task};
use crate::data::{Array, Collate, Dataset, Image, Loader, SampleBatch};
use crate::error::OnDevice;
use crate::health::count_units;
use crate::run::Canvas;
use crate::{Metrics, TrainError};

/// How far a reconstruction is from its input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReconstructionLoss {
    /// The mean squared error.
    #[default]
    SquaredError,
    /// Binary cross entropy: the outputs are logits, the inputs probabilities in 0..=1, such as pixels.
    Bernoulli,
}

/// An autoencoder: a network whose output has as many numbers as its input and is trained to be the input, by their mean squared error or cross entropy. It is evaluated by
/// `mse`, and with [`ReconstructionLoss::Bernoulli`] also by `nats_per_item`. Targets of the samples are not used.
///
/// With `noise` it is a denoising autoencoder (Vincent et al., 2008): normal noise with this standard deviation is added to the inputs in training, and the network is to give
/// them without it.
///
/// ```
/// use layercake::optim::{Adam, AdamConfig};
/// use layercake::prelude::*;
/// use layercake_train::data::{Loader, digits};
/// use layercake_train::{Reconstruction, ReconstructionLoss, Trainer, Until};
///
/// network! {
///     Autoencoder: [1, 8, 8] -> [64] {
///         Flatten, encoder: Linear(16), ReLU, decoder: Linear(64),
///     }
/// }
///
/// let data = digits();
/// let train = Loader::new(data.train, 50).shuffle(1);
/// let mut task = Reconstruction::new(Loader::new(data.test, 100));
/// task.loss = ReconstructionLoss::Bernoulli;
///
/// let device = Cpu::seed_from_u64(1);
/// let mut net = Autoencoder::new(&device);
/// let mut optimizer = Adam::new(&net, AdamConfig { lr: 1e-2, ..Default::default() });
/// let history = Trainer::new(Until::Epochs(4)).fit(&mut net, &device, &mut optimizer, &mut task, &train)?;
/// assert!(history[3].test.get("mse") < Some(0.05));
/// # Ok::<(), layercake_train::TrainError>(())
/// ```
#[derive(Debug)]
pub struct Reconstruction<S: Dataset> {
    /// The test data.
    pub test: Loader<S>,
    /// The loss.
    pub loss: ReconstructionLoss,
    /// The standard deviation of the noise that is added to inputs in training; by default 0.
    pub noise: f32,
}

impl<S: Dataset> Reconstruction<S> {
    /// By the mean squared error, without noise.
    pub fn new(test: Loader<S>) -> Self {
        Self { test, loss: ReconstructionLoss::default(), noise: 0.0 }
    }

    /// Checks that the output has as many numbers as the input.
    fn fits(graph: &Graph) -> Result<(), TrainError> {
        let wrong = |reason: String| Err(TrainError::Setting(format!("the network `{}` {reason}", graph.name)));
        let (inputs, outputs) = (graph.inputs(), graph.outputs());
        if inputs.len() != 1 || outputs.len() != 1 {
            return wrong(format!("has {} inputs and {} outputs; expected one input and one output", inputs.len(), outputs.len()));
        }
        let (input, output) = (inputs[0].shape, outputs[0].shape);
        let count = |dims: &[usize]| dims.iter().product::<usize>();
        if input.is_ids() || output.is_ids() || count(input.dims()) != count(output.dims()) {
            return wrong(format!("has the input {input} and the output {output}; to give its input again, it needs as many numbers"));
        }
        Ok(())
    }

    /// Checks that the inputs can be what the loss compares with.
    fn check_inputs(&self, inputs: &Array<f32>) -> Result<(), TrainError> {
        let outside = inputs.as_slice().iter().find(|x| !(0.0..=1.0).contains(*x));
        match outside.filter(|_| self.loss == ReconstructionLoss::Bernoulli) {
            Some(x) => Err(TrainError::Setting(format!("an input is {x}; binary cross entropy takes probabilities, in 0..=1"))),
            None => Ok(()),
        }
    }

    fn try_loss<D: Backend<f32>, T: Tape<f32, D>>(
        &self,
        output: DynTensor<f32, D, T>,
        inputs: Array<f32>,
        device: &D,
    ) -> Result<Tensor<Rank0, f32, D, T>, TrainError> {
        let sizes = (inputs.batch_size(), inputs.as_slice().len() / inputs.batch_size());
        let found = flat(output, sizes)?;
        let truth: Tensor<(usize, usize), f32, D> = layercake::upload(device, inputs.into_vec(), sizes).on_device()?;
        match self.loss {
            ReconstructionLoss::SquaredError => Mse.try_mean(found, truth).on_device(),
            ReconstructionLoss::Bernoulli => BceWithLogits::default().try_mean(found, truth).on_device(),
        }
    }

    /// What the outputs stand for.
    fn restored(&self, outputs: Vec<f32>) -> Vec<f32> {
        match self.loss {
            ReconstructionLoss::SquaredError => outputs,
            ReconstructionLoss::Bernoulli => outputs.into_iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect(),
        }
    }
}

/// An output as `[batch, numbers]`.
fn flat<D: Backend<f32>, T: Tape<f32, D>>(
    output: DynTensor<f32, D, T>,
    sizes: (usize, usize),
) -> Result<Tensor<(usize, usize), f32, D, T>, TrainError> {
    macro_rules! of_rank {
        ($($shape:ty),*) => {
            match output.dims().len() {
                $(rank if rank == <$shape as layercake::dfdx::shapes::Shape>::NUM_DIMS => {
                    let output: Tensor<$shape, f32, D, T> = output.try_into_tensor().on_device()?.expect("the number of axes");
                    output.try_reshape_like(&sizes).on_device()
                })*
                rank => Err(TrainError::Network(format!("an output of {rank} axes cannot be compared with the input"))),
            }
        };
    }
    of_rank!((usize, usize), (usize, usize, usize), (usize, usize, usize, usize))
}

impl<N, S, D> Task<N, D> for Reconstruction<S>
where
    N: AnyNetwork<f32, D>,
    S: Dataset,
    S::Item: Collate,
    <S::Item as Collate>::Batch: Into<SampleBatch>,
    D: Backend<f32> + SampleTensor<f32>,
{
    type Batch = <S::Item as Collate>::Batch;
    const UNIT: &'static str = <S::Item as Collate>::UNIT;

    fn loss(&mut self, net: &mut N, batch: Self::Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let SampleBatch { inputs, .. } = batch.into();
        let items = inputs.batch_size();
        Self::fits(net.network_graph())?;
        has_variance(net.network_graph(), items)?;
        self.check_inputs(&inputs)?;
        let given = if self.noise > 0.0 { noisy(&inputs, self.noise, &pass.device)? } else { inputs.clone() };
        let output = net.try_train(vec![given.into_dynamic(&pass.device)?], pass.gradients)?.swap_remove(0);
        Ok(Step::new(self.try_loss(output, inputs, &pass.device)?, items))
    }

    fn check(&self, net: &N) -> Result<(), TrainError> {
        if !(self.noise >= 0.0 && self.noise.is_finite()) {
            return Err(TrainError::Setting(format!("noise with a standard deviation of {}; expected 0 or a positive number", self.noise)));
        }
        Self::fits(net.network_graph())?;
        must_have_batches(&self.test)
    }

    fn evaluate(&mut self, net: &N, device: &D) -> Result<Metrics, TrainError> {
        Self::fits(net.network_graph())?;
        must_have_batches(&self.test)?;
        let (mut loss, mut squares, mut items, mut numbers) = (0.0, 0.0, 0, 0);
        for batch in self.test.epoch(1) {
            let SampleBatch { inputs, .. } = batch?.into();
            self.check_inputs(&inputs)?;
            let output = net.try_infer(vec![inputs.clone().into_dynamic(device)?])?.swap_remove(0);
            let (found, truth) = (self.restored(output.to_vec()), inputs.as_slice());
            squares += found.iter().zip(truth).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
            let (rows, count) = (inputs.batch_size(), truth.len());
            loss += f64::from(self.try_loss(output, inputs, device)?.as_vec()[0]) * count as f64;
            (items, numbers) = (items + rows, numbers + count);
        }
        let metrics = Metrics::new().with("loss", loss / numbers as f64).with("mse", squares / numbers as f64);
        Ok(match self.loss {
            ReconstructionLoss::SquaredError => metrics,
            ReconstructionLoss::Bernoulli => metrics.with("nats_per_item", loss / items as f64),
        })
    }

    fn units(&mut self, net: &N, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        count_units(net.as_hookable(), device, &self.test, |batch| batch.into().inputs)
    }

    /// `reconstructions.png`, for pictures: test pictures above what the network makes of them.
    fn draw(&mut self, net: &N, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        const COLUMNS: usize = 10;
        let [channels @ (1 | 3), height, width] = *net.network_graph().inputs()[0].shape.dims() else { return Ok(()) };
        let Some(batch) = self.test.epoch(1).next() else { return Ok(()) };
        let SampleBatch { inputs, .. } = batch?.into();
        let count = COLUMNS.min(inputs.batch_size());
        let shown = inputs.rows(&(0..count).collect::<Vec<_>>());
        let found = self.restored(net.try_infer(vec![shown.clone().into_dynamic(device)?])?.swap_remove(0).to_vec());
        let (low, high) = shown.as_slice().iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
        let gray = |x: &f32| ((x - low) / (high - low).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
        let picture = |numbers: &[f32]| {
            Canvas::from_image(&Image { shape: [channels, height, width], pixels: numbers.iter().map(gray).collect() }).legible()
        };
        let size = channels * height * width;
        let cells: Vec<Canvas> = shown.as_slice().chunks_exact(size).chain(found.chunks_exact(size)).map(picture).collect();
        Canvas::grid(&cells, count).save(&folder.join("reconstructions.png"))
    }
}

/// Inputs with normal noise, drawn on the device, which is seeded for the step.
fn noisy<D: Backend<f32> + SampleTensor<f32>>(inputs: &Array<f32>, deviation: f32, device: &D) -> Result<Array<f32>, TrainError> {
    let noise = device.try_sample_like(&(inputs.as_slice().len(),), StandardNormal).on_device()?.as_vec();
    let numbers = inputs.as_slice().iter().zip(noise).map(|(x, noise)| x + deviation * noise).collect();
    Ok(Array::new(inputs.shape().to_vec(), numbers))
}

//! Runs a network on arrays, and collects its outputs on a test set.

use layercake::AnyNetwork;
use layercake::prelude::*;
use rand::RngCore;

use super::super::classification::must_have_batches;
use super::super::{Criterion, Pass};
use super::goal::{Goal, Outputs};
use crate::data::{Array, Collate, DataError, Dataset, Loader, SampleBatch, Targets, stream};
use crate::error::OnDevice;
use crate::{Metrics, Seeded, TrainError};

/// The only output of a network.
pub(super) fn rows<D: Backend<f32>, T: Tape<f32, D>>(mut outputs: Vec<DynTensor<f32, D, T>>) -> Result<DynTensor<f32, D, T>, TrainError> {
    if outputs.len() != 1 || outputs[0].dims().len() != 2 {
        return Err(TrainError::Network(format!("expected one output of numbers in a row, found {}", outputs.len())));
    }
    Ok(outputs.remove(0))
}

/// Trains on a batch: the outputs with their tape.
pub(super) fn train<N, D>(net: &mut N, inputs: Array<f32>, pass: Pass<D>) -> Result<Outputs<D, OwnedTape<f32, D>>, TrainError>
where
    N: AnyNetwork<f32, D>,
    D: Backend<f32>,
{
    tensor(rows(net.try_train(vec![inputs.into_dynamic(&pass.device)?], pass.gradients)?)?)
}

fn tensor<D: Backend<f32>, T: Tape<f32, D>>(output: DynTensor<f32, D, T>) -> Result<Outputs<D, T>, TrainError> {
    Ok(output.try_into_tensor().on_device()?.expect("`rows` checked the number of axes"))
}

/// What a network predicts on a test set.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// The outputs of the network: logits or standardized numbers, `[rows, outputs]`, row-major.
    pub outputs: Vec<f32>,
    /// The targets of all rows.
    pub targets: Targets,
    /// The mean loss.
    pub loss: f64,
}

impl Predictions {
    /// Runs a network on all samples of a loader, in inference mode.
    ///
    /// # Errors
    /// Returns an error if the loader has no batch, the samples do not fit the network or the goal, or the device fails.
    pub fn of<N, S, D>(net: &N, device: &D, goal: &Goal, criterion: &Criterion, data: &Loader<S>) -> Result<Self, TrainError>
    where
        N: AnyNetwork<f32, D>,
        S: Dataset,
        <S::Item as Collate>::Batch: Into<SampleBatch>,
        D: Backend<f32>,
    {
        goal.check(net.network_graph())?;
        Self::collect(goal, criterion, data, &mut |inputs, _| tensor(rows(net.try_infer(vec![inputs.into_dynamic(device)?])?)?))
    }

    /// Runs a network on all samples of a loader in training mode, in which dropout and other layers draw random numbers. These follow from the number of the draw.
    pub(crate) fn drawn<N, S, D>(
        net: &mut N,
        device: &D,
        goal: &Goal,
        criterion: &Criterion,
        data: &Loader<S>,
        draw: u64,
    ) -> Result<Self, TrainError>
    where
        N: AnyNetwork<f32, D>,
        S: Dataset,
        <S::Item as Collate>::Batch: Into<SampleBatch>,
        D: Seeded,
    {
        goal.check(net.network_graph())?;
        Self::collect(goal, criterion, data, &mut |inputs, batch| {
            let seed = stream("draws", draw, [batch as u64, 0]).next_u64();
            let gradients = net.try_alloc_grads().on_device()?;
            device.seeded(seed, |device| {
                let pass = Pass { gradients, device: device.clone(), epoch: 1, batch, step: 0, player: "" };
                Ok(train(net, inputs, pass)?.retaped::<NoneTape>())
            })
        })
    }

    /// The outputs of `run` for each batch.
    fn collect<S, D>(
        goal: &Goal,
        criterion: &Criterion,
        data: &Loader<S>,
        run: &mut dyn FnMut(Array<f32>, usize) -> Result<Outputs<D, NoneTape>, TrainError>,
    ) -> Result<Self, TrainError>
    where
        S: Dataset,
        <S::Item as Collate>::Batch: Into<SampleBatch>,
        D: Backend<f32>,
    {
        must_have_batches(data)?;
        let (mut outputs, mut targets, mut loss, mut weight) = (Vec::new(), None, 0.0, 0.0);
        for (number, batch) in data.epoch(1).enumerate() {
            let batch: SampleBatch = batch?.into();
            goal.fits(&batch.targets, batch.inputs.batch_size())?;
            let found = run(batch.inputs, number)?;
            outputs.extend(found.as_vec());
            let (mean, counts) = goal.try_loss(found, &batch.targets, criterion)?;
            if counts != 0.0 {
                loss += f64::from(mean.as_vec()[0]) * counts;
                weight += counts;
            }
            join(&mut targets, batch.targets)?;
        }
        let targets = targets.ok_or_else(|| TrainError::Test("no batch".to_owned()))?;
        Ok(Self { outputs, targets, loss: loss / weight })
    }

    /// The loss and the metrics.
    pub fn metrics(&self, goal: &Goal) -> Metrics {
        let mut metrics = Metrics::new().with("loss", self.loss);
        metrics.extend(goal.metrics(&self.outputs, &self.targets).iter());
        metrics
    }
}

/// Appends the targets of a batch.
fn join(all: &mut Option<Targets>, new: Targets) -> Result<(), DataError> {
    let joined = |a: &[usize], b: &[usize]| [&[a[0] + b[0]], &a[1..]].concat();
    *all = Some(match (all.take(), new) {
        (None, new) => new,
        (Some(Targets::Classes(all)), Targets::Classes(new)) => Targets::Classes([all, new].concat()),
        (Some(Targets::Numbers(all)), Targets::Numbers(new)) => {
            let shape = joined(all.shape(), new.shape());
            Targets::Numbers(Array::new(shape, [all.into_vec(), new.into_vec()].concat()))
        }
        (Some(Targets::Labels(all)), Targets::Labels(new)) => {
            let shape = joined(all.shape(), new.shape());
            Targets::Labels(Array::new(shape, [all.into_vec(), new.into_vec()].concat()))
        }
        (Some(all), new) => return Err(DataError::Batch { expected: all.kind().to_owned(), found: new.kind().to_owned() }),
    });
    Ok(())
}

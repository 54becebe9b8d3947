//! [`CharTransformer`], trained on windows of the text.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::ReshapeTo;
use layercake::ir::Graph;
use layercake::loss::{CrossEntropy, Loss, try_token_loss};
use layercake::prelude::*;
use layercake_train::data::readers::{Text, WindowBatch, Windows};
use layercake_train::data::{Array, DataError, Loader};
use layercake_train::run::Recipe;
use layercake_train::{Metrics, Pass, Step, Task, TrainError, perplexity};

use super::cache::{CONTEXT, Writer};
use super::model::CharacterModel;
use super::{Scores, of_part, save_samples};
use crate::networks::CharTransformer;
use crate::tasks::machine::{Machine, shaped};
use crate::tasks::on_device;

/// The distance between windows of an epoch: the network meets each character at several positions.
const TRAIN_STRIDE: usize = CONTEXT / 4;
/// The distance between windows of the test set. Only what the window before has not is counted, so that there is a context of half a window.
const TEST_STRIDE: usize = CONTEXT / 2;
const TEST_BATCH: usize = 64;

/// [`CharTransformer`] as a language model.
pub(crate) struct CharTransformerModel;

impl CharacterModel for CharTransformerModel {
    type Windows = Windows;
    type Task<D: Machine> = NextCharacter;
    type Writer<D: Machine> = Writer<D>;

    fn graph() -> &'static Graph {
        CharTransformer::<f32, Cpu>::GRAPH
    }

    fn windows(text: Text, recipe: &Recipe) -> Result<Loader<Windows>, TrainError> {
        let windows = Windows::new(text, CONTEXT, TRAIN_STRIDE).map_err(of_part("training"))?;
        Ok(Loader::new(windows, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers))
    }

    fn task<D: Machine>(test: Text) -> Result<NextCharacter, DataError> {
        NextCharacter::new(test)
    }

    fn writer<D: Machine>(net: &D::Net, device: &D) -> Result<Writer<D>, TrainError> {
        Writer::new(net, device)
    }
}

/// Cross entropy of the next character.
pub(crate) struct NextCharacter {
    test: Loader<Windows>,
}

impl NextCharacter {
    pub(crate) fn new(test: Text) -> Result<Self, DataError> {
        Ok(Self { test: Loader::new(Windows::new(test, CONTEXT, TEST_STRIDE)?, TEST_BATCH) })
    }
}

/// Characters and their positions.
pub(super) fn inputs<D: Backend<f32>>(characters: Array<usize>, device: &D) -> Vec<DynTensor<f32, D>> {
    let shape = characters.shape().to_vec();
    let positions = (0..shape[0]).flat_map(|_| 0..shape[1]).collect();
    vec![characters.into_ids(device), Array::new(shape, positions).into_ids(device)]
}

/// The number of different characters.
fn count_of(windows: &Loader<Windows>) -> usize {
    windows.data().text().vocabulary().len()
}

/// The only output.
fn scores<D: Backend<f32>, T: Tape<f32, D>>(mut outputs: Vec<DynTensor<f32, D, T>>) -> Result<Scores<D, T>, TrainError> {
    shaped(outputs.pop().ok_or_else(|| TrainError::Network("the network has no output".to_owned()))?)
}

impl<D: Machine> Task<D::Net, D> for NextCharacter {
    type Batch = WindowBatch;
    const UNIT: &'static str = "windows";

    fn loss(&mut self, net: &mut D::Net, batch: WindowBatch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let (rows, count) = (batch.characters.batch_size(), batch.next.as_slice().len());
        let scores = scores(net.try_train(inputs(batch.characters, &pass.device), pass.gradients)?)?;
        let next: Tensor<(usize, usize), usize, D> = batch.next.into_tensor(&pass.device)?;
        Ok(Step::new(on_device(try_token_loss(&CrossEntropy::default(), scores, &next))?, rows).with_weight(count as f64))
    }

    fn evaluate(&mut self, net: &D::Net, device: &D) -> Result<Metrics, TrainError> {
        let (mut nats, mut count, mut first) = (0.0, 0usize, true);
        for batch in self.test.epoch(1) {
            let WindowBatch { characters, next } = batch?;
            let next = next.into_vec();
            let scores =
                on_device(scores(net.try_infer(inputs(characters, device))?)?.try_reshape_like(&(next.len(), count_of(&self.test))))?;
            let each = on_device(CrossEntropy::default().try_each(scores, &next))?.as_vec();
            for window in each.chunks_exact(CONTEXT) {
                let known = if first { 0 } else { CONTEXT - TEST_STRIDE };
                first = false;
                nats += window[known..].iter().map(|&nats| f64::from(nats)).sum::<f64>();
                count += CONTEXT - known;
            }
        }
        let nats = nats / count as f64;
        Ok(Metrics::new().with("nats_per_char", nats).with("perplexity", perplexity(nats)))
    }

    fn chance_loss(&self) -> Option<f64> {
        Some((count_of(&self.test) as f64).ln())
    }

    /// `samples.txt`
    fn draw(&mut self, net: &D::Net, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        save_samples(&Writer::new(net, device)?, self.test.data().text(), folder)
    }
}

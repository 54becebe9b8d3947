//! [`CharTransformer`], trained on windows of the text.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::ReshapeTo;
use layercake::ir::Graph;
use layercake::loss::{CrossEntropy, Loss, try_token_loss};
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::readers::{Text, WindowBatch, Windows};
use layercake_train::data::{Array, DataError, Dataset, KnownDataset, Loader};
use layercake_train::run::{RunOutcome, Source};
use layercake_train::{Metrics, Pass, Step, Task, TrainError, WithValidation, perplexity};

use super::cache::{CONTEXT, Writer};
use super::parts::{Parts, own_test_part, test_part, whole_text};
use super::{Scores, continued, of_characters, of_part, save_samples};
use crate::networks::CharTransformer;
use crate::tasks::entry::{Description, ModelKind, Run};
use crate::tasks::machine::{Machine, shaped};
use crate::tasks::on_device;
use crate::tasks::run::{Prepared, Trained, train_made};
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions};

/// The distance between windows of an epoch: the network meets each character at several positions.
const TRAIN_STRIDE: usize = CONTEXT / 4;
/// The distance between windows of the test set. Only what the window before has not is counted, so that there is a context of half a window.
const TEST_STRIDE: usize = CONTEXT / 2;
const TEST_BATCH: usize = 64;

/// [`CharTransformer`] as a kind of model.
pub(crate) struct CharTransformerModel;

impl ModelKind for CharTransformerModel {
    fn graph(&self) -> &'static Graph {
        CharTransformer::<f32, Cpu>::GRAPH
    }

    fn graph_of_characters(&self, count: usize) -> Option<Graph> {
        of_characters(self.graph(), count).ok()
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        whole_text(description, options)?;
        let model = Trained { name: description.name, graph: self.graph(), agent: None };
        train_made(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let Parts { classes, text, validation, test } = Parts::read(options, recipe)?;
            let graph = of_characters(self.graph(), classes.len())?;
            let net = device.build(&graph)?;
            let windows = Windows::new(text, CONTEXT, TRAIN_STRIDE).map_err(of_part("training"))?;
            let measured_on = |text, part| NextCharacter::new(text).map_err(of_part(part));
            let validation = validation.map(|text| measured_on(text, "validation")).transpose()?;
            let task = WithValidation { task: measured_on(test, "test")?, validation };
            let train = Loader::new(windows, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
            let (items, optimizer, selected_by) = (train.data().len(), recipe.adam(&net), ("validation_nats_per_char", Better::Lower));
            Ok((graph, Prepared { optimizer, net, items, task, selected_by, train, normalize: None, classes }))
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        evaluated(run, device, test_part(run, dataset, data_dir)?)
    }

    fn evaluate_text<D: Machine>(
        &self,
        _: &Description,
        run: &Run,
        device: &D,
        other: Option<&Path>,
    ) -> Result<(Source, Metrics, u64), ModelError> {
        let (source, test) = own_test_part(run, other)?;
        let (metrics, items) = evaluated(run, device, test)?;
        Ok((source, metrics, items))
    }

    fn sample<D: Machine>(&self, description: &Description, run: &Run, device: &D, options: &SampleOptions) -> Result<Samples, ModelError> {
        continued(description, run, options, |count| {
            let net = run.load_graph(&of_characters(self.graph(), count)?, device)?;
            Ok(Writer::new(&net, device)?)
        })
    }
}

fn evaluated<D: Machine>(run: &Run, device: &D, test: Text) -> Result<(Metrics, u64), ModelError> {
    let net = run.load_graph(&of_characters(CharTransformer::<f32, Cpu>::GRAPH, test.vocabulary().len())?, device)?;
    let items = test.characters().len() as u64;
    let mut task = NextCharacter::new(test).map_err(of_part("test"))?;
    Ok((Task::<D::Net, D>::evaluate(&mut task, &net, device)?, items))
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

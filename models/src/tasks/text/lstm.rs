//! [`CharLstm`], trained by truncated backpropagation through time (Williams and Peng, 1990): the state is carried from window to window, gradients are not.

use std::path::Path;

use layercake::dfdx::nn::BuildModule;
use layercake::dfdx::tensor::SplitTape;
use layercake::ir::Graph;
use layercake::loss::{CrossEntropy, try_token_loss};
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::readers::{Streams, Text, WindowBatch};
use layercake_train::data::{Array, Dataset, KnownDataset, Loader};
use layercake_train::run::RunOutcome;
use layercake_train::sequence::Decoder;
use layercake_train::{Metrics, Pass, Step, Task, TrainError, WithValidation, perplexity};

use super::{Beginning, CHARACTERS, Parts, TEST, continued, parts, read, save_samples, whole_text};
use crate::networks::CharLstm;
use crate::tasks::entry::{Description, ModelKind, Run};
use crate::tasks::machine::Machine;
use crate::tasks::run::{Prepared, Trained, train};
use crate::tasks::{built, on_device};
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions};

/// One of the two state tensors of the LSTM: `[batch, 1, 256]`.
type State<D> = Tensor<(usize, Const<1>, Const<WIDTH>), f32, D>;

const WIDTH: usize = 256;
/// Characters in a window.
const WINDOW: usize = 64;
/// Number of streams of the test set, and their window length.
const TEST_STREAMS: (usize, usize) = (16, 128);

/// [`CharLstm`] as a kind of model.
pub(crate) struct CharLstmModel;

impl ModelKind for CharLstmModel {
    fn graph(&self) -> &'static Graph {
        CharLstm::<f32, Cpu>::GRAPH
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        whole_text(description, options)?;
        let model = Trained { name: description.name, graph: self.graph(), agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let Parts { classes, text, validation, test } = parts(options, recipe)?;
            let net = built(<CharLstm as BuildOnDevice<D, f32>>::Built::try_build(device))?;
            let streams = Streams::new(text, recipe.batch_size, WINDOW).map_err(TrainError::from)?;
            let measured_on = |text| Ok::<_, ModelError>(NextCharacter::new(streams_of(text, TEST_STREAMS)?));
            let task = WithValidation { task: measured_on(test)?, validation: validation.map(measured_on).transpose()? };
            let train = Loader::new(streams, recipe.batch_size);
            let (items, optimizer, selected_by) = (train.data().len(), recipe.adam(&net), ("validation_nats_per_char", Better::Lower));
            Ok(Prepared { optimizer, net, items, task, selected_by, train, normalize: None, classes })
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        let net: CharLstm<f32, D> = run.load(device)?;
        let (_, test) = read(dataset, data_dir)?.split(TEST);
        let items = test.characters().len() as u64;
        let mut task = NextCharacter::<D>::new(streams_of(test, TEST_STREAMS)?);
        Ok((Task::<CharLstm<f32, D>, D>::evaluate(&mut task, &net, device)?, items))
    }

    fn sample<D: Machine>(&self, description: &Description, run: &Run, device: &D, options: &SampleOptions) -> Result<Samples, ModelError> {
        continued(description, run, options, || Ok(Writer { net: run.load(device)?, device: device.clone() }))
    }
}

/// Cuts a text into streams and windows: `(rows, window)`.
pub(crate) fn streams_of(test: Text, (rows, window): (usize, usize)) -> Result<Loader<Streams>, ModelError> {
    Ok(Loader::new(Streams::new(test, rows, window).map_err(TrainError::from)?, rows))
}

/// Cross entropy of the next character.
pub(crate) struct NextCharacter<D: Backend<f32>> {
    /// The LSTM's state after the previous window.
    state: Option<[State<D>; 2]>,
    test: Loader<Streams>,
}

impl<D: Backend<f32>> NextCharacter<D> {
    /// Starts with a zero state.
    pub(crate) fn new(test: Loader<Streams>) -> Self {
        Self { state: None, test }
    }

    fn begin(rows: usize, device: &D) -> Result<[State<D>; 2], TrainError> {
        let zeros: State<D> = on_device(device.try_zeros_like(&(rows, Const, Const)))?;
        Ok([zeros.clone(), zeros])
    }
}

impl<D: Backend<f32>> Task<CharLstm<f32, D>, D> for NextCharacter<D> {
    type Batch = WindowBatch;
    const UNIT: &'static str = "windows";

    fn loss(&mut self, net: &mut CharLstm<f32, D>, batch: WindowBatch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let (rows, counts) = (batch.characters.batch_size(), batch.next.as_slice().len());
        let [h, c] = match self.state.take() {
            Some(state) if pass.batch > 0 => state,
            _ => Self::begin(rows, &pass.device)?,
        };
        let characters: Tensor<(usize, usize), usize, D> = batch.characters.into_tensor(&pass.device)?;
        let next: Tensor<(usize, usize), usize, D> = batch.next.into_tensor(&pass.device)?;
        let (scores, h, c) = on_device(net.try_forward_train(characters, h, c, pass.gradients))?;
        self.state = Some([h.split_tape().0, c.split_tape().0]);
        Ok(Step::new(on_device(try_token_loss(&CrossEntropy::default(), scores, &next))?, rows).with_weight(counts as f64))
    }

    fn evaluate(&mut self, net: &CharLstm<f32, D>, device: &D) -> Result<Metrics, TrainError> {
        let [mut h, mut c] = Self::begin(self.test.data().rows(), device)?;
        let (mut nats, mut count) = (0.0, 0);
        for batch in self.test.epoch(1) {
            let WindowBatch { characters, next } = batch?;
            // Each character counts once, whatever the length of its window.
            let counts = next.as_slice().len();
            let characters: Tensor<(usize, usize), usize, D> = characters.into_tensor(device)?;
            let next: Tensor<(usize, usize), usize, D> = next.into_tensor(device)?;
            let (scores, h_n, c_n) = on_device(net.try_forward(characters, h, c))?;
            (h, c) = (h_n, c_n);
            nats += counts as f64 * f64::from(on_device(try_token_loss(&CrossEntropy::default(), scores, &next))?.as_vec()[0]);
            count += counts;
        }
        let nats = nats / count as f64;
        Ok(Metrics::new().with("nats_per_char", nats).with("perplexity", perplexity(nats)))
    }

    fn chance_loss(&self) -> Option<f64> {
        Some((CHARACTERS as f64).ln())
    }

    fn state(&self) -> Vec<(String, Array<f32>)> {
        let names = ["h", "c"].map(str::to_owned);
        names.into_iter().zip(self.state.iter().flatten().map(stored)).collect()
    }

    fn load_state(&mut self, state: Vec<(String, Array<f32>)>, device: &D) -> Result<(), String> {
        let half = |name: &str| {
            let found = state.iter().find(|(known, _)| known == name).map(|(_, array)| array.clone());
            let array = found.ok_or_else(|| format!("it contains no `{name}`"))?;
            array.into_tensor(device).map_err(|error| error.to_string())
        };
        if !state.is_empty() {
            self.state = Some([half("h")?, half("c")?]);
        }
        Ok(())
    }

    /// `samples.txt`
    fn draw(&mut self, net: &CharLstm<f32, D>, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        let writer = Writer { net: net.clone(), device: device.clone() };
        save_samples(&writer, self.test.data().text(), folder)
    }
}

/// The network with the state behind the characters that it has read.
struct Writer<D: Backend<f32>> {
    net: CharLstm<f32, D>,
    device: D,
}

impl<D: Backend<f32>> Decoder for Writer<D> {
    type State = [Array<f32>; 2];
    type Error = TrainError;

    fn step(&self, tokens: &[usize], state: Self::State) -> Result<(Vec<f32>, Self::State), TrainError> {
        let given: Tensor<(usize, usize), usize, D> = Array::new(vec![tokens.len(), 1], tokens.to_vec()).into_tensor(&self.device)?;
        let [h, c] = state;
        let (scores, h, c) = on_device(self.net.try_forward(given, h.into_tensor(&self.device)?, c.into_tensor(&self.device)?))?;
        Ok((scores.as_vec(), [h, c].map(|half| stored(&half))))
    }

    fn select(&self, state: &Self::State, rows: &[usize]) -> Result<Self::State, TrainError> {
        Ok(state.each_ref().map(|half| half.rows(rows)))
    }
}

impl<D: Backend<f32>> Beginning for Writer<D> {
    fn begin(&self) -> Self::State {
        [(); 2].map(|()| Array::new(vec![1, 1, WIDTH], vec![0.0; WIDTH]))
    }
}

fn stored<D: Backend<f32>>(half: &State<D>) -> Array<f32> {
    Array::new(vec![half.shape().0, 1, WIDTH], half.as_vec())
}

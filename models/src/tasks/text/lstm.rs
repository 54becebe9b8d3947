//! [`CharLstm`], trained by truncated backpropagation through time (Williams and Peng, 1990): the state is carried from window to window, gradients are not.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor::SplitTape;
use layercake::ir::{Graph, Shape};
use layercake::loss::{CrossEntropy, try_token_loss};
use layercake::prelude::*;
use layercake_train::data::readers::{Streams, Text, WindowBatch};
use layercake_train::data::{Array, DataError, Loader};
use layercake_train::run::Recipe;
use layercake_train::sequence::Decoder;
use layercake_train::{Metrics, Pass, Step, Task, TrainError, perplexity};

use super::model::CharacterModel;
use super::{Beginning, Scores, of_part, save_samples};
use crate::networks::CharLstm;
use crate::tasks::machine::{Machine, outputs, shaped};
use crate::tasks::on_device;

/// One of the two state tensors of the LSTM: `[batch, 1, 256]`.
type State<D> = Tensor<(usize, Const<1>, Const<WIDTH>), f32, D>;

const WIDTH: usize = 256;
/// Characters in a window.
const WINDOW: usize = 64;
/// Number of streams of the test set, and their window length. A short text has fewer.
const TEST_STREAMS: (usize, usize) = (16, 128);

/// [`CharLstm`] as a language model.
pub(crate) struct CharLstmModel;

impl CharacterModel for CharLstmModel {
    type Windows = Streams;
    type Task<D: Machine> = NextCharacter<D>;
    type Writer<D: Machine> = Writer<D>;

    fn graph() -> &'static Graph {
        CharLstm::<f32, Cpu>::GRAPH
    }

    fn windows(text: Text, recipe: &Recipe) -> Result<Loader<Streams>, TrainError> {
        Ok(Loader::new(Streams::new(text, recipe.batch_size, WINDOW).map_err(too_short)?, recipe.batch_size))
    }

    fn task<D: Machine>(test: Text) -> Result<NextCharacter<D>, DataError> {
        Ok(NextCharacter::new(streams_of(test, TEST_STREAMS)?))
    }

    fn writer<D: Machine>(net: &D::Net, device: &D) -> Result<Writer<D>, TrainError> {
        Writer::new(net, device)
    }
}

/// A text that is too short for the streams of a batch.
fn too_short(error: DataError) -> TrainError {
    match of_part("training")(error) {
        TrainError::Setting(reason) => TrainError::Setting(format!("{reason}; a smaller `--batch-size` has fewer streams")),
        other => other,
    }
}

/// Cuts a text into streams and windows: `(rows, window)`, or as many and as long as it has.
pub(crate) fn streams_of(test: Text, (rows, window): (usize, usize)) -> Result<Loader<Streams>, DataError> {
    let usable = test.characters().len().saturating_sub(1);
    let window = window.min(usable).max(1);
    let rows = rows.min(usable / window).max(1);
    Ok(Loader::new(Streams::new(test, rows, window)?, rows))
}

/// Cross entropy of the next character.
pub(crate) struct NextCharacter<D: Backend<f32>> {
    /// The LSTM's state after the previous window.
    state: Option<[State<D>; 2]>,
    test: Loader<Streams>,
}

/// Scores, and the state behind them.
type Found<D, T> = (Scores<D, T>, [State<D>; 2]);

/// Gradients end at the state.
fn found<D: Backend<f32>, T: Tape<f32, D>>(all: Vec<DynTensor<f32, D, T>>) -> Result<Found<D, T>, TrainError> {
    let [scores, h, c] = outputs(all)?;
    let half = |half| Ok::<_, TrainError>(shaped::<(usize, Const<1>, Const<WIDTH>), D, T>(half)?.split_tape().0);
    Ok((shaped(scores)?, [half(h)?, half(c)?]))
}

impl<D: Machine> NextCharacter<D> {
    /// Starts with a zero state.
    pub(crate) fn new(test: Loader<Streams>) -> Self {
        Self { state: None, test }
    }

    fn begin(rows: usize, device: &D) -> Result<[State<D>; 2], TrainError> {
        let zeros: State<D> = on_device(device.try_zeros_like(&(rows, Const, Const)))?;
        Ok([zeros.clone(), zeros])
    }

    /// The network for windows of another length.
    fn of_windows(net: &D::Net, length: usize) -> Result<D::Net, TrainError> {
        let state = Shape::new(&[1, WIDTH]);
        D::resized(net, &[Shape::new(&[length]), state, state])
    }

    /// What the network is given.
    fn inputs(characters: Array<usize>, [h, c]: [State<D>; 2], device: &D) -> Result<Vec<DynTensor<f32, D>>, TrainError> {
        let half = |half| on_device(DynTensor::try_from_tensor(half));
        Ok(vec![characters.into_ids(device), half(h)?, half(c)?])
    }
}

impl<D: Machine> Task<D::Net, D> for NextCharacter<D> {
    type Batch = WindowBatch;
    const UNIT: &'static str = "windows";

    fn loss(&mut self, net: &mut D::Net, batch: WindowBatch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let (rows, counts) = (batch.characters.batch_size(), batch.next.as_slice().len());
        let state = match self.state.take() {
            Some(state) if pass.batch > 0 => state,
            _ => Self::begin(rows, &pass.device)?,
        };
        let next: Tensor<(usize, usize), usize, D> = batch.next.into_tensor(&pass.device)?;
        let (scores, state) = found(net.try_train(Self::inputs(batch.characters, state, &pass.device)?, pass.gradients)?)?;
        self.state = Some(state);
        Ok(Step::new(on_device(try_token_loss(&CrossEntropy::default(), scores, &next))?, rows).with_weight(counts as f64))
    }

    fn evaluate(&mut self, net: &D::Net, device: &D) -> Result<Metrics, TrainError> {
        let mut state = Self::begin(self.test.data().rows(), device)?;
        let net = Self::of_windows(net, self.test.data().window())?;
        let (mut nats, mut count) = (0.0, 0);
        for batch in self.test.epoch(1) {
            let WindowBatch { characters, next } = batch?;
            // Each character counts once, whatever the length of its window.
            let counts = next.as_slice().len();
            let next: Tensor<(usize, usize), usize, D> = next.into_tensor(device)?;
            let (scores, behind) = found(net.try_infer(Self::inputs(characters, state, device)?)?)?;
            state = behind;
            nats += counts as f64 * f64::from(on_device(try_token_loss(&CrossEntropy::default(), scores, &next))?.as_vec()[0]);
            count += counts;
        }
        let nats = nats / count as f64;
        Ok(Metrics::new().with("nats_per_char", nats).with("perplexity", perplexity(nats)))
    }

    fn chance_loss(&self) -> Option<f64> {
        Some((self.test.data().text().vocabulary().len() as f64).ln())
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
    fn draw(&mut self, net: &D::Net, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        let writer = Writer::<D>::new(net, device)?;
        save_samples(&writer, self.test.data().text(), folder)
    }
}

/// The network with the state behind the characters that it has read.
pub(crate) struct Writer<D: Machine> {
    net: D::Net,
    device: D,
}

impl<D: Machine> Writer<D> {
    fn new(net: &D::Net, device: &D) -> Result<Self, TrainError> {
        Ok(Self { net: NextCharacter::<D>::of_windows(net, 1)?, device: device.clone() })
    }
}

impl<D: Machine> Decoder for Writer<D> {
    type State = [Array<f32>; 2];
    type Error = TrainError;

    fn step(&self, tokens: &[usize], [h, c]: Self::State) -> Result<(Vec<f32>, Self::State), TrainError> {
        let given = Array::new(vec![tokens.len(), 1], tokens.to_vec()).into_ids(&self.device);
        let state = [h.into_dynamic(&self.device)?, c.into_dynamic(&self.device)?];
        let (scores, state) = found(self.net.try_infer([vec![given], state.into()].concat())?)?;
        Ok((scores.as_vec(), state.map(|half| stored(&half))))
    }

    fn select(&self, state: &Self::State, rows: &[usize]) -> Result<Self::State, TrainError> {
        Ok(state.each_ref().map(|half| half.rows(rows)))
    }
}

impl<D: Machine> Beginning for Writer<D> {
    fn begin(&self) -> Self::State {
        [(); 2].map(|()| Array::new(vec![1, 1, WIDTH], vec![0.0; WIDTH]))
    }
}

fn stored<D: Backend<f32>>(half: &State<D>) -> Array<f32> {
    Array::new(vec![half.shape().0, 1, WIDTH], half.as_vec())
}

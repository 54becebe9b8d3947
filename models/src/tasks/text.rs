//! Character-level language models, trained by truncated backpropagation through time (Williams and Peng, 1990): the state is state from
//! window to window, gradients are not.

use std::path::Path;

use layercake::dfdx::nn::BuildModule;
use layercake::dfdx::tensor::SplitTape;
use layercake::io::write_atomically;
use layercake::ir::Graph;
use layercake::loss::{CrossEntropy, try_token_loss};
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::readers::{Streams, Text, WindowBatch};
use layercake_train::data::{Array, Dataset, KnownDataset, Loader};
use layercake_train::run::{Recipe, RunOutcome};
use layercake_train::{Metrics, Pass, Step, Task, TrainError, WithValidation, perplexity};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::run::{Prepared, Trained, train};
use super::{built, on_device};
use crate::networks::CharLstm;
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions};

/// One of the two state tensors of the LSTM: `[batch, 1, 256]`.
type State<D> = Tensor<(usize, Const<1>, Const<WIDTH>), f32, D>;

const WIDTH: usize = 256;
const CHARACTERS: usize = 65;
/// CharacterModel in a window.
const WINDOW: usize = 64;
/// The last tenth of the text is the test set.
const TEST: f64 = 0.1;
/// Number of streams of the test set, and their window length.
const TEST_STREAMS: (usize, usize) = (16, 128);

/// [`CharLstm`] as a kind of model.
pub(crate) struct CharacterModel;

impl ModelKind for CharacterModel {
    fn graph(&self) -> &'static Graph {
        CharLstm::<f32, Cpu>::GRAPH
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        if options.train_size.is_some() {
            let reason = "it reads a text from its beginning to its end, in windows";
            let known = "see `layercake train --help`";
            return Err(ModelError::NoEffect { model: description.name, option: "--train-size", reason, known });
        }
        let model = Trained { name: description.name, graph: self.graph(), agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let text = read(options.dataset, options.data_dir.as_deref())?;
            let classes = text.vocabulary().iter().map(char::to_string).collect();
            let (text, test) = text.split(TEST);
            let (text, validation) = hold_out_text(text, recipe)?;
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
        if options.out.is_some() {
            let (reason, known) = ("text is written to stdout", "--checkpoint, --count, --seed, --prompt, --temperature, --threads");
            return Err(ModelError::NoEffect { model: description.name, option: "--out", reason, known });
        }
        let net: CharLstm<f32, D> = run.load(device)?;
        let Some(config) = &run.config else {
            let text = format!("`{}` needs the config.json of its run beside the checkpoint: it contains the vocabulary", description.name);
            return Err(ModelError::Option(text));
        };
        let vocabulary = Text::new(&config.classes.concat());
        let prompt = options.prompt.as_deref().filter(|prompt| !prompt.is_empty()).unwrap_or("\n");
        let begin = vocabulary.encode(prompt).filter(|_| vocabulary.vocabulary().len() == CHARACTERS).ok_or_else(|| {
            let known: String = vocabulary.vocabulary().iter().collect();
            ModelError::Option(format!("the prompt {prompt:?} contains a character that is not in the vocabulary {known:?}"))
        })?;
        let mut random = StdRng::seed_from_u64(options.seed.unwrap_or(0));
        let characters =
            samples(&net, device, &begin, options.count.unwrap_or(1000), options.temperature.unwrap_or(1.0) as f32, &mut random)?;
        Ok(Samples::Text(vocabulary.decode(&[begin, characters].concat()).trim_start_matches('\n').to_owned()))
    }
}

/// Reads a text whose vocabulary has the size of the network's.
fn read(dataset: KnownDataset, data_dir: Option<&Path>) -> Result<Text, ModelError> {
    let text = dataset.load_text(data_dir).map_err(TrainError::from)?;
    let found = text.vocabulary().len();
    if found != CHARACTERS {
        return Err(ModelError::Option(format!("{dataset}: expected a vocabulary of {CHARACTERS} characters, found {found}")));
    }
    Ok(text)
}

/// Splits off the end of the training text for validation: by default a twelfth. A text is cut, not sampled, so that windows stay contiguous.
fn hold_out_text(text: Text, recipe: &Recipe) -> Result<(Text, Option<Text>), TrainError> {
    let characters = text.characters().len();
    if recipe.held_out(characters) == 0 {
        return Ok((text, None));
    }
    let held = recipe.validation.unwrap_or(characters.div_ceil(12));
    if held >= characters {
        return Err(TrainError::Setting(format!("cannot hold out {held} of {characters} characters: the training part would be empty")));
    }
    let (text, held) = text.split(held as f64 / characters as f64);
    Ok((text, Some(held)))
}

/// Cuts a text into streams and windows: `(rows, window)`.
pub(super) fn streams_of(test: Text, (rows, window): (usize, usize)) -> Result<Loader<Streams>, ModelError> {
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
        let arrays = self.state.iter().flatten().map(|half| Array::new(vec![half.shape().0, 1, WIDTH], half.as_vec()));
        names.into_iter().zip(arrays).collect()
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
        let text = self.test.data().text();
        let begin = text.encode("\n").unwrap_or_else(|| vec![0]);
        let characters = samples(net, device, &begin, 1000, 0.8, &mut StdRng::seed_from_u64(0))?;
        let path = folder.join("samples.txt");
        write_atomically(&path, (text.decode(&characters) + "\n").as_bytes()).map_err(|source| TrainError::File { path, source })
    }
}

/// CharacterModel drawn one after the other, each from the scores that the network gives behind those before it, divided by the temperature.
fn samples<D: Backend<f32>>(
    net: &CharLstm<f32, D>,
    device: &D,
    begin: &[usize],
    count: usize,
    temperature: f32,
    random: &mut StdRng,
) -> Result<Vec<usize>, TrainError> {
    let [mut h, mut c] = NextCharacter::begin(1, device)?;
    let (mut read, mut characters) = (begin.to_vec(), Vec::new());
    for _ in 0..count {
        let given: Tensor<(usize, usize), usize, D> = Array::new(vec![1, read.len()], read.clone()).into_tensor(device)?;
        let (scores, h_n, c_n) = on_device(net.try_forward(given, h, c))?;
        (h, c) = (h_n, c_n);
        let scores = scores.as_vec();
        let last = &scores[(read.len() - 1) * CHARACTERS..];
        let highest = last.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weights: Vec<f32> = last.iter().map(|score| ((score - highest) / temperature).exp()).collect();
        let mut at = random.r#gen::<f32>() * weights.iter().sum::<f32>();
        let character = weights.iter().position(|weight| {
            at -= weight;
            at < 0.0
        });
        characters.push(character.unwrap_or(CHARACTERS - 1));
        read = characters[characters.len() - 1..].to_vec();
    }
    Ok(characters)
}

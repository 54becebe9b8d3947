//! Language models of letters, trained by truncated backpropagation through time (Williams and Peng, 1990): the state goes on from window to window,
//! gradients do not.

use std::path::{Path, PathBuf};

use layercake::dfdx::nn::BuildModule;
use layercake::dfdx::tensor::SplitTape;
use layercake::io::write_atomically;
use layercake::ir::Graph;
use layercake::loss::{CrossEntropy, try_token_loss};
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::readers::{Streams, Text, WindowBatch};
use layercake_train::data::{Array, DataSet, Dataset, Loader};
use layercake_train::run::{Recipe, Summary};
use layercake_train::{Figures, Pass, Seeded, Step, Task, TrainError, Validated, perplexity};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::entry::{Kind, Row, Run};
use super::{built, on_device};
use crate::gallery::CharLstm;
use crate::model::{ModelError, SampleOptions, Sampled, TrainOptions};
use crate::training::{Prepared, Trained, train};

/// Half of a state: `[batch, 1, 256]`.
type State<D> = Tensor<(usize, Const<1>, Const<WIDTH>), f32, D>;

const WIDTH: usize = 256;
const LETTERS: usize = 65;
/// Letters in a window.
const WINDOW: usize = 64;
/// The last tenth of the text is for the test.
const TEST: f64 = 0.1;
/// Streams that the test's part is read in, and their windows.
const TEST_STREAMS: (usize, usize) = (16, 128);

/// The kind of model that [`CharLstm`] is.
pub(crate) struct Letters;

impl Kind for Letters {
    const GRAPH: &'static Graph = CharLstm::<f32, Cpu>::GRAPH;

    fn train<D: Seeded>(row: &Row, device: &D, options: &TrainOptions) -> Result<(PathBuf, Summary), ModelError> {
        let model = Trained { name: row.name, params: Self::GRAPH.params() };
        train(model, device, options, (row.recipe)(options.dataset), |recipe| {
            let text = read(options.dataset, options.data_dir.as_deref())?;
            let classes = text.vocabulary().iter().map(char::to_string).collect();
            let (text, test) = text.split(TEST);
            let (text, validation) = hold_letters_out(text, recipe)?;
            let net = built(<CharLstm as BuildOnDevice<D, f32>>::Built::try_build(device))?;
            let streams = Streams::new(text, recipe.batch_size, WINDOW).map_err(TrainError::from)?;
            let measured_on = |text| Ok::<_, ModelError>(NextLetter::new(streams_of(text, TEST_STREAMS)?));
            let task = Validated { task: measured_on(test)?, validation: validation.map(measured_on).transpose()? };
            let train = Loader::new(streams, recipe.batch_size);
            let (items, optimizer, chosen_by) = (train.data().len(), recipe.adam(&net), ("validation_nats_per_char", Better::Lower));
            Ok(Prepared { optimizer, net, items, task, chosen_by, train, normalise: None, classes })
        })
    }

    fn evaluate(run: &Run, dataset: DataSet, data_dir: Option<&Path>) -> Result<(Figures, u64), ModelError> {
        let device = Cpu::default();
        let net: CharLstm = run.load(&device)?;
        let (_, test) = read(dataset, data_dir)?.split(TEST);
        let items = test.letters().len() as u64;
        let mut task = NextLetter::<Cpu>::new(streams_of(test, TEST_STREAMS)?);
        Ok((Task::<CharLstm, Cpu>::evaluate(&mut task, &net, &device)?, items))
    }

    fn sample(row: &Row, run: &Run, options: &SampleOptions) -> Result<Sampled, ModelError> {
        if options.out.is_some() {
            let (reason, known) = ("its text goes to stdout", "--checkpoint, --count, --seed, --prompt, --temperature, --threads");
            return Err(ModelError::NoEffect { model: row.name, option: "--out", reason, known });
        }
        let device = Cpu::default();
        let net: CharLstm = run.load(&device)?;
        let Some(config) = &run.config else {
            let text = format!("`{}` needs the config.json of its run beside the checkpoint: it says which letters there are", row.name);
            return Err(ModelError::Option(text));
        };
        let vocabulary = Text::new(&config.classes.concat());
        let prompt = options.prompt.as_deref().filter(|prompt| !prompt.is_empty()).unwrap_or("\n");
        let begin = vocabulary.encode(prompt).filter(|_| vocabulary.vocabulary().len() == LETTERS).ok_or_else(|| {
            let known: String = vocabulary.vocabulary().iter().collect();
            ModelError::Option(format!("a letter of the prompt {prompt:?} is none that the model knows; it knows {known:?}"))
        })?;
        let mut random = StdRng::seed_from_u64(options.seed);
        let letters =
            samples(&net, &device, &begin, options.count.unwrap_or(1000), options.temperature.unwrap_or(1.0) as f32, &mut random)?;
        Ok(Sampled::Text(vocabulary.decode(&[begin, letters].concat()).trim_start_matches('\n').to_owned()))
    }
}

/// The text of a set, whose letters are as many as the network's.
fn read(dataset: DataSet, data_dir: Option<&Path>) -> Result<Text, ModelError> {
    let text = dataset.load_text(data_dir).map_err(TrainError::from)?;
    let found = text.vocabulary().len();
    if found != LETTERS {
        return Err(ModelError::Option(format!("{dataset}: the model is made for texts of {LETTERS} letters, but this one has {found}")));
    }
    Ok(text)
}

/// What is learned from, and the end of it, which is held out to choose by: a text is cut and not drawn from. Where nobody says how much that
/// is, a twelfth.
fn hold_letters_out(text: Text, recipe: &Recipe) -> Result<(Text, Option<Text>), TrainError> {
    let letters = text.letters().len();
    if recipe.held_out(letters) == 0 {
        return Ok((text, None));
    }
    let held = recipe.validation.unwrap_or(letters.div_ceil(12));
    if held >= letters {
        return Err(TrainError::Setting(format!("{held} of {letters} letters cannot be held out: there must be some to learn from")));
    }
    let (text, held) = text.split(held as f64 / letters as f64);
    Ok((text, Some(held)))
}

/// A text in so many streams, and windows of so many letters.
pub(super) fn streams_of(test: Text, (rows, window): (usize, usize)) -> Result<Loader<Streams>, ModelError> {
    Ok(Loader::new(Streams::new(test, rows, window).map_err(TrainError::from)?, rows))
}

/// Cross entropy of each letter's successor.
pub(crate) struct NextLetter<D: Backend<f32>> {
    /// What the network remembers of the letters before.
    state: Option<[State<D>; 2]>,
    test: Loader<Streams>,
}

impl<D: Backend<f32>> NextLetter<D> {
    /// With nothing remembered yet.
    pub(crate) fn new(test: Loader<Streams>) -> Self {
        Self { state: None, test }
    }

    fn begin(rows: usize, device: &D) -> Result<[State<D>; 2], TrainError> {
        let zeros: State<D> = on_device(device.try_zeros_like(&(rows, Const, Const)))?;
        Ok([zeros.clone(), zeros])
    }
}

impl<D: Backend<f32>> Task<CharLstm<f32, D>, D> for NextLetter<D> {
    type Batch = WindowBatch;
    const UNIT: &'static str = "windows";

    fn loss(&mut self, net: &mut CharLstm<f32, D>, batch: WindowBatch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let (rows, counts) = (batch.letters.batch(), batch.next.numbers().len());
        let [h, c] = match self.state.take() {
            Some(state) if pass.batch > 0 => state,
            _ => Self::begin(rows, &pass.device)?,
        };
        let letters: Tensor<(usize, usize), usize, D> = batch.letters.on(&pass.device)?;
        let next: Tensor<(usize, usize), usize, D> = batch.next.on(&pass.device)?;
        let (scores, h, c) = on_device(net.try_forward_train(letters, h, c, pass.gradients))?;
        self.state = Some([h.split_tape().0, c.split_tape().0]);
        Ok(Step::new(on_device(try_token_loss(&CrossEntropy::default(), scores, &next))?, rows).weighing(counts as f64))
    }

    fn evaluate(&mut self, net: &CharLstm<f32, D>, device: &D) -> Result<Figures, TrainError> {
        let [mut h, mut c] = Self::begin(self.test.data().rows(), device)?;
        let (mut nats, mut count) = (0.0, 0);
        for batch in self.test.epoch(1) {
            let WindowBatch { letters, next } = batch?;
            // Each letter counts once, however long its window is.
            let counts = next.numbers().len();
            let letters: Tensor<(usize, usize), usize, D> = letters.on(device)?;
            let next: Tensor<(usize, usize), usize, D> = next.on(device)?;
            let (scores, h_n, c_n) = on_device(net.try_forward(letters, h, c))?;
            (h, c) = (h_n, c_n);
            nats += counts as f64 * f64::from(on_device(try_token_loss(&CrossEntropy::default(), scores, &next))?.as_vec()[0]);
            count += counts;
        }
        let nats = nats / count as f64;
        Ok(Figures::new().with("nats_per_char", nats).with("perplexity", perplexity(nats)))
    }

    fn carried(&self) -> Vec<(String, Array<f32>)> {
        let names = ["h", "c"].map(str::to_owned);
        let arrays = self.state.iter().flatten().map(|half| Array::new(vec![half.shape().0, 1, WIDTH], half.as_vec()));
        names.into_iter().zip(arrays).collect()
    }

    fn carry_on(&mut self, carried: Vec<(String, Array<f32>)>) -> Result<(), String> {
        let half = |name: &str| {
            let found = carried.iter().find(|(known, _)| known == name).map(|(_, array)| array.clone());
            let array = found.ok_or_else(|| format!("it holds no `{name}`"))?;
            array.on(&D::default()).map_err(|error| error.to_string())
        };
        if !carried.is_empty() {
            self.state = Some([half("h")?, half("c")?]);
        }
        Ok(())
    }

    /// `samples.txt`
    fn draw(&mut self, net: &CharLstm<f32, D>, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        let text = self.test.data().text();
        let begin = text.encode("\n").unwrap_or_else(|| vec![0]);
        let letters = samples(net, device, &begin, 1000, 0.8, &mut StdRng::seed_from_u64(0))?;
        let path = folder.join("samples.txt");
        write_atomically(&path, (text.decode(&letters) + "\n").as_bytes()).map_err(|source| TrainError::File { path, source })
    }
}

/// Letters drawn one after the other, each from the scores that the network gives behind those before it, divided by the temperature.
fn samples<D: Backend<f32>>(
    net: &CharLstm<f32, D>,
    device: &D,
    begin: &[usize],
    count: usize,
    temperature: f32,
    random: &mut StdRng,
) -> Result<Vec<usize>, TrainError> {
    let [mut h, mut c] = NextLetter::begin(1, device)?;
    let (mut read, mut letters) = (begin.to_vec(), Vec::new());
    for _ in 0..count {
        let given: Tensor<(usize, usize), usize, D> = Array::new(vec![1, read.len()], read.clone()).on(device)?;
        let (scores, h_n, c_n) = on_device(net.try_forward(given, h, c))?;
        (h, c) = (h_n, c_n);
        let scores = scores.as_vec();
        let last = &scores[(read.len() - 1) * LETTERS..];
        let highest = last.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weights: Vec<f32> = last.iter().map(|score| ((score - highest) / temperature).exp()).collect();
        let mut at = random.r#gen::<f32>() * weights.iter().sum::<f32>();
        let letter = weights.iter().position(|weight| {
            at -= weight;
            at < 0.0
        });
        letters.push(letter.unwrap_or(LETTERS - 1));
        read = letters[letters.len() - 1..].to_vec();
    }
    Ok(letters)
}

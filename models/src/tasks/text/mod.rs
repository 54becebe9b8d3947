//! Character-level language models.

mod cache;
mod lstm;
#[cfg(test)]
mod tests;
pub(super) mod transformer;

use std::path::Path;

use layercake_train::TrainError;
use layercake_train::data::KnownDataset;
use layercake_train::data::readers::Text;
use layercake_train::run::Recipe;
use layercake_train::sequence::{Decoder, Limits, Sampler, draw};
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;

pub(crate) use self::lstm::CharLstmModel;
#[cfg(test)]
pub(super) use self::lstm::{NextCharacter, streams_of};
pub(crate) use self::transformer::CharTransformerModel;
use super::entry::{Description, Run};
use super::save_text;
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions};

const CHARACTERS: usize = 65;
/// The last tenth of the text is the test set.
const TEST: f64 = 0.1;
/// Characters that are written by default.
const WRITTEN: usize = 1000;

/// Reads a text whose vocabulary has the size of the networks'.
fn read(dataset: KnownDataset, data_dir: Option<&Path>) -> Result<Text, ModelError> {
    let text = dataset.load_text(data_dir).map_err(TrainError::from)?;
    let found = text.vocabulary().len();
    if found != CHARACTERS {
        return Err(ModelError::Option(format!("{dataset}: expected a vocabulary of {CHARACTERS} characters, found {found}")));
    }
    Ok(text)
}

/// A text for training.
struct Parts {
    classes: Vec<String>,
    text: Text,
    validation: Option<Text>,
    test: Text,
}

/// Reads a text and splits it.
fn parts(options: &TrainOptions, recipe: &Recipe) -> Result<Parts, ModelError> {
    let text = read(options.dataset, options.data_dir.as_deref())?;
    let classes = text.vocabulary().iter().map(char::to_string).collect();
    let (text, test) = text.split(TEST);
    let (text, validation) = hold_out_text(text, recipe)?;
    Ok(Parts { classes, text, validation, test })
}

/// Refuses a part of the text.
fn whole_text(description: &Description, options: &TrainOptions) -> Result<(), ModelError> {
    if options.train_size.is_none() {
        return Ok(());
    }
    let (reason, known) = ("it reads a text from its beginning to its end, in windows", "see `layercake train --help`");
    Err(ModelError::NoEffect { model: description.name, option: "--train-size", reason, known })
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

/// A network that writes a text, from its beginning.
trait Beginning: Decoder<Error = TrainError> {
    /// The state of one sequence before the first character.
    fn begin(&self) -> Self::State;
}

/// Characters drawn one after the other behind those of a prompt, which has at least one.
fn written<W: Beginning>(
    writer: &W,
    prompt: &[usize],
    longest: usize,
    sampler: &Sampler,
    random: &mut impl Rng,
) -> Result<Vec<usize>, TrainError> {
    let (&last, before) = prompt.split_last().ok_or_else(|| TrainError::Setting("the prompt is empty".to_owned()))?;
    let state = before.iter().try_fold(writer.begin(), |state, &character| Ok::<_, TrainError>(writer.step(&[character], state)?.1))?;
    // A text has no end: none of its characters is one.
    let limits = Limits { start: last, end: CHARACTERS, longest };
    Ok(draw(writer, state, 1, limits, sampler, random)?.concat())
}

/// What `layercake sample` writes behind its prompt.
fn continued<W: Beginning>(
    description: &Description,
    run: &Run,
    options: &SampleOptions,
    writer: impl FnOnce() -> Result<W, ModelError>,
) -> Result<Samples, ModelError> {
    if options.out.is_some() {
        let known = "--checkpoint, --count, --seed, --prompt, --temperature, --top-k, --top-p, --threads";
        return Err(ModelError::NoEffect { model: description.name, option: "--out", reason: "text is written to stdout", known });
    }
    let writer = writer()?;
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
    let sampler = Sampler { temperature: options.temperature.unwrap_or(1.0), top_k: options.top_k, top_p: options.top_p };
    let mut random = StdRng::seed_from_u64(options.seed.unwrap_or(0));
    let characters = written(&writer, &begin, options.count.unwrap_or(WRITTEN), &sampler, &mut random)?;
    Ok(Samples::Text(vocabulary.decode(&[begin, characters].concat()).trim_start_matches('\n').to_owned()))
}

/// `samples.txt`: what the network writes behind a line break.
fn save_samples<W: Beginning>(writer: &W, text: &Text, folder: &Path) -> Result<(), TrainError> {
    let begin = text.encode("\n").unwrap_or_else(|| vec![0]);
    let sampler = Sampler { temperature: 0.8, ..Sampler::default() };
    let characters = written(writer, &begin, WRITTEN, &sampler, &mut StdRng::seed_from_u64(0))?;
    save_text(&folder.join("samples.txt"), &(text.decode(&characters) + "\n"))
}

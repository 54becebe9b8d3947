//! Character-level language models.

mod cache;
mod lstm;
mod model;
mod parts;
#[cfg(test)]
mod tests;
pub(super) mod transformer;

use std::path::Path;

use layercake::ir::ops::{Embedding, Linear, Sizes, Split};
use layercake::ir::{Graph, Op};
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::DataError;
use layercake_train::data::readers::Text;
use layercake_train::sequence::{Decoder, Limits, Sampler, draw};
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;

pub(crate) use self::lstm::CharLstmModel;
#[cfg(test)]
pub(super) use self::lstm::{NextCharacter, streams_of};
pub(crate) use self::model::Characters;
use self::parts::{needs_config, vocabulary};
pub(crate) use self::transformer::CharTransformerModel;
use super::entry::{Description, Run};
use super::save_text;
use crate::zoo::{ModelError, SampleOptions, Samples};

/// The characters of the declared networks: those of tiny-shakespeare.
const CHARACTERS: usize = 65;
/// Characters that are written by default.
const WRITTEN: usize = 1000;

/// The network for texts of so many different characters.
fn of_characters(graph: &Graph, count: usize) -> Result<Graph, TrainError> {
    if count == CHARACTERS {
        return Ok(graph.clone());
    }
    let sized = graph.inlined().with_ops(|_, node| match node.op {
        Op::Embedding(table) if table.num_embeddings == CHARACTERS => Embedding { num_embeddings: count, ..table }.into(),
        Op::Linear(linear) if linear.out_features == CHARACTERS => Linear { out_features: count, ..linear }.into(),
        Op::Split(Split { sizes, axis }) => {
            let sizes: Vec<usize> = sizes.as_slice().iter().map(|&size| if size == CHARACTERS { count } else { size }).collect();
            Split { sizes: Sizes::new(&sizes), axis }.into()
        }
        op => op,
    });
    sized.map_err(|mistake| TrainError::Network(mistake.to_string()))
}

/// The number of characters that a network knows.
fn characters_of(graph: &Graph) -> usize {
    graph.outputs()[0].shape.dims()[1]
}

/// A mistake in the sizes of a part of the text.
fn of_part(part: &str) -> impl Fn(DataError) -> TrainError {
    move |error| match error {
        DataError::Transform { reason } => TrainError::Setting(format!("the {part} part: {reason}")),
        other => other.into(),
    }
}

/// Logits `[rows, characters, vocabulary]`.
type Scores<D, T = NoneTape> = Tensor<(usize, usize, usize), f32, D, T>;

/// A network that writes a text, from its beginning.
pub(crate) trait Beginning: Decoder<Error = TrainError> {
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
    let limits = Limits { start: last, end: usize::MAX, longest };
    Ok(draw(writer, state, 1, limits, sampler, random)?.concat())
}

/// What `layercake sample` writes behind its prompt.
fn continued<W: Beginning>(
    description: &Description,
    run: &Run,
    options: &SampleOptions,
    writer: impl FnOnce(usize) -> Result<W, ModelError>,
) -> Result<Samples, ModelError> {
    if options.out.is_some() {
        let known = "--checkpoint, --count, --seed, --prompt, --temperature, --top-k, --top-p, --threads";
        return Err(ModelError::NoEffect { model: description.name, option: "--out", reason: "text is written to stdout", known });
    }
    let Some(vocabulary) = vocabulary(run) else { return Err(ModelError::Option(needs_config(&run.checkpoint))) };
    let writer = writer(vocabulary.vocabulary().len())?;
    let begin = match options.prompt.as_deref().filter(|prompt| !prompt.is_empty()) {
        None => beginning(&vocabulary),
        Some(prompt) => vocabulary.encode(prompt).ok_or_else(|| {
            let known: String = vocabulary.vocabulary().iter().collect();
            ModelError::Option(format!("the prompt {prompt:?} contains a character that is not in the vocabulary {known:?}"))
        })?,
    };
    let sampler = Sampler { temperature: options.temperature.unwrap_or(1.0), top_k: options.top_k, top_p: options.top_p };
    let mut random = StdRng::seed_from_u64(options.seed.unwrap_or(0));
    let characters = written(&writer, &begin, options.count.unwrap_or(WRITTEN), &sampler, &mut random)?;
    Ok(Samples::Text(vocabulary.decode(&[begin, characters].concat()).trim_start_matches('\n').to_owned()))
}

/// What the network writes behind if nothing is asked for: a line break, or the first character of a text that has none.
fn beginning(text: &Text) -> Vec<usize> {
    text.encode("\n").unwrap_or_else(|| vec![0])
}

/// `samples.txt`: what the network writes behind a line break.
fn save_samples<W: Beginning>(writer: &W, text: &Text, folder: &Path) -> Result<(), TrainError> {
    let begin = beginning(text);
    let sampler = Sampler { temperature: 0.8, ..Sampler::default() };
    let characters = written(writer, &begin, WRITTEN, &sampler, &mut StdRng::seed_from_u64(0))?;
    save_text(&folder.join("samples.txt"), &(text.decode(&characters) + "\n"))
}

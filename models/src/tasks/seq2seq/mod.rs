//! Sequence to sequence: sums of two numbers, from text to text.

mod letters;
mod task;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;

use layercake::ir::Graph;
use layercake::schedule::Better;
use layercake_train::data::{Dataset, KnownDataset, Loader};
use layercake_train::run::RunOutcome;
use layercake_train::sequence::{BeamSearch, TokenPair, beam_search};
use layercake_train::{Metrics, Task, TrainError, WithValidation};

use self::letters::{LIMITS, Pairs, decode, encode_source};
use self::task::Translation;
use self::writer::Writer;
use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::run::{Prepared, TEST_BATCH, Trained, train};
use crate::networks::{AttentionSeq2Seq, Seq2Seq};
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions, Variant};

/// Addition as a translation.
pub(crate) struct Addition;

const VARIANTS: &[Variant] =
    &[Variant { name: "plain", graph: Seq2Seq::GRAPH }, Variant { name: "attention", graph: AttentionSeq2Seq::GRAPH }];

/// How answers are looked for by `layercake sample`.
const BEAM: BeamSearch = BeamSearch { width: 5, length_penalty: 0.0 };

impl ModelKind for Addition {
    fn graph(&self) -> &'static Graph {
        VARIANTS[0].graph
    }

    fn variants(&self) -> &'static [Variant] {
        VARIANTS
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let chosen = Variant::named(VARIANTS, description.name, options.variant.as_deref())?;
        let model = Trained { name: description.name, graph: chosen.graph, agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let [train, test] = pairs(options.dataset)?;
            let [rest, held] = recipe.parts(train.len())?;
            let part = |indices: &[usize]| Pairs(indices.iter().map(|&index| train.0[index].clone()).collect());
            let validation = (!held.is_empty()).then(|| measured_on(part(&held)));
            let net = device.build(chosen.graph)?;
            let (items, optimizer) = (rest.len(), recipe.adam(&net));
            let train = Loader::new(part(&rest), recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
            let (task, selected_by) = (WithValidation { task: measured_on(test), validation }, ("validation_exact_match", Better::Higher));
            Ok(Prepared { net, optimizer, items, train, task, selected_by, normalize: None, classes: Vec::new() })
        })
    }

    fn evaluate<D: Machine>(&self, run: &Run, device: &D, dataset: KnownDataset, _: Option<&Path>) -> Result<(Metrics, u64), ModelError> {
        let net = run.load_graph(run.variant(VARIANTS)?.graph, device)?;
        let [_, test] = pairs(dataset)?;
        let items = test.len() as u64;
        Ok((Task::<D::Net, D>::evaluate(&mut measured_on(test), &net, device)?, items))
    }

    /// The likeliest answers to the prompt, each with its probability.
    fn sample<D: Machine>(&self, description: &Description, run: &Run, device: &D, options: &SampleOptions) -> Result<Samples, ModelError> {
        let known = "--checkpoint, --prompt, --count";
        let given = [("--out", options.out.is_some()), ("--temperature", options.temperature.is_some())];
        if let Some((option, _)) = given.into_iter().find(|(_, given)| *given) {
            let reason = "it writes the likeliest answers to stdout";
            return Err(ModelError::NoEffect { model: description.name, option, reason, known });
        }
        let prompt = options.prompt.as_deref().unwrap_or("123+456");
        let source = encode_source(prompt).ok_or_else(|| {
            ModelError::Option(format!("the prompt {prompt:?} is not a sum of two numbers of at most three digits, such as `123+456`"))
        })?;
        let net = run.load_graph(run.variant(VARIANTS)?.graph, device)?;
        let writer = Writer::new(&net, device)?;
        let search = BeamSearch { width: options.count.unwrap_or(BEAM.width), ..BEAM };
        let found = beam_search(&writer, writer.read(vec![source])?, &search, LIMITS)?;
        let line = |hypothesis: &layercake_train::sequence::Hypothesis| {
            format!("{prompt} = {}  ({:.2} %)", decode(&hypothesis.tokens), 100.0 * hypothesis.log_probability.exp())
        };
        Ok(Samples::Text(found.iter().map(line).collect::<Vec<_>>().join("\n")))
    }
}

/// The training and test pairs as tokens.
fn pairs(dataset: KnownDataset) -> Result<[Pairs; 2], TrainError> {
    let encoded = |pairs: Vec<layercake_train::data::TextPair>| Pairs(pairs.iter().filter_map(letters::encode).collect::<Vec<TokenPair>>());
    Ok(dataset.load_text_pairs()?.map(encoded))
}

fn measured_on(test: Pairs) -> Translation {
    Translation { test: Loader::new(test, TEST_BATCH) }
}

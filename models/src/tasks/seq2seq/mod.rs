//! Sequence to sequence: sums of two numbers, and numbers in English and French words.

mod language;
mod task;
#[cfg(test)]
mod tests;

use std::path::Path;

use layercake::ir::Graph;
use layercake::schedule::Better;
use layercake_train::data::{Dataset, KnownDataset, Loader};
use layercake_train::run::RunOutcome;
use layercake_train::sequence::{BeamSearch, Hypothesis, Sampler, beam_search, draw};
use layercake_train::{Metrics, Task, WithValidation};
use rand::SeedableRng;
use rand::rngs::StdRng;

use self::language::{Language, Pairs};
use self::task::{Translation, Translator};
use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::run::{Prepared, TEST_BATCH, Trained, train};
use crate::networks::{AttentionSeq2Seq, Seq2Seq};
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions, Variant};

/// Translation of short texts.
pub(crate) struct Translations;

const VARIANTS: &[Variant] =
    &[Variant { name: "plain", graph: Seq2Seq::GRAPH }, Variant { name: "attention", graph: AttentionSeq2Seq::GRAPH }];

/// How many answers `layercake sample` writes by default.
const ANSWERS: usize = 5;

impl ModelKind for Translations {
    fn graph(&self) -> &'static Graph {
        VARIANTS[0].graph
    }

    fn graph_on(&self, dataset: KnownDataset) -> &'static Graph {
        network(dataset, &VARIANTS[0])
    }

    fn variants(&self) -> &'static [Variant] {
        VARIANTS
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let chosen = Variant::named(VARIANTS, description.name, options.variant.as_deref())?;
        let graph = network(options.dataset, chosen);
        let model = Trained { name: description.name, graph, agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let language = Language::of(options.dataset);
            let [train, test] = language.pairs(options.dataset)?;
            let [rest, held] = recipe.parts(train.len())?;
            let part = |indices: &[usize]| Pairs(indices.iter().map(|&index| train.0[index].clone()).collect());
            let validation = (!held.is_empty()).then(|| measured_on(language, part(&held)));
            let net = device.build(graph)?;
            let (items, optimizer) = (rest.len(), recipe.adam(&net));
            let train = Loader::new(part(&rest), recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
            let (task, selected_by) =
                (WithValidation { task: measured_on(language, test), validation }, ("validation_exact_match", Better::Higher));
            Ok(Prepared { net, optimizer, items, train, task, selected_by, normalize: None, classes: Vec::new() })
        })
    }

    fn evaluate<D: Machine>(&self, run: &Run, device: &D, dataset: KnownDataset, _: Option<&Path>) -> Result<(Metrics, u64), ModelError> {
        let net = run.load_graph(network(dataset, run.variant(VARIANTS)?), device)?;
        let language = Language::of(dataset);
        let [_, test] = language.pairs(dataset)?;
        let items = test.len() as u64;
        Ok((Task::<D::Net, D>::evaluate(&mut measured_on(language, test), &net, device)?, items))
    }

    /// The likeliest answers to the prompt, each with its probability; with a temperature answers that are drawn.
    fn sample<D: Machine>(&self, description: &Description, run: &Run, device: &D, options: &SampleOptions) -> Result<Samples, ModelError> {
        let no_effect = |option, reason| {
            let known = "--checkpoint, --prompt, --count, --temperature, --top-k, --top-p, --seed";
            Err(ModelError::NoEffect { model: description.name, option, reason, known })
        };
        if options.out.is_some() {
            return no_effect("--out", "answers are written to stdout");
        }
        let of_draws = [("--seed", options.seed.is_some()), ("--top-k", options.top_k.is_some()), ("--top-p", options.top_p.is_some())];
        if let Some((option, _)) = of_draws.into_iter().find(|(_, given)| *given && options.temperature.is_none()) {
            return no_effect(option, "without `--temperature` it looks for the likeliest answers");
        }
        let dataset = run.config.as_ref().and_then(|config| config.source.dataset()).unwrap_or(description.dataset);
        let language = Language::of(dataset);
        let prompt = options.prompt.as_deref().unwrap_or(language.prompt);
        let source = language
            .encode_source(prompt)
            .ok_or_else(|| ModelError::Option(format!("the prompt {prompt:?} is not {}", language.expects)))?;
        let net = run.load_graph(network(dataset, run.variant(VARIANTS)?), device)?;
        let (translator, count) = (Translator::<D>::new(&net, device)?, options.count.unwrap_or(ANSWERS));
        let (writer, limits) = (&translator.writer, language.vocabulary.limits);
        let lines: Vec<String> = match options.temperature {
            None => {
                let search = BeamSearch { width: count, length_penalty: 0.0 };
                let found = beam_search(writer, translator.read(vec![source])?, &search, limits)?;
                let percent = |found: &Hypothesis| 100.0 * found.log_probability.exp();
                found.iter().map(|found| format!("{prompt} = {}  ({:.2} %)", language.decode(&found.tokens), percent(found))).collect()
            }
            Some(temperature) => {
                let sampler = Sampler { temperature, top_k: options.top_k, top_p: options.top_p };
                let mut random = StdRng::seed_from_u64(options.seed.unwrap_or(0));
                let found = draw(writer, translator.read(vec![source; count])?, count, limits, &sampler, &mut random)?;
                found.iter().map(|tokens| format!("{prompt} = {}", language.decode(tokens))).collect()
            }
        };
        Ok(Samples::Text(lines.join("\n")))
    }
}

/// The network of a variant for a data set.
fn network(dataset: KnownDataset, variant: &Variant) -> &'static Graph {
    let Language { plain, attention, .. } = Language::of(dataset);
    if variant.name == VARIANTS[1].name { attention.whole } else { plain.whole }
}

fn measured_on(language: &'static Language, test: Pairs) -> Translation {
    Translation { language, test: Loader::new(test, TEST_BATCH) }
}

//! Sequence to sequence: sums of two numbers, from text to text.

mod letters;
mod task;
#[cfg(test)]
mod tests;

use std::path::Path;

use layercake::ir::Graph;
use layercake::schedule::Better;
use layercake_train::data::{Dataset, KnownDataset, Loader, TextPair};
use layercake_train::run::RunOutcome;
use layercake_train::sequence::{BeamSearch, Hypothesis, Sampler, TokenPair, beam_search, draw};
use layercake_train::{Metrics, Task, TrainError, WithValidation};
use rand::SeedableRng;
use rand::rngs::StdRng;

use self::letters::{LIMITS, Pairs, decode, encode_source};
use self::task::{Translation, read, writer};
use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::run::{Prepared, TEST_BATCH, Trained, train};
use crate::networks::{AttentionSeq2Seq, Seq2Seq};
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions, Variant};

/// Addition as a translation.
pub(crate) struct Addition;

const VARIANTS: &[Variant] =
    &[Variant { name: "plain", graph: Seq2Seq::GRAPH }, Variant { name: "attention", graph: AttentionSeq2Seq::GRAPH }];

/// How many answers `layercake sample` writes by default.
const ANSWERS: usize = 5;

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
        let prompt = options.prompt.as_deref().unwrap_or("123+456");
        let source = encode_source(prompt).ok_or_else(|| {
            ModelError::Option(format!("the prompt {prompt:?} is not a sum of two numbers of at most three digits, such as `123+456`"))
        })?;
        let net = run.load_graph(run.variant(VARIANTS)?.graph, device)?;
        let (writer, count) = (writer(&net, device)?, options.count.unwrap_or(ANSWERS));
        let lines: Vec<String> = match options.temperature {
            None => {
                let search = BeamSearch { width: count, length_penalty: 0.0 };
                let found = beam_search(&writer, read(&writer, device, vec![source])?, &search, LIMITS)?;
                let percent = |found: &Hypothesis| 100.0 * found.log_probability.exp();
                found.iter().map(|found| format!("{prompt} = {}  ({:.2} %)", decode(&found.tokens), percent(found))).collect()
            }
            Some(temperature) => {
                let sampler = Sampler { temperature, top_k: options.top_k, top_p: options.top_p };
                let mut random = StdRng::seed_from_u64(options.seed.unwrap_or(0));
                let found = draw(&writer, read(&writer, device, vec![source; count])?, count, LIMITS, &sampler, &mut random)?;
                found.iter().map(|tokens| format!("{prompt} = {}", decode(tokens))).collect()
            }
        };
        Ok(Samples::Text(lines.join("\n")))
    }
}

/// The training and test pairs as tokens.
fn pairs(dataset: KnownDataset) -> Result<[Pairs; 2], TrainError> {
    let encoded = |pairs: Vec<TextPair>| Pairs(pairs.iter().filter_map(letters::encode).collect::<Vec<TokenPair>>());
    Ok(dataset.load_text_pairs()?.map(encoded))
}

fn measured_on(test: Pairs) -> Translation {
    Translation { test: Loader::new(test, TEST_BATCH) }
}

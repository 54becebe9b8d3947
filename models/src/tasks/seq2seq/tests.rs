//! The decoder by steps, and training.

use layercake::AnyNetwork;
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::{number_words, sums};
use layercake_train::sequence::{Decoder, PadSide, Ragged};
use layercake_train::{Trainer, Until};

use super::language::{NUMBERS, PAD, SUMS};
use super::*;

const BOTH: [KnownDataset; 2] = [KnownDataset::Sums, KnownDataset::NumberWords];

fn some(dataset: KnownDataset, count: usize) -> Pairs {
    let [train, _] = if dataset == KnownDataset::Sums { sums([count, 1], 5) } else { number_words([count, 1], 5) };
    let pairs = Language::of(dataset).encoded(&train);
    assert_eq!(pairs.0.len(), count, "all can be encoded");
    pairs
}

/// Tokens that are written one by one, with the state carried, get the logits of all of them at once.
#[test]
fn steps_are_the_whole() {
    for (dataset, variant) in BOTH.into_iter().flat_map(|dataset| VARIANTS.iter().map(move |variant| (dataset, variant))) {
        let (device, graph, language) = (Cpu::seed_from_u64(1), network(dataset, variant), Language::of(dataset));
        let (length, source) = (language.vocabulary.length(), language.source);
        let net = Machine::build(&device, graph).unwrap();
        let pairs = some(dataset, 6).0;
        let sources = Ragged(pairs.iter().map(|pair| pair.source.clone()).collect());
        let targets = Ragged(pairs.iter().map(|pair| pair.target.clone()).collect());
        let given = targets.starting_with(language.vocabulary.limits.start).padded(length, PAD, PadSide::Right).unwrap();
        let mut inputs = vec![sources.padded(source, PAD, PadSide::Left).unwrap().into_ids(&device), given.clone().into_ids(&device)];
        if inputs.len() < graph.inputs().len() {
            inputs.push(sources.attention_mask(source, PadSide::Left).unwrap().into_dynamic(&device).unwrap());
        }
        let whole = net.try_infer(inputs).unwrap()[0].to_vec();
        let translator = Translator::<Cpu>::new(&net, &device).unwrap();
        let mut state = translator.read(sources.0.clone()).unwrap();
        for at in 0..length {
            let tokens: Vec<usize> = given.as_slice().iter().skip(at).step_by(length).copied().collect();
            let (scores, next) = translator.writer.step(&tokens, state).unwrap();
            let classes = scores.len() / tokens.len();
            for (row, scores) in scores.chunks_exact(classes).enumerate() {
                let expected = &whole[(row * length + at) * classes..][..classes];
                assert!(scores.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{dataset}, {}, step {at}", variant.name);
            }
            if let Some(weights) = &next.weights {
                // Nothing is looked for in padding.
                for (tokens, weights) in sources.0.iter().zip(weights.as_slice().chunks_exact(source)) {
                    let padding = &weights[..source - tokens.len()];
                    assert!(padding.iter().all(|&weight| weight == 0.0) && (weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
                }
            }
            state = next;
        }
    }
}

#[test]
fn both_variants_learn() {
    for (dataset, variant) in [(BOTH[0], &VARIANTS[0]), (BOTH[0], &VARIANTS[1]), (BOTH[1], &VARIANTS[1])] {
        let (device, language, name) = (Cpu::seed_from_u64(1), Language::of(dataset), variant.name);
        let mut net = Machine::build(&device, network(dataset, variant)).unwrap();
        let (data, mut task) = (Loader::new(some(dataset, 64), 16).shuffle(1), measured_on(language, some(dataset, 64)));
        let mut optimizer = Adam::new(&net, AdamConfig { lr: 1e-2, ..Default::default() });
        let history = Trainer::new(Until::Epochs(12)).fit(&mut net, &device, &mut optimizer, &mut task, &data).unwrap();
        let loss = |epoch: usize| history[epoch].train.get("loss").unwrap();
        assert!(loss(11) < 0.8 * loss(0), "{dataset}, {name}: {} {}", loss(0), loss(11));
        let [right, distance] = ["exact_match", "edit_distance"].map(|metric| history[11].test.get(metric).unwrap());
        assert!((0.0..=1.0).contains(&right) && distance > 0.0 && distance < 6.0, "{dataset}, {name}: {right} {distance}");
        let folder = tempfile::tempdir().unwrap();
        Task::<_, Cpu>::draw(&mut task, &net, &device, folder.path(), true).unwrap();
        assert!(std::fs::read_to_string(folder.path().join("samples.txt")).unwrap().contains("wrong"));
        assert_eq!(folder.path().join("attention.png").is_file(), name == "attention");
    }
}

#[test]
fn sources_are_read_backwards() {
    let source = SUMS.encode_source("12+345").unwrap();
    assert_eq!((SUMS.decode(&source), SUMS.decode_source(&source)), ("543+21".to_owned(), "12+345".to_owned()));
    assert!(["", "12", "1+", "1+1234", "1+2+3", "a+1", "-1+2"].iter().all(|text| SUMS.encode_source(text).is_none()));
    let source = NUMBERS.encode_source("two hundred thirty-four").unwrap();
    assert_eq!(NUMBERS.read(&source), ["four", "thirty", "hundred", "two"]);
    assert_eq!(NUMBERS.decode_source(&source), "two hundred thirty four");
    assert!(["", "deux", "one one", "12"].iter().all(|text| NUMBERS.encode_source(text).is_none()));
    // Every symbol once.
    let pairs = some(KnownDataset::NumberWords, 3_000).0;
    assert!(pairs.iter().all(|pair| !NUMBERS.decode(&pair.target).contains('?')));
}

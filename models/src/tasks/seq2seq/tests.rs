//! The decoder by steps, and training.

use layercake::AnyNetwork;
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::sums;
use layercake_train::sequence::{Decoder, PadSide, Ragged};
use layercake_train::{Trainer, Until};

use super::letters::{ANSWERS as TOKENS, PAD, SOURCE};
use super::*;

fn some(count: usize) -> Pairs {
    let [train, _] = sums([count, 1], 5);
    Pairs(train.iter().map(|pair| letters::encode(pair).unwrap()).collect())
}

/// Tokens that are written one by one, with the state carried, get the logits of all of them at once.
#[test]
fn steps_are_the_whole() {
    for Variant { name, graph } in VARIANTS {
        let device = Cpu::seed_from_u64(1);
        let net = Machine::build(&device, graph).unwrap();
        let pairs = some(6).0;
        let (sources, targets) =
            (pairs.iter().map(|pair| pair.source.clone()).collect(), pairs.iter().map(|pair| pair.target.clone()).collect());
        let (sources, targets) = (Ragged(sources), Ragged(targets));
        let given = targets.starting_with(LIMITS.start).padded(TOKENS.length(), PAD, PadSide::Right).unwrap();
        let mut inputs = vec![sources.padded(SOURCE, PAD, PadSide::Left).unwrap().into_ids(&device), given.clone().into_ids(&device)];
        if inputs.len() < graph.inputs().len() {
            inputs.push(sources.attention_mask(SOURCE, PadSide::Left).unwrap().into_dynamic(&device).unwrap());
        }
        let whole = net.try_infer(inputs).unwrap()[0].to_vec();
        let writer = writer(&net, &device).unwrap();
        let mut state = read(&writer, &device, sources.0.clone()).unwrap();
        for at in 0..TOKENS.length() {
            let tokens: Vec<usize> = given.as_slice().iter().skip(at).step_by(TOKENS.length()).copied().collect();
            let (scores, next) = writer.step(&tokens, state).unwrap();
            let classes = scores.len() / tokens.len();
            for (row, scores) in scores.chunks_exact(classes).enumerate() {
                let expected = &whole[(row * TOKENS.length() + at) * classes..][..classes];
                assert!(scores.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{name}, step {at}");
            }
            if let Some(weights) = &next.weights {
                // Nothing is looked for in padding.
                for (source, weights) in sources.0.iter().zip(weights.as_slice().chunks_exact(SOURCE)) {
                    let padding = &weights[..SOURCE - source.len()];
                    assert!(padding.iter().all(|&weight| weight == 0.0) && (weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
                }
            }
            state = next;
        }
    }
}

#[test]
fn both_variants_learn() {
    for Variant { name, graph } in VARIANTS {
        let device = Cpu::seed_from_u64(1);
        let mut net = Machine::build(&device, graph).unwrap();
        let (data, mut task) = (Loader::new(some(64), 16).shuffle(1), measured_on(some(64)));
        let mut optimizer = Adam::new(&net, AdamConfig { lr: 1e-2, ..Default::default() });
        let history = Trainer::new(Until::Epochs(12)).fit(&mut net, &device, &mut optimizer, &mut task, &data).unwrap();
        let loss = |epoch: usize| history[epoch].train.get("loss").unwrap();
        assert!(loss(11) < 0.8 * loss(0), "{name}: {} {}", loss(0), loss(11));
        let [right, distance] = ["exact_match", "edit_distance"].map(|metric| history[11].test.get(metric).unwrap());
        assert!((0.0..=1.0).contains(&right) && distance > 0.0 && distance < 4.0, "{name}");
        let folder = tempfile::tempdir().unwrap();
        Task::<_, Cpu>::draw(&mut task, &net, &device, folder.path(), true).unwrap();
        assert!(std::fs::read_to_string(folder.path().join("samples.txt")).unwrap().contains("wrong"));
        assert_eq!(folder.path().join("attention.png").is_file(), *name == "attention");
    }
}

#[test]
fn sums_are_read_backwards() {
    let source = encode_source("12+345").unwrap();
    assert_eq!((letters::decode(&source), letters::decode_source(&source)), ("543+21".to_owned(), "12+345".to_owned()));
    assert!(["", "12", "1+", "1+1234", "1+2+3", "a+1", "-1+2"].iter().all(|text| encode_source(text).is_none()));
}

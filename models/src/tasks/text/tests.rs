//! The cache gives what the whole network gives.

use layercake::AnyNetwork;
use layercake::prelude::*;
use layercake_train::data::Array;
use layercake_train::sequence::Decoder;

use super::cache::{CONTEXT, Writer};
use super::transformer::inputs;
use super::{Beginning, characters_of, of_characters};
use crate::networks::CharTransformer;
use crate::tasks::machine::Machine;

/// Logits of the trained network, which reads all characters at once.
fn whole(net: &<Cpu as Machine>::Net, device: &Cpu, characters: &[usize]) -> Vec<f32> {
    let (mut padded, count) = (characters.to_vec(), characters_of(net.graph()));
    padded.resize(CONTEXT, 0);
    let outputs = net.try_infer(inputs(Array::new(vec![1, CONTEXT], padded), device)).unwrap();
    outputs[0].to_vec()[(characters.len() - 1) * count..][..count].to_vec()
}

fn close(found: &[f32], expected: &[f32]) {
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(found.len() == expected.len() && worst < 2e-5, "{worst}");
}

/// A network of nine characters.
#[test]
fn other_characters_behind_the_cache() {
    let device = Cpu::seed_from_u64(1);
    let graph = of_characters(CharTransformer::<f32, Cpu>::GRAPH, 9).unwrap();
    assert_eq!(graph.params(), CharTransformer::<f32, Cpu>::PARAMS - (65 - 9) * (128 + 129));
    let net = device.build(&graph).unwrap();
    let writer = Writer::<Cpu>::new(&net, &device).unwrap();
    let (mut state, mut read) = (writer.begin(), Vec::new());
    for at in 0..CONTEXT + 2 {
        let letter = (7 * at + at * at / 5) % 9;
        read.push(letter);
        let (scores, next) = writer.step(&[letter], state).unwrap();
        state = next;
        if at == CONTEXT {
            read.drain(..CONTEXT / 2);
        }
        if [0, 9, CONTEXT - 1, CONTEXT, CONTEXT + 1].contains(&at) {
            close(&scores, &whole(&net, &device, &read));
        }
    }
}

/// Two sequences, step by step, across the end of the context; one of them goes on alone, twice.
#[test]
fn a_step_behind_the_cache_is_the_network() {
    let device = Cpu::seed_from_u64(1);
    let net = device.build(CharTransformer::<f32, Cpu>::GRAPH).unwrap();
    let writer = Writer::<Cpu>::new(&net, &device).unwrap();
    let letter = |row: usize, at: usize| (7 * at + at * at / 5 + 13 * row) % 65;
    let mut state = [writer.begin(), writer.begin()].concat();
    for at in 0..CONTEXT + 3 {
        let (scores, next) = writer.step(&[letter(0, at), letter(1, at)], state).unwrap();
        state = next;
        if [0, 1, 40, CONTEXT - 1, CONTEXT, CONTEXT + 2].contains(&at) {
            // What is read again when the context is full begins at the first position.
            let from = if at < CONTEXT { 0 } else { CONTEXT / 2 };
            for (row, scores) in scores.chunks_exact(65).enumerate() {
                let read: Vec<usize> = (from..=at).map(|at| letter(row, at)).collect();
                close(scores, &whole(&net, &device, &read));
            }
        }
    }
    let both = writer.select(&state, &[1, 1]).unwrap();
    let (scores, _) = writer.step(&[3, 4], both).unwrap();
    for (scores, last) in scores.chunks_exact(65).zip([3, 4]) {
        let read: Vec<usize> = (CONTEXT / 2..CONTEXT + 3).map(|at| letter(1, at)).chain([last]).collect();
        close(scores, &whole(&net, &device, &read));
    }
}

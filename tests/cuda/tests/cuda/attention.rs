//! Attention by tiles against the engine of the CPU, which has the whole matrix of weights: sizes that are no multiples of a tile, one tile, and several.

use layercake::__private::Path;
use layercake::ir::ops::MultiheadAttention;
use layercake::ir::{Builder, Graph, Op, Shape};
use layercake_cuda_tests::device;
use layercake_tests::{Engine, EngineMode as Mode, Numbers, Pass, Random, difference, random_state};

const BATCH: usize = 2;

/// To its own input, or with `steps` to another one, and to a third one as values.
fn graph(op: MultiheadAttention, length: usize, steps: Option<usize>) -> Graph {
    let mut builder = Builder::new("Attention");
    let mut inputs = vec![builder.input("input", Shape::new(&[length, op.features])).unwrap()];
    let shape = Shape::new(&[steps.unwrap_or(length), op.features]);
    if op.key {
        inputs.push(builder.input("key", shape).unwrap());
    }
    if op.value {
        inputs.push(builder.input("value", shape).unwrap());
    }
    if op.mask {
        inputs.push(builder.input("mask", Shape::new(&[length, shape.dim(0)])).unwrap());
    }
    let y = builder.add("attend", Op::MultiheadAttention(op), &inputs).unwrap();
    builder.finish(&[("output", y)])
}

/// Compares outputs and all gradients, of inputs and masks too. `closed` is what a mask has at every fifth place.
fn check(op: MultiheadAttention, length: usize, steps: Option<usize>, closed: f32) {
    let (device, graph, random) = (device(0), graph(op, length, steps), &mut Random::new(5));
    let mut state = random_state(&graph, random);
    // Scores of many features would be so large that a weight is 1 and gradients are differences of equal numbers.
    let scale = (12.0 / op.features as f64).min(1.0);
    state.iter_mut().flat_map(|numbers| &mut numbers.values).for_each(|value| *value = f64::from((*value * scale) as f32));
    let mut inputs: Vec<Numbers> =
        graph.inputs().iter().map(|port| random.numbers(&[&[BATCH], port.shape.dims()].concat(), -1.7, 1.7)).collect();
    if op.mask {
        // The first key stays open.
        let mask = inputs.last_mut().expect("a mask");
        let row = steps.unwrap_or(length);
        mask.values.iter_mut().enumerate().filter(|(i, _)| i % row % 5 == 3).for_each(|(_, value)| *value = closed.into());
    }
    let grads = [Some(random.numbers(&[BATCH, length, op.features], -1.7, 1.7))];
    let pass = Pass { graph: &graph, state: &state, inputs: &inputs, output_grads: &grads, seed: 11 };
    for mode in [Mode::Infer, Mode::Train] {
        let (found, path) = pass.device::<f32, _>(&device, mode);
        assert_eq!(path, Path::Engine);
        let expected = pass.engine(&Engine::default(), mode);
        assert!(found.keys().eq(expected.keys()), "{:?} and {:?}", found.keys(), expected.keys());
        for (name, numbers) in &found {
            let off = difference(numbers, &expected[name]);
            assert!(off < 1e-5, "{op:?}, {length} and {steps:?}, {mode:?} {name}: off by {off:.1e}");
        }
    }
}

fn op(features: usize, heads: usize) -> MultiheadAttention {
    MultiheadAttention { features, heads, causal: false, dropout: 0.0, bias: true, key: false, value: false, mask: false }
}

#[test]
fn to_itself() {
    for length in [1, 31, 32, 70] {
        check(op(12, 4), length, None, 0.0);
        check(MultiheadAttention { causal: true, dropout: 0.3, ..op(12, 2) }, length, None, 0.0);
    }
}

#[test]
fn to_other_steps() {
    let cross = MultiheadAttention { key: true, ..op(10, 2) };
    check(cross, 37, Some(45), 0.0);
    check(MultiheadAttention { dropout: 0.2, bias: false, ..cross }, 33, Some(7), 0.0);
    check(MultiheadAttention { value: true, ..cross }, 5, Some(66), 0.0);
}

/// Its gradient is asked for too. Where it is negative infinity, nothing is seen.
#[test]
fn with_a_mask() {
    let masked = MultiheadAttention { mask: true, ..op(6, 2) };
    check(masked, 35, None, -2.5);
    check(MultiheadAttention { dropout: 0.4, ..masked }, 35, None, f32::NEG_INFINITY);
    check(MultiheadAttention { causal: true, ..masked }, 40, None, f32::NEG_INFINITY);
    check(MultiheadAttention { key: true, value: true, ..masked }, 9, Some(43), -1e9);
}

/// Smaller tiles for heads with more features, and whole matrices for the last.
#[test]
fn of_large_heads() {
    for (features, length) in [(80, 21), (144, 11), (300, 6), (516, 3)] {
        check(MultiheadAttention { mask: true, causal: true, dropout: 0.25, ..op(features, 1) }, length, None, -3.0);
    }
}

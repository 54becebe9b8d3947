//! Causal attention in blocks against the same with a mask, which is computed whole.

use layercake_ir::{Builder, Op, Shape, ops::MultiheadAttention};

use crate::{
    Engine, Mode,
    kernels::testing::{close, numbers},
};

const FEATURES: usize = 6;

/// The output, the gradients of the parameters and that of the input.
fn run(length: usize, batch: usize, causal: bool) -> Vec<Vec<f32>> {
    let shape = Shape::new(&[length, FEATURES]);
    let mut builder = Builder::new("Attention");
    let x = builder.input("input", shape).unwrap();
    let op = MultiheadAttention { features: FEATURES, heads: 2, causal, dropout: 0.0, bias: true, key: false, value: false, mask: !causal };
    let inputs = if causal { vec![x] } else { vec![x, builder.input("mask", Shape::new(&[length, length])).unwrap()] };
    let y = builder.add("attention", Op::MultiheadAttention(op), &inputs).unwrap();
    let graph = builder.finish(&[("output", y)]);
    let mut run = Engine::default().start(&graph, batch, Mode::Train, true).unwrap();
    run.set_input(0, &numbers(batch * length * FEATURES, 1));
    if !causal {
        let hidden = |i: usize| if i % length > i / length % length { f32::NEG_INFINITY } else { 0.0 };
        run.set_input(1, &(0..batch * length * length).map(hidden).collect::<Vec<_>>());
    }
    run.fill_params(|i, to| to.copy_from_slice(&numbers(to.len(), 2 + i as u64)));
    run.forward();
    let output = run.output(0);
    let mut grads = run.zero_grads();
    run.backward(&[&numbers(output.len(), 9)], &mut grads);
    let mut of_input = vec![0.0; batch * length * FEATURES];
    run.add_input_grad(0, &mut of_input);
    [vec![output, of_input], grads].concat()
}

#[test]
fn blocks_of_rows_are_the_whole() {
    for (length, batch) in [(1, 2), (32, 1), (33, 2), (70, 3)] {
        for (found, expected) in run(length, batch, true).iter().zip(run(length, batch, false)) {
            close(found, &expected, 1e-5);
        }
    }
}

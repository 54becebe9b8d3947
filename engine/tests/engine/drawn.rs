//! The interpreter's operations that draw random numbers, except dropout.

use layercake_engine::{Mode, rng};
use layercake_ir::{
    Builder, Graph, Op, Shape,
    ops::{Reparameterize, Tanh},
};

use crate::{interpreter::Case, networks::*};

/// The noise that an element of the log-variance adds to its mean.
fn spread(case: &Case, index: usize, logvar: &[f64], at: usize) -> f64 {
    match case.mode {
        Mode::Train => (0.5 * logvar[at]).exp() * rng::normal(case.seed, index, at as u64),
        _ => 0.0,
    }
}

/// The output of node `index`, if it is one of these operations.
pub fn forward(case: &Case, index: usize, x: &[&[f64]]) -> Option<Vec<f64>> {
    match case.graph.nodes()[index].op {
        Op::Reparameterize(_) => Some(x[0].iter().enumerate().map(|(at, mean)| mean + spread(case, index, x[1], at)).collect()),
        _ => None,
    }
}

/// The gradients of the node's inputs.
pub fn backward(case: &Case, index: usize, x: &[&[f64]], dy: &[f64]) -> Option<Vec<Vec<f64>>> {
    match case.graph.nodes()[index].op {
        Op::Reparameterize(_) => {
            let of_logvar = dy.iter().enumerate().map(|(at, dy)| dy * 0.5 * spread(case, index, x[1], at));
            Some(vec![dy.to_vec(), of_logvar.collect()])
        }
        _ => None,
    }
}

/// An autoencoder with a sampled latent code, and a value that is both mean and log-variance.
fn reparameterized(shape: &[usize]) -> Graph {
    let mut builder = Builder::new("Drawn");
    let layer = |outputs| if shape.len() == 3 { conv(outputs, 1, 0) } else { linear(outputs) };
    let x = builder.input("x", Shape::new(shape)).unwrap();
    let hidden = builder.add("hidden", layer(4), &[x]).unwrap();
    let hidden = builder.add("tanh", Op::Tanh(Tanh {}), &[hidden]).unwrap();
    let mean = builder.add("mean", layer(3), &[hidden]).unwrap();
    let logvar = builder.add("logvar", layer(3), &[hidden]).unwrap();
    let z = builder.add("z", Op::Reparameterize(Reparameterize {}), &[mean, logvar]).unwrap();
    let both = builder.add("both", Op::Reparameterize(Reparameterize {}), &[z, z]).unwrap();
    let again = builder.add("again", Op::Reparameterize(Reparameterize {}), &[both, mean]).unwrap();
    let y = builder.add("y", layer(2), &[again]).unwrap();
    builder.finish(&[("y", y), ("mean", mean), ("logvar", logvar)])
}

/// Networks with these operations, and a batch size for each.
pub fn all() -> Vec<(Graph, usize)> {
    vec![(reparameterized(&[5]), 3), (reparameterized(&[4, 6]), 2), (reparameterized(&[2, 3, 3]), 2)]
}

#[test]
fn as_the_interpreter_draws() {
    for (graph, batch) in all() {
        for batch in [1, batch, 37] {
            check(&graph, batch);
        }
    }
}

//! Checks that the interpreter's gradients are the derivatives of its outputs, by finite differences in f64.

use layercake_engine::Mode;
use layercake_ir::{
    Builder, Graph, Op, Shape,
    ops::{Add, Maximum, Mul, Relu, Sigmoid, Sub, Tanh},
};

use crate::{
    interpreter::{Case, run},
    networks::*,
};

/// The sum of the outputs weighted by their gradients: the number whose derivatives backward computes.
fn weighted(case: &Case) -> f64 {
    let outputs = run(case).outputs;
    outputs.iter().zip(&case.output_grads).map(|(y, dy)| y.iter().zip(dy).map(|(y, dy)| y * dy).sum::<f64>()).sum()
}

/// Perturbs up to 12 numbers spread over a slice of the case, and compares the differences with the gradient.
#[track_caller]
fn differences(case: &Case, slice: impl for<'a> Fn(&'a mut Case<'_>) -> &'a mut Vec<f64>, grad: &[f64]) {
    let len = grad.len();
    for at in (0..len).step_by(len.div_ceil(12)) {
        let step = 1e-5;
        let nudged = |by: f64| {
            let mut case = case.clone();
            slice(&mut case)[at] += by;
            weighted(&case)
        };
        let slope = (nudged(step) - nudged(-step)) / (2.0 * step);
        assert!((slope - grad[at]).abs() <= 1e-6 * slope.abs().max(1.0), "element {at}: slope {slope}, gradient {}", grad[at]);
    }
}

#[track_caller]
fn check_slopes(graph: &Graph, batch: usize) {
    for mode in [Mode::Eval, Mode::Train] {
        let case = case(graph, batch, mode);
        let outcome = run(&case);
        for (i, grad) in outcome.input_grads.iter().enumerate() {
            differences(&case, |case| &mut case.inputs[i], grad);
        }
        let params = graph.nodes().iter().flat_map(|node| node.params().as_slice().to_vec());
        for (i, _) in params.enumerate().filter(|(_, param)| param.trained) {
            differences(&case, |case| &mut case.params[i], &outcome.param_grads[i]);
        }
    }
}

#[test]
fn of_every_operation() {
    let one = [1, 1];
    check_slopes(&chain(&[3, 5], &[linear(4), Op::Tanh(Tanh {}), linear(2)]), 3);
    check_slopes(&chain(&[4, 6, 5], &[conv_with(6, [[3, 2], [2, 1], [1, 2], [1, 2]], 2, true), Op::Sigmoid(Sigmoid {})]), 2);
    check_slopes(&chain(&[2, 7, 6], &[max_pool([3, 2], [2, 2], [1, 0], one, true), leaky(0.3), FLATTEN, linear(3)]), 2);
    check_slopes(&chain(&[2, 7, 6], &[avg_pool([3, 3], [2, 2], [1, 1], true, false), Op::Relu(Relu {})]), 2);
    check_slopes(&chain(&[2, 7, 6], &[avg_pool([3, 3], [2, 2], [1, 1], true, true), dropout(0.4)]), 2);
    for axis in 0..3 {
        check_slopes(&chain(&[3, 2, 4], &[softmax(axis), conv(2, 1, 0), log_softmax(axis)]), 2);
    }
    check_slopes(&chain(&[3, 4, 4], &[conv(2, 3, 1), norm2d(true), norm2d(false)]), 3);
    check_slopes(&chain(&[5], &[linear(3), norm1d(true)]), 6);
    check_slopes(&chain(&[3, 4], &[norm1d(false)]), 4);
}

/// Except Amax and Maxout, which have no derivative where two elements are equal.
#[test]
fn of_every_block() {
    for (shape, op) in crate::blocks::all() {
        check_slopes(&chain(shape, &[op]), 2);
    }
}

#[test]
fn of_what_is_drawn() {
    for (graph, batch) in crate::drawn::all().into_iter().chain(crate::picks::all()) {
        check_slopes(&graph, batch);
    }
}

#[test]
fn of_joins_splits_and_shared_layers() {
    for op in [Op::Add(Add {}), Op::Sub(Sub {}), Op::Mul(Mul {}), Op::Maximum(Maximum {})] {
        let mut builder = Builder::new("Joins");
        let x = builder.input("x", Shape::new(&[4, 3])).unwrap();
        let y = builder.input("y", Shape::new(&[4, 3])).unwrap();
        let z = builder.add("z", linear(3), &[y]).unwrap();
        let join = if op == Op::Sub(Sub {}) { builder.add("join", op, &[z, x]) } else { builder.add("join", op, &[x, z, y]) }.unwrap();
        let again = builder.add_shared("again", linear(3), &[join], z).unwrap();
        let all = builder.add("all", concat(1), &[again, x, join]).unwrap();
        let part = builder.add("parts", chunk(3, 1), &[all]).unwrap() + 1;
        let itself = builder.add("itself", if op == Op::Maximum(Maximum {}) { Op::Add(Add {}) } else { op }, &[part, part]).unwrap();
        check_slopes(&builder.finish(&[("itself", itself), ("all", all)]), 2);
    }
    check_slopes(&crate::joins::shared(), 4);
}

//! The interpreter's operations that select one element of each window at variable positions, and their inverse.

use layercake_engine::{Mode, rng};
use layercake_ir::{
    Builder, Graph, Op, Shape,
    ops::{FractionalMaxPool2d, MaxPool2d, MaxUnpool2d, Sigmoid, Tanh},
};

use crate::{interpreter::Case, networks::*};

/// The index of the largest of these elements; of the first of them if several are equal.
fn largest(x: &[f64], places: impl Iterator<Item = usize>) -> usize {
    places.reduce(|best, at| if x[at] > x[best] { at } else { best }).expect("a window sees an element")
}

/// The input element that each element of the output is copied from.
fn fractional(case: &Case, index: usize, op: &FractionalMaxPool2d, x: &[f64]) -> Vec<usize> {
    let input = case.graph.shape(case.graph.nodes()[index].inputs()[0]);
    let [channels, height, width] = [0, 1, 2].map(|axis| input.dim(axis));
    let [rows, columns] = op.output_size;
    let places = |to: usize| {
        let (plane, row, column) = (to / (rows * columns), to / columns % rows, to % columns);
        let start = |axis: usize, size: usize, i: usize| {
            let u = if case.mode == Mode::Train { rng::unit(case.seed, index, (2 * plane + axis) as u64) } else { 0.5 };
            let (room, out) = (size - op.kernel[axis], op.output_size[axis]);
            let step = room as f64 / (out as f64 - 1.0).max(1.0);
            if i + 1 == out { room } else { ((i as f64 + u) * step).floor() as usize - (u * step).floor() as usize }
        };
        let (top, left) = (start(0, height, row), start(1, width, column));
        let taps = (0..op.kernel[0]).flat_map(move |y| (0..op.kernel[1]).map(move |x| (y, x)));
        largest(x, taps.map(move |(y, x)| (plane * height + top + y) * width + left + x))
    };
    (0..case.batch * channels * rows * columns).map(places).collect()
}

/// The output element that each value is written to; none if a later value overwrites it.
fn unpooled(case: &Case, index: usize, op: &MaxUnpool2d, x: &[f64]) -> Vec<Option<usize>> {
    let node = &case.graph.nodes()[index];
    let [small, large] = node.inputs()[..] else { panic!("two inputs") };
    let ([channels, rows, columns], [_, height, width]) =
        ([0, 1, 2].map(|axis| case.graph.shape(small).dim(axis)), [0, 1, 2].map(|axis| case.graph.shape(large).dim(axis)));
    let place = |from: usize| {
        let (plane, row, column) = (from / (rows * columns), from / columns % rows, from % columns);
        let taps = (0..op.kernel[0]).flat_map(|y| (0..op.kernel[1]).map(move |x| (y, x)));
        let inside = taps.filter_map(|(y, x)| {
            let y = (row * op.stride[0] + y * op.dilation[0]).checked_sub(op.padding[0]).filter(|&y| y < height)?;
            let x = (column * op.stride[1] + x * op.dilation[1]).checked_sub(op.padding[1]).filter(|&x| x < width)?;
            Some((plane * height + y) * width + x)
        });
        largest(x, inside)
    };
    let places: Vec<usize> = (0..case.batch * channels * rows * columns).map(place).collect();
    let alone = |(from, place): (usize, &usize)| (!places[from + 1..].contains(place)).then_some(*place);
    places.iter().enumerate().map(alone).collect()
}

/// The output of node `index`, if it is one of these operations.
pub fn forward(case: &Case, index: usize, x: &[&[f64]]) -> Option<Vec<f64>> {
    let node = &case.graph.nodes()[index];
    match &node.op {
        Op::FractionalMaxPool2d(op) => Some(fractional(case, index, op, x[0]).into_iter().map(|at| x[0][at]).collect()),
        Op::MaxUnpool2d(op) => {
            let mut y = vec![0.0; case.batch * node.output.len()];
            for (value, place) in x[0].iter().zip(unpooled(case, index, op, x[1])) {
                place.into_iter().for_each(|place| y[place] = *value);
            }
            Some(y)
        }
        _ => None,
    }
}

/// The gradients of the node's inputs.
pub fn backward(case: &Case, index: usize, x: &[&[f64]], dy: &[f64]) -> Option<Vec<Vec<f64>>> {
    match &case.graph.nodes()[index].op {
        Op::FractionalMaxPool2d(op) => {
            let mut dx = vec![0.0; x[0].len()];
            fractional(case, index, op, x[0]).into_iter().zip(dy).for_each(|(at, dy)| dx[at] += dy);
            Some(vec![dx])
        }
        Op::MaxUnpool2d(op) => {
            let of_values = unpooled(case, index, op, x[1]).into_iter().map(|place| place.map_or(0.0, |place| dy[place]));
            Some(vec![of_values.collect(), vec![0.0; x[1].len()]])
        }
        _ => None,
    }
}

/// A max pool, layers that keep its shape, and max unpools to the original shape.
fn there_and_back(
    shape: &[usize],
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
    ceil_mode: bool,
) -> Graph {
    let mut builder = Builder::new("Unpooled");
    let x = builder.input("x", Shape::new(shape)).unwrap();
    let hidden = builder.add("hidden", conv(3, 1, 0), &[x]).unwrap();
    let pooled = builder.add("pool", Op::MaxPool2d(MaxPool2d { kernel, stride, padding, dilation, ceil_mode }), &[hidden]).unwrap();
    let between = builder.add("between", conv(3, 1, 0), &[pooled]).unwrap();
    let back = Op::MaxUnpool2d(MaxUnpool2d { kernel, stride, padding, dilation, ceil_mode });
    let y = builder.add("back", back, &[between, hidden]).unwrap();
    let z = builder.add("again", back, &[pooled, hidden]).unwrap();
    builder.finish(&[("y", y), ("z", z)])
}

/// Networks with these operations, and a batch size for each.
pub fn all() -> Vec<(Graph, usize)> {
    let fractional = |kernel, output_size| Op::FractionalMaxPool2d(FractionalMaxPool2d { kernel, output_size });
    let (one, none) = ([1, 1], [0, 0]);
    vec![
        (chain(&[3, 7, 9], &[Op::Tanh(Tanh {}), fractional([2, 2], [4, 4]), Op::Sigmoid(Sigmoid {})]), 2),
        (chain(&[2, 5, 5], &[fractional([3, 2], [2, 4]), conv(2, 1, 0)]), 3),
        (chain(&[4, 4, 4], &[fractional([2, 4], [1, 1])]), 2),
        (chain(&[4, 4, 4], &[fractional([1, 1], [4, 3])]), 2),
        (there_and_back(&[2, 6, 4], [2, 2], [2, 2], none, one, false), 2),
        (there_and_back(&[2, 5, 7], [3, 2], [2, 2], [1, 0], one, true), 3),
        // For other windows, two elements of a window may be so close that a perturbation changes which one is larger.
        (there_and_back(&[3, 4, 5], [2, 3], [1, 1], [1, 1], one, false), 2),
        (there_and_back(&[4, 5, 5], [2, 2], [3, 2], none, [2, 1], false), 2),
    ]
}

#[test]
fn as_the_interpreter_picks() {
    for (graph, batch) in all() {
        for batch in [1, batch, 37] {
            check(&graph, batch);
        }
    }
}

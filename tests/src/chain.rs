//! Random chains of layers, built at run time.

use layercake::ir::ops::{
    AvgPool2d, BatchNorm1d, BatchNorm2d, Conv2d, Dropout, Flatten, LeakyRelu, Linear, LogSoftmax, MaxPool2d, Relu, Sigmoid, Softmax, Tanh,
};
use layercake::ir::{Builder, Graph, INFER, Mistake, Op, Shape};

use crate::blocks::{block_of_anything, block_of_images, block_of_rows};
use crate::{Numbers, Random};

/// A chain of these layers.
///
/// # Errors
/// If a layer does not accept its input.
pub fn chain(input: &[usize], ops: &[Op]) -> Result<Graph, Mistake> {
    let mut builder = Builder::new("Chain");
    let mut value = builder.input("input", Shape::new(input))?;
    for (i, op) in ops.iter().enumerate() {
        value = builder.add(&format!("l{i}"), *op, &[value])?;
    }
    Ok(builder.finish(&[("output", value)]))
}

/// A chain of one to seven layers on an input of awkward size. Kinds and options are random; a layer that its shape rule refuses is drawn again.
///
/// # Panics
/// If the rules refuse every draw.
pub fn random_chain(random: &mut Random) -> Graph {
    let shape = random_shape(random);
    let wanted = random.whole(1, 7);
    let (mut ops, mut rank) = (Vec::new(), shape.rank());
    for _ in 0..1000 {
        ops.push(if rank == 3 { on_images(random) } else { on_rows(random, rank) });
        match chain(shape.dims(), &ops) {
            // Larger values would make the oracle slow and find nothing more.
            Ok(graph) if graph.outputs()[0].shape.len() > 6000 => drop(ops.pop()),
            Ok(graph) if ops.len() == wanted => return graph,
            Ok(graph) => rank = graph.outputs()[0].shape.rank(),
            Err(_) => drop(ops.pop()),
        }
    }
    panic!("no layer fits behind {ops:?}");
}

/// Awkward sizes.
pub(crate) fn random_shape(random: &mut Random) -> Shape {
    match random.whole(0, 5) {
        0 => Shape::new(&[random.whole(1, 40)]),
        1 => Shape::new(&[random.whole(1, 7), random.whole(1, 19)]),
        // All sizes equal: swapped axes give wrong numbers here instead of an error.
        2 => Shape::new(&[random.whole(1, 9); 3]),
        _ => Shape::new(&[random.whole(1, 9), random.whole(1, 14), random.whole(1, 14)]),
    }
}

pub(crate) fn on_images(random: &mut Random) -> Op {
    if random.chance(0.35) {
        return block_of_images(random);
    }
    match random.whole(0, 9) {
        0..=3 => {
            let groups = if random.chance(0.3) { random.whole(2, 6) } else { 1 };
            Op::Conv2d(Conv2d {
                in_channels: INFER,
                out_channels: groups * random.whole(1, 12 / groups),
                kernel: pair(random, 1, 5),
                stride: pair(random, 1, 3),
                padding: pair(random, 0, 3),
                dilation: if random.chance(0.7) { [1, 1] } else { pair(random, 1, 3) },
                groups,
                bias: random.chance(0.7),
            })
        }
        4 => Op::MaxPool2d(MaxPool2d {
            kernel: pair(random, 1, 4),
            stride: pair(random, 1, 3),
            padding: pair(random, 0, 2),
            dilation: if random.chance(0.7) { [1, 1] } else { pair(random, 1, 3) },
            ceil_mode: random.chance(0.5),
        }),
        5 => Op::AvgPool2d(AvgPool2d {
            kernel: pair(random, 1, 4),
            stride: pair(random, 1, 3),
            padding: pair(random, 0, 2),
            ceil_mode: random.chance(0.5),
            count_include_pad: random.chance(0.5),
        }),
        6 => {
            let (eps, momentum, affine) = batch_norm(random);
            Op::BatchNorm2d(BatchNorm2d { features: INFER, eps, momentum, affine })
        }
        7 => Op::Flatten(Flatten {}),
        _ => on_anything(random, 3),
    }
}

pub(crate) fn on_rows(random: &mut Random, rank: usize) -> Op {
    if random.chance(0.35) {
        return block_of_rows(random, rank);
    }
    match random.whole(0, 7) {
        0..=2 => Op::Linear(Linear { in_features: INFER, out_features: random.whole(1, 33), bias: random.chance(0.7) }),
        3 => {
            let (eps, momentum, affine) = batch_norm(random);
            Op::BatchNorm1d(BatchNorm1d { features: INFER, eps, momentum, affine })
        }
        4 if rank > 1 => Op::Flatten(Flatten {}),
        _ => on_anything(random, rank),
    }
}

pub(crate) fn on_anything(random: &mut Random, rank: usize) -> Op {
    if random.chance(0.5) {
        return block_of_anything(random, rank);
    }
    match random.whole(0, 6) {
        0 | 1 => Op::Relu(Relu {}),
        2 => Op::LeakyRelu(LeakyRelu { negative_slope: [0.01, 0.3, -0.5, 1.5][random.whole(0, 3)] }),
        3 => Op::Tanh(Tanh {}),
        4 => Op::Sigmoid(Sigmoid {}),
        5 if random.chance(0.5) => Op::Softmax(Softmax { axis: random.whole(0, rank - 1) }),
        5 => Op::LogSoftmax(LogSoftmax { axis: random.whole(0, rank - 1) }),
        _ => Op::Dropout(Dropout { p: [0.0, 0.2, 0.5, 0.9][random.whole(0, 3)] }),
    }
}

fn batch_norm(random: &mut Random) -> (f64, f64, bool) {
    ([1e-5, 0.1, 0.5][random.whole(0, 2)], [0.1, 0.6, 1.0][random.whole(0, 2)], random.chance(0.7))
}

/// Two numbers, usually equal.
pub(crate) fn pair(random: &mut Random, low: usize, high: usize) -> [usize; 2] {
    let first = random.whole(low, high);
    [first, if random.chance(0.6) { first } else { random.whole(low, high) }]
}

/// Numbers for every tensor of a graph, in graph order, that keep the scale of activations.
pub fn random_state(graph: &Graph, random: &mut Random) -> Vec<Numbers> {
    let params = graph.nodes().iter().flat_map(|node| node.params().as_slice().to_vec());
    params
        .map(|param| {
            let dims = param.shape.dims();
            match param.name {
                "running_var" => random.numbers(dims, 0.5, 2.0),
                "weight" if dims.len() == 1 => random.numbers(dims, 0.5, 1.5),
                "weight" => {
                    let spread = 1.7 / (dims[1..].iter().product::<usize>() as f64).sqrt();
                    random.numbers(dims, -spread, spread)
                }
                _ => random.numbers(dims, -0.5, 0.5),
            }
        })
        .collect()
}

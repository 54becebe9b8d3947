//! Random graphs against the interpreter: joins, splits, shared layers and several outputs in unforeseen combinations.

use layercake_engine::rng;
use layercake_ir::{
    Builder, Graph, INFER, Op, Shape,
    ops::{Add, Linear, Maximum, Mean, Mul, Reparameterize, Sigmoid, Sizes, Sub, Tanh, Unsqueeze},
};

use crate::{blocks, networks::*};

/// A reproducible random number generator.
struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    /// A number in `0..count`.
    fn below(&mut self, count: usize) -> usize {
        let bits = (0..16).map(|bit| usize::from(rng::keep(self.seed, 7, self.thrown * 16 + bit, 0.5)) << bit).sum::<usize>();
        self.thrown += 1;
        (bits * count) >> 16
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

// Without biases: the gradient of a bias before a normalization is a sum that cancels.
fn plain(kernel: usize) -> Op {
    conv_with(4, [[kernel; 2], [1; 2], [kernel / 2; 2], [1; 2]], 1, false)
}

fn bare(outputs: usize) -> Op {
    Op::Linear(Linear { in_features: INFER, out_features: outputs, bias: false })
}

/// A graph of 4 to 14 nodes whose inputs are chosen from all values before them.
fn graph(seed: u64) -> Graph {
    let mut dice = Dice { seed, thrown: 0 };
    let mut builder = Builder::new("Random");
    let shape = dice.of(&[&[6][..], &[4, 6], &[4, 3, 3], &[2, 4, 6]]);
    let inputs = 1 + dice.below(2);
    let mut shapes: Vec<Shape> = Vec::new();
    for i in 0..inputs {
        builder.input(&format!("in{i}"), Shape::new(shape)).unwrap();
        shapes.push(Shape::new(shape));
    }
    // The nodes with tensors, and their operations.
    let mut layers: Vec<(usize, Op)> = Vec::new();
    let wanted = inputs + 4 + dice.below(11);
    while shapes.len() < wanted {
        let x = dice.below(shapes.len());
        let rank = shapes[x].rank();
        let alike: Vec<usize> = (0..shapes.len()).filter(|&other| shapes[other] == shapes[x]).collect();
        let axis = dice.below(rank);
        let name = format!("n{}", shapes.len());
        let others: Vec<usize> = [x].into_iter().chain((0..=dice.below(2)).map(|_| dice.of(&alike))).collect();
        let added = match dice.below(12) {
            2 if seed.is_multiple_of(3) => {
                // Nested exponentials soon overflow.
                let logvar = builder.add(&format!("{name}_logvar"), Op::Tanh(Tanh {}), &others[1..2]).unwrap();
                shapes.push(shapes[x]);
                builder.add(&name, Op::Reparameterize(Reparameterize {}), &[x, logvar])
            }
            0 | 1 => builder.add(&name, Op::Add(Add {}), &others),
            2 => builder.add(&name, Op::Sub(Sub {}), &others[..2]),
            // A mean over an axis that is kept, which is repeated along it.
            3 if rank > 1 && seed % 4 == 1 => {
                let mean = Op::Mean(Mean { axes: Sizes::new(&[axis]) });
                let mean = builder.add(&format!("{name}_mean"), mean, &[x]).unwrap();
                shapes.push(*builder.shape(mean));
                let axes = builder.add(&format!("{name}_axis"), Op::Unsqueeze(Unsqueeze { axis }), &[mean]).unwrap();
                shapes.push(*builder.shape(axes));
                let op = dice.of(&[Op::Sub(Sub {}), Op::Mul(Mul {}), Op::Add(Add {})]);
                builder.add(&name, op, &[x, axes])
            }
            3 => builder.add(&name, Op::Mul(Mul {}), &others[..2]),
            4 => builder.add(&name, Op::Maximum(Maximum {}), &others),
            5 if shapes[x].len() < 200 => builder.add(&name, concat(axis), &others),
            6 => match shapes[x].dim(axis) {
                size @ 3.. if dice.below(2) == 0 => builder.add(&name, split(&[1, size - 2, 1], axis), &[x]),
                _ => builder.add(&name, chunk(2, axis), &[x]),
            },
            7 | 8 => {
                let op =
                    if rank == 3 { dice.of(&[plain(3), plain(1), norm2d(false)]) } else { dice.of(&[bare(6), bare(4), norm1d(false)]) };
                layers.push((shapes.len(), op));
                builder.add(&name, op, &[x])
            }
            9 | 10 if !layers.is_empty() => {
                let (layer, op) = dice.of(&layers);
                builder.add_shared(&name, op, &[x], layer)
            }
            _ => {
                let fitting = blocks::of_rank(rank);
                let op = match dice.below(2) {
                    0 => dice.of(&[
                        Op::Tanh(Tanh {}),
                        Op::Sigmoid(Sigmoid {}),
                        leaky(0.3),
                        leaky(-0.2),
                        FLATTEN,
                        dropout(0.3),
                        dropout(0.0),
                        softmax(axis),
                    ]),
                    _ => dice.of(&fitting),
                };
                builder.add(&name, op, &[x])
            }
        };
        // A node that a shape rule refuses is drawn again.
        match added {
            Ok(_) => shapes.extend(builder.last().expect("a node was added").shapes()),
            Err(_) => layers.retain(|&(layer, _)| layer != shapes.len()),
        }
    }
    let mut outputs = vec![("last", shapes.len() - 1)];
    for name in ["some", "other"].iter().take(dice.below(3)) {
        outputs.push((name, dice.below(shapes.len())));
    }
    builder.finish(&outputs)
}

/// The number of graphs; override with `LAYERCAKE_GRAPHS=300`.
const GRAPHS: u64 = 100;

#[test]
fn graphs() {
    let graphs = std::env::var("LAYERCAKE_GRAPHS").map_or(GRAPHS, |graphs| graphs.parse().unwrap());
    for seed in 0..graphs {
        let graph = graph(seed);
        // Not 2: a normalization of two values is almost a step function, and has no derivative to compare.
        let batch = [4, 7, 17, 35][seed as usize % 4];
        let result = std::panic::catch_unwind(|| check(&graph, batch));
        assert!(result.is_ok(), "graph {seed} on a batch of {batch}: {graph:#?}");
    }
}

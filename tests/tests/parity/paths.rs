//! The engine against the portable path on random networks: unforeseen sizes, options and combinations.

use layercake::ir::ops::{BatchNorm2d, Conv2d, Linear, MaxPool2d, Relu, Sigmoid, Tanh};
use layercake::ir::{Graph, INFER, Node, Op, Shape};
use layercake_engine::{Engine, Mode};
use layercake_tests::{Limits, Numbers, Pass, Random, Tally, chain, has_variance, kinds, random_chain, random_graph, random_state};

const NETWORKS: u64 = 250;
const GRAPHS: u64 = 250;
/// One image, fewer than there are lanes, an odd number, and enough for several lanes with a remainder.
const BATCHES: [usize; 5] = [1, 2, 3, 17, 37];
const MODES: [(&str, Mode); 3] = [("infer", Mode::Infer), ("eval", Mode::Eval), ("train", Mode::Train)];
/// The engine in float32 against the portable path in float64, from the same float32 numbers.
const LIMITS: Limits = Limits::SINGLE;

#[test]
fn random_networks() {
    let mut tally = Tally::new("random networks", LIMITS);
    for seed in 0..NETWORKS {
        let mut random = Random::new(seed);
        let graph = random_chain(&mut random);
        let batches = [random.whole(0, 4), random.whole(0, 4)].map(|i| BATCHES[i]);
        compare(&format!("network {seed}"), &graph, &batches, &mut random, &mut tally);
    }
    tally.finish();
}

/// The same with joins, splits, residuals, reused layers, several inputs and outputs.
#[test]
fn random_graphs() {
    let mut tally = Tally::new("random graphs", LIMITS);
    let (mut joined, mut shared, mut many_in, mut many_out) = (0, 0, 0, 0);
    for seed in 0..GRAPHS {
        let mut random = Random::new(1000 + seed);
        let graph = random_graph(&mut random);
        let batches = [random.whole(0, 4), random.whole(0, 4)].map(|i| BATCHES[i]);
        compare(&format!("graph {seed}"), &graph, &batches, &mut random, &mut tally);
        let has = |is: fn(&Node) -> bool| u64::from(graph.nodes().iter().any(is));
        joined += has(|node| node.inputs().len() > 1);
        shared += has(|node| node.shares.is_some() && node.op.params().count() > 0);
        many_in += u64::from(graph.inputs().len() > 1);
        many_out += u64::from(graph.outputs().len() > 1);
    }
    tally.finish();
    // Every kind must be drawn, or it is not tested.
    for (what, count) in [("a join", joined), ("a shared layer", shared), ("several inputs", many_in), ("several outputs", many_out)] {
        assert!(count >= GRAPHS / 5, "{count} of {GRAPHS} graphs have {what}");
    }
}

/// Sizes at which the engine divides its work differently: many weights and many images, long rows, tall columns.
#[test]
fn large_layers() {
    let linear = |out_features| Op::Linear(Linear { in_features: INFER, out_features, bias: true });
    let plain = Conv2d {
        in_channels: INFER,
        out_channels: 1,
        kernel: [3; 2],
        stride: [1; 2],
        padding: [1; 2],
        dilation: [1; 2],
        groups: 1,
        bias: true,
    };
    let max_pool = MaxPool2d { kernel: [3; 2], stride: [2; 2], padding: [1; 2], dilation: [1; 2], ceil_mode: false };
    let norm = BatchNorm2d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true };
    let sparse = Conv2d { out_channels: 50, kernel: [3, 2], stride: [2, 1], padding: [1, 2], dilation: [1, 3], ..plain };
    let networks: [(usize, &[usize], &[Op]); 8] = [
        (101, &[301], &[linear(701), Op::Tanh(Tanh {}), linear(10)]),
        (101, &[19, 130], &[linear(170), Op::Tanh(Tanh {}), linear(33)]),
        (19, &[37, 11, 13], &[Op::Conv2d(Conv2d { out_channels: 61, ..plain }), Op::Tanh(Tanh {}), Op::Conv2d(sparse)]),
        (21, &[30, 21, 19], &[Op::Conv2d(Conv2d { out_channels: 64, stride: [2; 2], ..plain }), Op::Sigmoid(Sigmoid {})]),
        (17, &[64, 9, 10], &[Op::Conv2d(Conv2d { out_channels: 128, groups: 2, ..plain })]),
        (33, &[150, 7, 5], &[Op::Conv2d(Conv2d { out_channels: 170, kernel: [1; 2], padding: [0; 2], bias: false, ..plain })]),
        (
            5,
            &[3, 65, 67],
            &[
                Op::Conv2d(Conv2d { out_channels: 8, kernel: [5; 2], ..plain }),
                Op::BatchNorm2d(norm),
                Op::Relu(Relu {}),
                Op::MaxPool2d(max_pool),
            ],
        ),
        (
            6,
            &[48, 31, 29],
            &[
                Op::Conv2d(Conv2d { out_channels: 48, groups: 48, ..plain }),
                Op::BatchNorm2d(norm),
                Op::Conv2d(Conv2d { out_channels: 64, kernel: [1; 2], padding: [0; 2], ..plain }),
            ],
        ),
    ];
    let mut tally = Tally::new("large layers", LIMITS);
    for (batch, input, ops) in networks {
        let graph = chain(input, ops).expect("the layers fit");
        compare("network", &graph, &[batch], &mut Random::new(batch as u64), &mut tally);
    }
    tally.finish();
}

/// Compares both paths of one network in all modes.
fn compare(name: &str, graph: &Graph, batches: &[usize], random: &mut Random, tally: &mut Tally) {
    tally.case();
    // One engine for all batches and modes: its plans and workspaces must not get mixed up.
    let engine = Engine::default();
    for &batch in batches {
        let state = random_state(graph, random);
        let batched = |shape: &Shape| [&[batch], shape.dims()].concat();
        let inputs: Vec<Numbers> = graph.inputs().iter().map(|port| random.numbers(&batched(&port.shape), -1.7, 1.7)).collect();
        let mut output_grads = Vec::new();
        for (i, port) in graph.outputs().iter().enumerate() {
            let matters = i == 0 || random.chance(0.8);
            output_grads.push(matters.then(|| random.numbers(&batched(&port.shape), -1.7, 1.7)));
        }
        let pass = Pass { graph, state: &state, inputs: &inputs, output_grads: &output_grads, seed: random.whole(0, 1000) as u64 };
        for (how, mode) in MODES {
            if mode != Mode::Train || has_variance(graph, batch) {
                let case = format!("{name} ({}) batch {batch} {how}", kinds(graph));
                tally.compare("engine f32", &case, &pass, mode, &pass.engine(&engine, mode));
            }
        }
    }
}

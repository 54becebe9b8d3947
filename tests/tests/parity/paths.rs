//! The engine against the portable path on random networks: unforeseen sizes, options and combinations.

use std::cell::LazyCell;

use layercake::ir::ops::{BatchNorm2d, Conv2d, Linear, MaxPool2d, Relu, Sigmoid, Tanh};
use layercake::ir::{Graph, INFER, Node, Op, Shape};
use layercake_engine::{Engine, Mode};
use layercake_tests::{Numbers, Outcome, Pass, Random, Report, chain, difference, random_chain, random_graph, random_state};

const NETWORKS: u64 = 250;
const GRAPHS: u64 = 250;
/// One image, fewer than there are lanes, an odd number, and enough for several lanes with a remainder.
const BATCHES: [usize; 5] = [1, 2, 3, 17, 37];
const MODES: [(&str, Mode); 3] = [("infer", Mode::Infer), ("eval", Mode::Eval), ("train", Mode::Train)];
/// The engine in float32 against the portable path in float64, from the same float32 numbers.
const BAR: f64 = 1e-5;
/// Relative noise on the input and the parameters: about sixteen times the rounding of float32.
const NOISE: f64 = 1e-6;

#[test]
fn random_networks() {
    let mut tally = Tally::new("random networks");
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
    let mut tally = Tally::new("random graphs");
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
    let mut tally = Tally::new("large layers");
    for (batch, input, ops) in networks {
        let graph = chain(input, ops).expect("the layers fit");
        compare("network", &graph, &[batch], &mut Random::new(batch as u64), &mut tally);
    }
    tally.finish();
}

/// Compares both paths of one network in all modes.
fn compare(name: &str, graph: &Graph, batches: &[usize], random: &mut Random, tally: &mut Tally) {
    tally.report.case();
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
                compare_pass(&case, &pass, mode, &pass.engine(&engine, mode), tally);
            }
        }
    }
}

fn compare_pass(case: &str, pass: &Pass, mode: Mode, found: &Outcome, tally: &mut Tally) {
    let expected = pass.portable_f64(mode);
    assert!(found.keys().eq(expected.keys()), "{case}: {:?} and {:?}", found.keys(), expected.keys());
    let others = LazyCell::new(|| as_good(pass, mode));
    for (name, expected) in &expected {
        tally.all += 1;
        let close = difference(&found[name], expected) <= BAR;
        if !close && others.iter().any(|other| difference(&other[name], expected) > BAR / 4.0) {
            tally.left_out += 1;
        } else {
            tally.report.compare("engine f32", case, name, &found[name], expected, BAR);
        }
    }
}

/// The number of comparisons, and of those that were not possible.
struct Tally {
    report: Report,
    all: usize,
    left_out: usize,
}

impl Tally {
    fn new(title: &str) -> Self {
        Self { report: Report::new(title), all: 0, left_out: 0 }
    }

    fn finish(self) {
        let Self { report, all, left_out } = self;
        println!("{all} tensors, {left_out} of them left out: no float32 program gets them right");
        report.finish();
        assert!(left_out * 20 < all, "{left_out} of {all} tensors left out are too many to be chance");
    }
}

/// The accuracy that float32 allows: the portable path's results in float32, and those in float64 from numbers moved by little
/// more than float32's precision. Where they differ, an element is at the kink of a ReLU, two elements of a window are nearly
/// equal, or nearly everything cancels (batch norm on two values); no result is more correct there.
fn as_good(pass: &Pass, mode: Mode) -> Vec<Outcome> {
    let mut random = Random::new(pass.seed);
    let mut noisy = |numbers: &Numbers| {
        let values = numbers.values.iter().map(|value| value * (1.0 + NOISE * (2.0 * random.unit() - 1.0))).collect();
        Numbers { values, ..numbers.clone() }
    };
    let mut outcomes = vec![pass.portable_f32(mode)];
    for _ in 0..4 {
        let state: Vec<Numbers> = pass.state.iter().map(&mut noisy).collect();
        let inputs: Vec<Numbers> = pass.inputs.iter().map(&mut noisy).collect();
        outcomes.push(Pass { state: &state, inputs: &inputs, ..*pass }.portable_f64(mode));
    }
    outcomes
}

/// Batch norm cannot train on one value per channel.
fn has_variance(graph: &Graph, batch: usize) -> bool {
    graph.nodes().iter().filter(|node| matches!(node.op, Op::BatchNorm1d(_) | Op::BatchNorm2d(_))).all(|node| {
        let shape = graph.shape(node.inputs()[0]);
        batch * shape.len() / shape.dim(0) > 1
    })
}

fn kinds(graph: &Graph) -> String {
    let input = graph.inputs().iter().fold(String::new(), |text, port| text + &port.shape.to_string());
    graph.nodes().iter().fold(input, |text, node| text + " " + node.op.kind())
}

//! Which graphs run on the engine for the GPU, and that what it computes does not depend on the order of threads.

use std::process::Command;

use layercake::__private::Path;
use layercake::cuda::lacks;
use layercake::ir::Shape;
use layercake::prelude::*;
use layercake_cuda_tests::{device, is_emulated};
use layercake_tests::{
    Engine, EngineMode as Mode, Numbers, Pass, Random, difference, fixtures, graphs, has_variance, random_chain, random_state,
};

/// All fixtures run on the engine: `fixtures` and `random` compare what it computes.
#[test]
fn runs_all_fixtures() {
    let mut all = 0;
    for kind in fixtures() {
        for (case, graph) in graphs(&kind) {
            all += 1;
            if let Some(unsupported) = lacks(&graph, Mode::Train) {
                panic!("{kind}, {case}: {unsupported}");
            }
        }
    }
    println!("{all} graphs of the fixtures run on the engine");
}

network! {
    Net: [3, 12, 12] -> [5] {
        conv1: Conv2d(8, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d, Tanh, AvgPool2d(2),
        conv2: Conv2d(8, kernel = 3, groups = 8), GroupNorm(2), Dropout(0.3), Flatten,
        fc1: Linear(40), GELU, fc2: Linear(5),
    }
}

/// The engine of the CPU, on a batch that is large enough for sums to be divided among blocks.
#[test]
fn agrees_with_the_engine_of_the_cpu() {
    let (device, graph, random) = (device(0), Net::<f32, Cpu>::GRAPH, &mut Random::new(3));
    let state = random_state(graph, random);
    let (inputs, grads) = (vec![random.numbers(&[300, 3, 12, 12], -1.7, 1.7)], vec![Some(random.numbers(&[300, 5], -1.7, 1.7))]);
    let pass = Pass { graph, state: &state, inputs: &inputs, output_grads: &grads, seed: 11 };
    for mode in [Mode::Infer, Mode::Eval, Mode::Train] {
        let (found, path) = pass.device::<f32, _>(&device, mode);
        assert_eq!(path, Path::Engine);
        let expected = pass.engine(&Engine::default(), mode);
        assert!(found.keys().eq(expected.keys()), "{:?} and {:?}", found.keys(), expected.keys());
        for (name, numbers) in &found {
            let off = difference(numbers, &expected[name]);
            assert!(off < 1e-5, "{mode:?} {name}: off by {off:.1e}");
        }
    }
}

/// The orders of blocks and threads in which the emulated device runs a launch: forwards, backwards, and at random.
const ORDERS: [&str; 4] = ["", "reverse", "1", "2"];

/// Sums have a fixed order, so the bits of outputs, gradients and statistics are those of any other run.
#[test]
fn the_order_of_threads_does_not_matter() {
    if !is_emulated() {
        eprintln!("SKIPPED: only the emulated device has other orders");
        return;
    }
    let found: Vec<String> = ORDERS.into_iter().map(bits_in_order).collect();
    assert!(found.iter().all(|bits| *bits == found[0]), "{found:#?}");
}

/// What `bits` prints in a process of its own.
fn bits_in_order(order: &str) -> String {
    let mut child = Command::new(std::env::current_exe().expect("this binary"));
    child.args(["--exact", "engine::bits", "--ignored", "--nocapture"]);
    if !order.is_empty() {
        child.env("CUDA_ON_CPU_ORDER", order);
    }
    let done = child.output().expect("this binary can be started");
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "order `{order}`: {text}\n{}", String::from_utf8_lossy(&done.stderr));
    let line = text.lines().find(|line| line.starts_with("bits ")).unwrap_or_else(|| panic!("no bits in {text}"));
    line.to_owned()
}

/// Random networks, in training: each twice, and a number for all bits.
#[test]
#[ignore = "run by the test above in a process of its own"]
fn bits() {
    let device = device(0);
    let (mut hash, mut networks) = (0xcbf2_9ce4_8422_2325_u64, 0);
    for seed in 0..40 {
        let random = &mut Random::new(seed);
        let graph = random_chain(random);
        // Enough samples that a sum is divided among blocks.
        let batch = 37;
        if lacks(&graph, Mode::Train).is_some() || !has_variance(&graph, batch) {
            continue;
        }
        let batched = |shape: &Shape| [&[batch], shape.dims()].concat();
        let state = random_state(&graph, random);
        let inputs: Vec<Numbers> = graph.inputs().iter().map(|port| random.numbers(&batched(&port.shape), -1.7, 1.7)).collect();
        let grads: Vec<_> = graph.outputs().iter().map(|port| Some(random.numbers(&batched(&port.shape), -1.7, 1.7))).collect();
        let pass = Pass { graph: &graph, state: &state, inputs: &inputs, output_grads: &grads, seed: 5 };
        let (once, path) = pass.device::<f32, _>(&device, Mode::Train);
        assert_eq!(path, Path::Engine);
        let bits = |numbers: &Numbers| numbers.values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let again = pass.device::<f32, _>(&device, Mode::Train).0;
        assert!(once.iter().all(|(name, numbers)| bits(numbers) == bits(&again[name])), "network {seed} differs from itself");
        for word in once.values().flat_map(bits) {
            hash = (hash ^ word).wrapping_mul(0x100_0000_01b3);
        }
        networks += 1;
    }
    assert!(networks >= 10, "only {networks} networks run on the engine");
    println!("bits {hash:016x} of {networks} networks");
}

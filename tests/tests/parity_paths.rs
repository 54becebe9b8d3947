//! The engine against the portable path on random networks: sizes, options and neighbours that nobody thought of.

use layercake::__private::Runtime;
use layercake::ir::{Graph, Op, Shape};
use layercake_engine::Mode;
use layercake_tests::{Numbers, Outcome, Pass, Random, Report, difference, random_chain, random_state};

const NETWORKS: u64 = 250;
/// One image, fewer than there are lanes, an odd number, and enough for several lanes with a remainder.
const BATCHES: [usize; 5] = [1, 2, 3, 17, 37];
const MODES: [(&str, Mode); 3] = [("infer", Mode::Infer), ("eval", Mode::Eval), ("train", Mode::Train)];
/// The engine in float32 against the portable path in float64, from the same float32 numbers.
const BAR: f64 = 1e-5;
/// Noise on the input and the parameters, relative: some sixteen times what rounding to float32 does.
const NOISE: f64 = 1e-6;

#[test]
fn engine_agrees_with_the_portable_path() {
    let mut report = Report::new("random networks");
    let (mut compared, mut unsteady) = (0, 0);
    for seed in 0..NETWORKS {
        let mut random = Random::new(seed);
        let graph = random_chain(&mut random);
        report.case();
        // One runtime for all batches and modes: its plans and workspaces must not get mixed up.
        let (runtime, unused) = (Runtime::default(), Runtime::default());
        for batch in [random.whole(0, 4), random.whole(0, 4)].map(|i| BATCHES[i]) {
            let state = random_state(&graph, &mut random);
            let batched = |shape: &Shape| [&[batch], shape.dims()].concat();
            let input = random.numbers(&batched(&graph.inputs()[0].shape), -1.7, 1.7);
            let output_grad = random.numbers(&batched(&graph.outputs()[0].shape), -1.7, 1.7);
            let pass = Pass { graph: &graph, state: &state, input: &input, output_grad: &output_grad, seed };
            for (name, mode) in MODES {
                if mode == Mode::Train && !has_variance(&graph, batch) {
                    continue;
                }
                let (found, expected) = (pass.run::<f32>(&runtime, mode), pass.run::<f64>(&unused, mode));
                compared += 1;
                if !close(&found, &expected) && !steady(&pass, mode, &expected) {
                    unsteady += 1;
                    continue;
                }
                let case = format!("network {seed} ({}) batch {batch} {name}", kinds(&graph));
                report.compare_all("engine f32", &case, &found, &expected, BAR);
            }
        }
    }
    println!("{compared} passes, {unsteady} of them left out: noise in the last places of float32 changes what they give");
    report.finish();
    assert!(unsteady * 20 < compared, "{unsteady} of {compared} passes left out are too many to be chance");
}

/// Does the reference itself stay where it is when its numbers move by little more than float32 can tell apart? It does not where an
/// element lies on the kink of a ReLU, two elements of a window are all but equal, or nearly everything cancels (batch norm on two
/// values). No float32 result is right or wrong there.
fn steady(pass: &Pass, mode: Mode, expected: &Outcome) -> bool {
    let mut random = Random::new(pass.seed);
    let mut noisy = |numbers: &Numbers| {
        let values = numbers.values.iter().map(|value| value * (1.0 + NOISE * (2.0 * random.unit() - 1.0))).collect();
        Numbers { values, ..numbers.clone() }
    };
    (0..4).all(|_| {
        let state: Vec<Numbers> = pass.state.iter().map(&mut noisy).collect();
        let found = Pass { state: &state, input: &noisy(pass.input), ..*pass }.run::<f64>(&Runtime::default(), mode);
        close(&found, expected)
    })
}

fn close(found: &Outcome, expected: &Outcome) -> bool {
    expected.iter().all(|(name, expected)| found.get(name).is_some_and(|found| difference(found, expected) <= BAR))
}

/// Batch norm refuses to train on one value a channel.
fn has_variance(graph: &Graph, batch: usize) -> bool {
    graph.nodes().iter().filter(|node| matches!(node.op, Op::BatchNorm1d(_) | Op::BatchNorm2d(_))).all(|node| {
        let shape = graph.shape(node.inputs()[0]);
        batch * shape.len() / shape.dim(0) > 1
    })
}

fn kinds(graph: &Graph) -> String {
    let input = graph.inputs()[0].shape.to_string();
    graph.nodes().iter().fold(input, |text, node| text + " " + node.op.kind())
}

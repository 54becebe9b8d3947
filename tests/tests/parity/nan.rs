//! A NaN in an input reaches exactly the outputs that depend on it: on both paths, in random networks.

use layercake::ir::{Graph, Op, Shape};
use layercake_engine::{Engine, Mode};
use layercake_tests::{Numbers, Pass, Random, random_chain, random_graph, random_state};

/// Number of images: one has the NaN, the others must not be affected.
const BATCH: usize = 3;

/// A product with a weight of exactly 0 is NaN in PyTorch too, although it does not depend on the input.
fn multiplies_by_zero(op: &Op) -> bool {
    matches!(op, Op::MaskedConv2d(_) | Op::MultiheadAttention(_) | Op::Upsample(_))
}

/// Results that are NaN in PyTorch too although they do not depend on the element: differences of equal numbers, products and quotients with a computed 0,
/// and softmax over a single element.
fn cancels(op: &Op) -> bool {
    let name = format!("{op:?}");
    let slope_of_0 = name.contains("alpha: 0.0") || name.contains("slope: 0.0");
    let kinds = ["Mul", "MatMul", "Div", "Sub", "Softmax", "Softmin", "LogSoftmax", "LayerNorm", "RmsNorm", "GroupNorm", "InstanceNorm"];
    kinds.iter().any(|kind| name.starts_with(kind)) || slope_of_0
}

/// Layers that are constant on many inputs. After another one the result may be constant: a ReLU of a negative weight times a ReLU.
fn is_flat_somewhere(op: &Op) -> bool {
    let name = format!("{op:?}");
    let kinds = ["Relu", "Hardtanh", "Max", "Min", "Amax", "Amin", "AdaptiveMax", "FractionalMax", "GlobalMax"];
    let clamped = ["Threshold", "Clamp", "Hardsigmoid", "Hardswish", "Softshrink"];
    kinds.iter().chain(&clamped).any(|kind| name.starts_with(kind))
}

/// The positions where two results differ, by output.
fn differing(one: &[Numbers], other: &[Numbers]) -> Vec<bool> {
    let numbers = |outputs: &[Numbers]| outputs.iter().flat_map(|output| output.values.clone()).collect::<Vec<_>>();
    numbers(one).into_iter().zip(numbers(other)).map(|(a, b)| a.to_bits() != b.to_bits()).collect()
}

struct Case<'a> {
    graph: &'a Graph,
    state: Vec<Numbers>,
    inputs: Vec<Numbers>,
}

impl Case<'_> {
    /// The outputs with one element of the first input changed, in float64 operation by operation or on the engine.
    fn outputs(&self, at: usize, change: impl Fn(f64) -> f64, engine: bool) -> Vec<Numbers> {
        let mut inputs = self.inputs.clone();
        inputs[0].values[at] = change(inputs[0].values[at]);
        let grads = vec![None; self.graph.outputs().len()];
        let pass = Pass { graph: self.graph, state: &self.state, inputs: &inputs, output_grads: &grads, seed: 1 };
        let outcome = match engine {
            true => pass.engine(&Engine::default(), Mode::Infer),
            false => pass.portable_f64(Mode::Infer),
        };
        (0..self.graph.outputs().len()).map(|i| outcome[&format!("output/{i}")].clone()).collect()
    }
}

fn check(name: &str, graph: &Graph, random: &mut Random) -> usize {
    if graph.nodes().iter().any(|node| multiplies_by_zero(&node.op)) {
        return 0;
    }
    let batched = |shape: &Shape| [&[BATCH], shape.dims()].concat();
    let inputs: Vec<Numbers> = graph.inputs().iter().map(|port| random.numbers(&batched(&port.shape), -1.7, 1.7)).collect();
    let case = Case { graph, state: random_state(graph, random), inputs };
    let len = case.inputs[0].values.len();
    let at = random.whole(len / BATCH, 2 * len / BATCH - 1);
    let plain = case.outputs(at, |x| x, false);
    // Large and small changes, up and down: one of them must show in every output that depends on the element.
    let mut depends = vec![false; plain.iter().map(|output| output.values.len()).sum()];
    for step in [1e-4, -1e-4, 0.3, -0.3, 2.0, -2.0, 40.0, -40.0, 1e3, -1e3] {
        for (depends, differs) in depends.iter_mut().zip(differing(&plain, &case.outputs(at, |x| x + step, false))) {
            *depends |= differs;
        }
    }
    let flat = graph.nodes().iter().filter(|node| is_flat_somewhere(&node.op)).count();
    let cancels = flat > 1 || graph.nodes().iter().any(|node| cancels(&node.op));
    // The images of each output in order: only the middle one may have a NaN from cancellation.
    let middle: Vec<bool> = plain.iter().flat_map(|output| (0..BATCH).flat_map(|i| vec![i == 1; output.values.len() / BATCH])).collect();
    let kinds: Vec<String> = graph.nodes().iter().map(|node| format!("{:?}", node.op)).collect();
    for engine in [false, true] {
        let found = case.outputs(at, |_| f64::NAN, engine);
        let found: Vec<bool> = found.iter().flat_map(|output| output.values.iter().map(|x| x.is_nan())).collect();
        let path = if engine { "engine" } else { "portable path" };
        for (place, (&is_nan, &depends)) in found.iter().zip(&depends).enumerate() {
            let may_be = depends || (cancels && middle[place]);
            assert!(may_be || !is_nan, "{name}, {path}: output {place} is NaN and does not depend on element {at}: {kinds:?}");
            // A very weak dependence may not show.
            assert!(is_nan || !depends, "{name}, {path}: output {place} depends on element {at} and is not NaN: {kinds:?}");
        }
    }
    1
}

/// The number of networks and of graphs; override with `LAYERCAKE_GRAPHS=120`.
fn count() -> u64 {
    std::env::var("LAYERCAKE_GRAPHS").map_or(40, |count| count.parse().unwrap())
}

#[test]
fn in_random_networks() {
    let (mut checked, count) = (0, count());
    for seed in 0..count {
        let mut random = Random::new(seed);
        let graph = random_chain(&mut random);
        checked += check(&format!("network {seed}"), &graph, &mut random);
    }
    assert!(2 * checked > count as usize, "{checked} of {count} networks are not many");
}

#[test]
fn in_random_graphs() {
    let (mut checked, count) = (0, count());
    for seed in 0..count {
        let mut random = Random::new(1000 + seed);
        let graph = random_graph(&mut random);
        checked += check(&format!("graph {seed}"), &graph, &mut random);
    }
    assert!(2 * checked > count as usize, "{checked} of {count} graphs are not many");
}

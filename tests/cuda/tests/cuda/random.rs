//! Random networks and graphs in both number types against the portable path on the CPU in float64.

use layercake::__private::Path;
use layercake::cuda::lacks;
use layercake::dfdx::tensor::Cuda;
use layercake::ir::{Graph, Shape};
use layercake::{Backend, Scalar};
use layercake_cuda_tests::device;
use layercake_tests::{
    EngineMode as Mode, Limits, Numbers, Pass, Random, Tally, has_variance, kinds, random_chain, random_graph, random_state,
};

/// The number of networks, and of graphs; ten times as many if `LAYERCAKE_CUDA_ALL` is set.
fn count() -> u64 {
    if std::env::var_os("LAYERCAKE_CUDA_ALL").is_some() { 250 } else { 25 }
}

/// The path in single precision.
const SINGLE: &str = "cuda f32";
/// One sample, an odd number of samples.
const BATCHES: [usize; 2] = [1, 5];
const MODES: [(&str, Mode); 3] = [("infer", Mode::Infer), ("eval", Mode::Eval), ("train", Mode::Train)];

fn run<E: Scalar>(path: &'static str, limits: Limits)
where
    Cuda: Backend<E>,
{
    let device = device(0);
    let (mut tally, mut on_engine) = (Tally::new(path, limits), 0);
    for seed in 0..count() {
        let mut random = Random::new(seed);
        on_engine += compare::<E>(path, &device, &format!("network {seed}"), &random_chain(&mut random), &mut random, &mut tally);
        let mut random = Random::new(1000 + seed);
        on_engine += compare::<E>(path, &device, &format!("graph {seed}"), &random_graph(&mut random), &mut random, &mut tally);
    }
    println!("{path}: {on_engine} passes on the engine");
    assert_eq!(on_engine > 0, path == SINGLE);
    tally.finish();
}

fn compare<E: Scalar>(path: &'static str, device: &Cuda, name: &str, graph: &Graph, random: &mut Random, tally: &mut Tally) -> usize
where
    Cuda: Backend<E>,
{
    tally.case();
    let on_engine = &mut 0;
    for batch in BATCHES {
        let state = random_state(graph, random);
        let batched = |shape: &Shape| [&[batch], shape.dims()].concat();
        let inputs: Vec<Numbers> = graph.inputs().iter().map(|port| random.numbers(&batched(&port.shape), -1.7, 1.7)).collect();
        let grads = graph.outputs().iter().map(|port| Some(random.numbers(&batched(&port.shape), -1.7, 1.7))).collect::<Vec<_>>();
        let pass = Pass { graph, state: &state, inputs: &inputs, output_grads: &grads, seed: random.whole(0, 1000) as u64 };
        for (how, mode) in MODES.into_iter().filter(|(_, mode)| *mode != Mode::Train || has_variance(graph, batch)) {
            let case = format!("{name} ({}) batch {batch} {how}", kinds(graph));
            let (outcome, taken) = pass.device::<E, _>(device, mode);
            // In double precision there is no engine.
            let engine = path == SINGLE && lacks(graph, mode).is_none();
            assert_eq!(taken == Path::Engine, engine, "{case}");
            *on_engine += usize::from(engine);
            tally.compare(path, &case, &pass, mode, &outcome);
        }
    }
    *on_engine
}

#[test]
fn in_single_precision() {
    run::<f32>(SINGLE, Limits::SINGLE);
}

#[test]
fn in_double_precision() {
    run::<f64>("cuda f64", Limits::DOUBLE);
}

//! Steps measured on the ranks that `mpirun` started.

use std::fmt::Write;
use std::time::{Duration, Instant};

use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_ir::Graph;
use layercake_train::distributed::{Reduce, World};

use super::model::{Cost, Link};

/// Images of a step.
const BATCH: usize = 128;
/// The lanes of such a batch.
const LANES: usize = 8;
/// Steps, of which the fastest counts: other programs only make a step longer.
const STEPS: usize = 12;
/// Bytes for the bandwidth.
const BULK: usize = 16 << 20;

/// The link between the ranks, and for each network the time of a step that each rank makes alone, of one that all make together, and what the model says of it. On all ranks;
/// the text is rank 0's.
pub fn measure(world: &World, reduce: Reduce, graphs: &[(&str, &Graph)], processors: usize) -> String {
    let link = link(world);
    let ranks = world.size();
    let mut text = format!(
        "{ranks} ranks on {processors} processors, {reduce:?}: latency {:.1} us, bandwidth {:.3} GB/s\n\n\
         | network | alone, ms | together, ms | waiting, ms | exchanges while computing, ms | step by the model, ms | received by rank 0, MB | by a rank between others, by the model | exchanges |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        1e6 * link.latency,
        link.bandwidth / 1e9
    );
    for (name, graph) in graphs {
        let mut step = steps(graph);
        let alone = fastest(world, &mut || step());
        let before = world.traffic();
        let together = fastest(world, &mut || world.together(&mut step));
        let after = world.traffic();
        let each = |total: f64| total / STEPS as f64;
        let [waiting, hidden] =
            [after.time - before.time, after.hidden_time - before.hidden_time].map(|time| 1e3 * each(time.as_secs_f64()));
        let cost = Cost::of(graph, BATCH, LANES, ranks, link, reduce, false);
        // All ranks were at it, so that more ranks than processors have made it longer already.
        let share = alone.as_secs_f64() / ranks as f64;
        let _ = writeln!(
            text,
            "| {name} | {:.1} | {:.1} | {waiting:.1} | {hidden:.1} | {:.1} | {:.2} | {:.2} | {:.0} |",
            1e3 * alone.as_secs_f64(),
            1e3 * together.as_secs_f64(),
            1e3 * cost.step(share),
            each((after.received - before.received) as f64) / 1e6,
            cost.bytes / 1e6,
            each((after.exchanges - before.exchanges) as f64)
        );
    }
    text
}

/// The time of a step that all ranks make together, for each network.
pub fn together(world: &World, graphs: &[(&str, &Graph)]) -> Vec<Duration> {
    graphs
        .iter()
        .map(|(_, graph)| {
            let mut step = steps(graph);
            fastest(world, &mut || world.together(&mut step))
        })
        .collect()
}

/// A training step on random images.
fn steps(graph: &Graph) -> impl FnMut() {
    let device = Cpu::seed_from_u64(0);
    let mut model = GraphModel::build(graph.clone(), &device);
    let mut optimizer = Adam::new(&model, AdamConfig::default());
    let mut gradients = Some(model.alloc_grads());
    let dims = [&[BATCH], graph.inputs()[0].shape.dims()].concat();
    let numbers: Vec<f32> = (0..dims.iter().product::<usize>()).map(|i| ((i * 7919) % 1009) as f32 / 504.5 - 1.0).collect();
    let x: DynTensor<f32, Cpu, NoneTape> =
        DynTensor::try_from_vec(&device, numbers, &dims).ok().flatten().expect("the size matches the shape");
    let labels: Vec<usize> = (0..BATCH).map(|i| i * 7919 % 1009 % 10).collect();
    move || {
        let scores: Tensor<(usize, Const<10>), f32, Cpu, OwnedTape<f32, Cpu>> =
            model.forward_train(vec![x.clone()], gradients.take().expect("put back at the end"));
        let mut new = loss::cross_entropy(scores, &labels).backward();
        optimizer.step(&mut model, &mut new).expect("every parameter has a gradient");
        model.zero_grads(&mut new);
        gradients = Some(new);
    }
}

/// The fastest of some steps, which all ranks begin at the same time.
fn fastest(world: &World, step: &mut dyn FnMut()) -> Duration {
    let timed = |_| {
        world.barrier();
        let begun = Instant::now();
        step();
        begun.elapsed()
    };
    (0..STEPS).map(timed).min().expect("there are steps")
}

/// The mean time of a barrier, and the bytes per second that reach each rank while all send a part of many bytes to all.
fn link(world: &World) -> Link {
    const BARRIERS: u32 = 500;
    world.barrier();
    let begun = Instant::now();
    (0..BARRIERS).for_each(|_| world.barrier());
    let barrier = begun.elapsed() / BARRIERS;
    let part = vec![0u8; BULK / world.size()];
    let bulk = (0..3)
        .map(|_| {
            world.barrier();
            let begun = Instant::now();
            _ = world.gather(&part);
            begun.elapsed()
        })
        .min();
    let received = (part.len() * (world.size() - 1)) as f64;
    Link { latency: barrier.as_secs_f64(), bandwidth: received / bulk.unwrap_or_default().as_secs_f64().max(1e-9) }
}

//! Scaling of Layercake's time with batch size, width, depth and threads. The time per operation should be constant.

use std::fmt::Write;
use std::time::{Duration, Instant};

use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_ir::ops::{Conv2d, GlobalAvgPool2d, Linear, Relu};
use layercake_ir::{Builder, Graph, INFER, Mistake, Op, Shape};

use crate::networks::{LeNet5, Vgg11};
use crate::work::flops_of;

/// Minimum time and number of repetitions per configuration.
const LEAST: (Duration, usize) = (Duration::from_millis(400), 9);

type Scores<T> = DynTensor<f32, Cpu, T>;

/// One table per scaled dimension.
pub fn markdown(peak_gflops: f64, threads: usize) -> String {
    let mut text = String::new();
    let mut table = |heading: &str, of: &str, rows: Vec<(String, Graph, usize)>| {
        let _ = writeln!(
            text,
            "\n## {heading}\n\n| {of} | step, ms | GFLOP/s | of peak | inference, ms | GFLOP/s | of peak |\n|--:|--:|--:|--:|--:|--:|--:|"
        );
        for (name, graph, batch) in rows {
            let _ = write!(text, "| {name} |");
            for (time, flops) in measure(&graph, batch) {
                let speed = flops / time.as_secs_f64() / 1e9;
                let _ = write!(text, " {:.3} | {speed:.1} | {:.0} % |", 1e3 * time.as_secs_f64(), 100.0 * speed / peak_gflops);
            }
            text.push('\n');
        }
    };
    let batches = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
    table("LeNet-5 by batch size", "batch", batches.map(|batch| (batch.to_string(), LeNet5::GRAPH.clone(), batch)).into());
    let mlps = batches.map(|batch| (batch.to_string(), dense(512, 2), batch));
    table("Two hidden layers of 512 by batch", "batch", mlps.into());
    let wide = [64, 128, 256, 512, 1024, 2048].map(|width| (width.to_string(), dense(width, 2), 64));
    table("Linear layers by width, batch 64", "width", wide.into());
    let deep = [1, 2, 4, 8, 16, 32].map(|depth| (depth.to_string(), dense(512, depth), 64));
    table("Linear layers of 512 by depth, batch 64", "layers", deep.into());
    let wide = [16, 32, 64, 128, 256].map(|width| (width.to_string(), convolutions(width, 3), 32));
    table("3x3 convolutions on 16x16 by width, batch 32", "channels", wide.into());
    let deep = [1, 2, 4, 8, 16].map(|depth| (depth.to_string(), convolutions(64, depth), 32));
    table("3x3 convolutions with 64 channels by depth, batch 32", "layers", deep.into());

    let _ = writeln!(text, "\n## VGG-11 by threads, batch 32\n\n| threads | step, ms | inference, ms |\n|--:|--:|--:|");
    for count in 1..=threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().expect("threads");
        let [(train, _), (infer, _)] = pool.install(|| measure(Vgg11::GRAPH, 32));
        let _ = writeln!(text, "| {count} | {:.1} | {:.1} |", 1e3 * train.as_secs_f64(), 1e3 * infer.as_secs_f64());
    }
    text
}

/// The median times of a training step and an inference, with their declared operations.
fn measure(graph: &Graph, batch: usize) -> [(Duration, f64); 2] {
    let device = Cpu::seed_from_u64(0);
    let mut model = GraphModel::build(graph.clone(), &device);
    let mut optimizer = Adam::new(&model, AdamConfig::default());
    let mut gradients = Some(model.alloc_grads());
    let dims = [&[batch], graph.inputs()[0].shape.dims()].concat();
    let numbers: Vec<f32> = (0..dims.iter().product::<usize>()).map(|i| ((i * 7919) % 1009) as f32 / 504.5 - 1.0).collect();
    let x: Scores<NoneTape> = DynTensor::try_from_vec(&device, numbers, &dims).ok().flatten().expect("the size matches the shape");
    let labels: Vec<usize> = (0..batch).map(|i| i * 7919 % 1009 % 10).collect();
    let train = median(|| {
        let scores: Tensor<(usize, Const<10>), f32, Cpu, OwnedTape<f32, Cpu>> =
            model.forward_train(vec![x.clone()], gradients.take().expect("put back at the end"));
        let mut new = loss::cross_entropy(scores, &labels).backward();
        optimizer.step(&mut model, &mut new).expect("every parameter has a gradient");
        model.zero_grads(&mut new);
        gradients = Some(new);
    });
    let infer = median(|| {
        let scores: Vec<Scores<NoneTape>> = model.forward(vec![x.clone()]);
        std::hint::black_box(scores);
    });
    let [once, step] = flops_of(&[graph]).map(|flops| (flops * batch as u64) as f64);
    [(train, step), (infer, once)]
}

fn median(mut work: impl FnMut()) -> Duration {
    for _ in 0..3 {
        work();
    }
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < LEAST.0 || times.len() < LEAST.1 {
        let start = Instant::now();
        work();
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

/// Unwraps a graph with valid sizes.
fn built(build: impl FnOnce() -> Result<Graph, Mistake>) -> Graph {
    build().unwrap_or_else(|mistake| panic!("{mistake}"))
}

/// Hidden linear layers of one width, and logits of ten classes.
fn dense(width: usize, layers: usize) -> Graph {
    let linear = |out_features| Op::Linear(Linear { in_features: INFER, out_features, bias: true });
    built(|| {
        let mut builder = Builder::new("Dense");
        let mut x = builder.input("input", Shape::new(&[width]))?;
        for layer in 0..layers {
            x = builder.add(&format!("fc{layer}"), linear(width), &[x])?;
            x = builder.add(&format!("relu{layer}"), Op::Relu(Relu {}), &[x])?;
        }
        let x = builder.add("scores", linear(10), &[x])?;
        builder.try_finish(&[("output", x)])
    })
}

/// Convolutions of one width, global average pooling, and logits of ten classes.
fn convolutions(channels: usize, layers: usize) -> Graph {
    let conv = Op::Conv2d(Conv2d {
        in_channels: INFER,
        out_channels: channels,
        kernel: [3; 2],
        stride: [1; 2],
        padding: [1; 2],
        dilation: [1; 2],
        groups: 1,
        bias: true,
    });
    built(|| {
        let mut builder = Builder::new("Convolutions");
        let mut x = builder.input("input", Shape::new(&[channels, 16, 16]))?;
        for layer in 0..layers {
            x = builder.add(&format!("conv{layer}"), conv, &[x])?;
            x = builder.add(&format!("relu{layer}"), Op::Relu(Relu {}), &[x])?;
        }
        let x = builder.add("mean", Op::GlobalAvgPool2d(GlobalAvgPool2d {}), &[x])?;
        let x = builder.add("scores", Op::Linear(Linear { in_features: INFER, out_features: 10, bias: true }), &[x])?;
        builder.try_finish(&[("output", x)])
    })
}

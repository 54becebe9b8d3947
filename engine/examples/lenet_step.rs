//! Times LeNet-5: the median and the minimum of many forward passes, and of forward and backward together.
//!
//! `cargo run --release -p layercake-engine --example lenet_step -- 64 2` for a batch of 64 on 2 threads.

use layercake_ir::ops::Tanh;
use std::time::Instant;

use layercake_engine::{Engine, Mode};
use layercake_ir::{
    Builder, Graph, INFER, Mistake, Op, Shape,
    ops::{AvgPool2d, Conv2d, Flatten, Linear},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number = |i: usize, otherwise| std::env::args().nth(i).map_or(Ok(otherwise), |text| text.parse::<usize>());
    let (batch, threads) = (number(1, 64)?, number(2, 2)?);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let graph = lenet()?;
    let engine = Engine::default();
    for (name, mode) in [("inference", Mode::Infer), ("training step", Mode::Train)] {
        let mut run = engine.start(&graph, batch, mode, false)?;
        let mut input = vec![0.0; run.input_len(0)];
        fill(&mut input, 1.0);
        let params: usize = graph.nodes().iter().map(|node| node.params().as_slice().len()).sum();
        (0..params).for_each(|i| fill(run.param_mut(i), 0.1));
        let grad = vec![0.01; batch * 10];
        let mut grads = run.zero_grads();
        let mut once = || {
            let start = Instant::now();
            run.set_input(0, &input);
            run.forward();
            if mode == Mode::Train {
                run.backward(&[&grad], &mut grads);
            }
            start.elapsed().as_secs_f64() * 1e3
        };
        (0..30).for_each(|_| _ = once());
        let mut times: Vec<f64> = (0..300).map(|_| once()).collect();
        times.sort_by(f64::total_cmp);
        println!("{name}: batch {batch}, {threads} threads, median {:.3} ms, least {:.3} ms", times[150], times[0]);
    }
    Ok(())
}

fn fill(slice: &mut [f32], scale: f32) {
    for (i, x) in slice.iter_mut().enumerate() {
        *x = ((i * 37 % 101) as f32 / 50.0 - 1.0) * scale;
    }
}

fn lenet() -> Result<Graph, Mistake> {
    let conv = |outputs, padding: usize| {
        Op::Conv2d(Conv2d {
            in_channels: INFER,
            out_channels: outputs,
            kernel: [5; 2],
            stride: [1; 2],
            padding: [padding; 2],
            dilation: [1; 2],
            groups: 1,
            bias: true,
        })
    };
    let half = Op::AvgPool2d(AvgPool2d { kernel: [2; 2], stride: [2; 2], padding: [0; 2], ceil_mode: false, count_include_pad: true });
    let linear = |outputs| Op::Linear(Linear { in_features: INFER, out_features: outputs, bias: true });
    let ops = [
        ("conv1", conv(6, 2)),
        ("tanh1", Op::Tanh(Tanh {})),
        ("pool1", half),
        ("conv2", conv(16, 0)),
        ("tanh2", Op::Tanh(Tanh {})),
        ("pool2", half),
        ("flatten", Op::Flatten(Flatten {})),
        ("fc1", linear(120)),
        ("tanh3", Op::Tanh(Tanh {})),
        ("fc2", linear(84)),
        ("tanh4", Op::Tanh(Tanh {})),
        ("fc3", linear(10)),
    ];
    let mut builder = Builder::new("LeNet5");
    let mut x = builder.input("input", Shape::new(&[1, 28, 28]))?;
    for (name, op) in ops {
        x = builder.add(name, op, &[x])?;
    }
    Ok(builder.finish(&[("output", x)]))
}

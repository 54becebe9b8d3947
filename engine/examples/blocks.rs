//! Times blocks with joins, forward and backward: two of ResNet-18's, and one of DenseNet's.
//!
//! `cargo run --release -p layercake-engine --example blocks -- 32 2` for a batch of 32 on 2 threads.

use layercake_ir::ops::{Add, Relu};
use std::time::Instant;

use layercake_engine::{Engine, Mode};
use layercake_ir::{
    Builder, Graph, INFER, Mistake, Op, Shape,
    ops::{BatchNorm2d, Concat, Conv2d},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number = |i: usize, otherwise| std::env::args().nth(i).map_or(Ok(otherwise), |text| text.parse::<usize>());
    let (batch, threads) = (number(1, 32)?, number(2, 2)?);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    println!("batch {batch}, {threads} threads; forward and backward while training, with the input's gradient");
    measure(&residual(64, 32)?, batch)?;
    measure(&residual(256, 8)?, batch)?;
    measure(&dense(64, 32, 6, 16)?, batch)?;
    Ok(())
}

fn measure(graph: &Graph, batch: usize) -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default();
    let mut run = engine.start(graph, batch, Mode::Train, true)?;
    let mut input = vec![0.0; run.input_len(0)];
    fill(&mut input, 1.0);
    let params: usize = graph.nodes().iter().map(|node| node.params().as_slice().len()).sum();
    (0..params).for_each(|i| fill(run.param_mut(i), 0.1));
    let grad = vec![0.01; run.output_len(0)];
    let mut grads = run.zero_grads();
    let mut times: Vec<f64> = (0..20)
        .map(|_| {
            let start = Instant::now();
            run.set_input(0, &input);
            run.forward();
            run.backward(&[&grad], &mut grads);
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{:44} median {:8.2} ms, least {:8.2} ms", graph.name, times[10], times[0]);
    Ok(())
}

fn fill(slice: &mut [f32], scale: f32) {
    for (i, x) in slice.iter_mut().enumerate() {
        *x = ((i * 37 % 101) as f32 / 50.0 - 1.0) * scale;
    }
}

fn conv(out_channels: usize, kernel: usize) -> Op {
    let (stride, dilation) = ([1; 2], [1; 2]);
    let (kernel, padding) = ([kernel; 2], [kernel / 2; 2]);
    Op::Conv2d(Conv2d { in_channels: INFER, out_channels, kernel, stride, padding, dilation, groups: 1, bias: false })
}

const NORM: Op = Op::BatchNorm2d(BatchNorm2d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true });

/// Two basic blocks (He et al., 2015).
fn residual(channels: usize, size: usize) -> Result<Graph, Mistake> {
    let mut builder = Builder::new(&format!("two residual blocks, {channels} at {size} x {size}"));
    let mut x = builder.input("input", Shape::new(&[channels, size, size]))?;
    for block in ["a", "b"] {
        let mut y = x;
        for (name, op) in
            [("conv1", conv(channels, 3)), ("bn1", NORM), ("relu1", Op::Relu(Relu {})), ("conv2", conv(channels, 3)), ("bn2", NORM)]
        {
            y = builder.add(&format!("{block}.{name}"), op, &[y])?;
        }
        let sum = builder.add(&format!("{block}.sum"), Op::Add(Add {}), &[y, x])?;
        x = builder.add(&format!("{block}.relu2"), Op::Relu(Relu {}), &[sum])?;
    }
    Ok(builder.finish(&[("output", x)]))
}

/// A dense block (Huang et al., 2016): each layer reads the outputs of all layers before it, through a bottleneck.
fn dense(channels: usize, growth: usize, layers: usize, size: usize) -> Result<Graph, Mistake> {
    let mut builder = Builder::new(&format!("dense block, {channels} + {layers} x {growth} at {size} x {size}"));
    let mut values = vec![builder.input("input", Shape::new(&[channels, size, size]))?];
    for layer in 0..layers {
        let mut x = match values[..] {
            [x] => x,
            _ => builder.add(&format!("{layer}.cat"), Op::Concat(Concat { axis: 0 }), &values)?,
        };
        for (name, op) in [
            ("bn1", NORM),
            ("relu1", Op::Relu(Relu {})),
            ("conv1", conv(4 * growth, 1)),
            ("bn2", NORM),
            ("relu2", Op::Relu(Relu {})),
            ("conv2", conv(growth, 3)),
        ] {
            x = builder.add(&format!("{layer}.{name}"), op, &[x])?;
        }
        values.push(x);
    }
    let x = builder.add("cat", Op::Concat(Concat { axis: 0 }), &values)?;
    Ok(builder.finish(&[("output", x)]))
}

//! Compares the speed of single layers with the machine's peak: 3 x 3 convolutions as in VGG, one with a stride, one depthwise, and a fully
//! connected layer.
//!
//! `cargo run --release -p layercake-engine --example convolutions -- 32 2` for a batch of 32 on 2 threads.

use std::time::Instant;

use layercake_engine::{Engine, Mode};
use layercake_ir::{
    Builder, Op, Shape,
    ops::{Conv2d, Linear},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number = |i: usize, otherwise| std::env::args().nth(i).map_or(Ok(otherwise), |text| text.parse::<usize>());
    let (batch, threads) = (number(1, 32)?, number(2, 2)?);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    println!("batch {batch}, {threads} threads; least of the times, inference and training with the input's gradient");
    // Input and output channels, size, stride, groups.
    for [inputs, outputs, size, stride, groups] in [
        [3, 64, 32, 1, 1],
        [64, 64, 32, 1, 1],
        [128, 128, 16, 1, 1],
        [256, 256, 8, 1, 1],
        [512, 512, 4, 1, 1],
        [512, 512, 2, 1, 1],
        [64, 128, 32, 2, 1],
        [128, 128, 16, 1, 128],
    ] {
        let op = Op::Conv2d(Conv2d {
            in_channels: inputs,
            out_channels: outputs,
            kernel: [3; 2],
            stride: [stride; 2],
            padding: [1; 2],
            dilation: [1; 2],
            groups,
            bias: true,
        });
        measure(&format!("{inputs} -> {outputs} at {size} x {size}, stride {stride}, groups {groups}"), op, &[inputs, size, size], batch)?;
    }
    measure("784 -> 512", Op::Linear(Linear { in_features: 784, out_features: 512, bias: true }), &[784], batch)?;
    Ok(())
}

fn measure(name: &str, op: Op, input: &[usize], batch: usize) -> Result<(), Box<dyn std::error::Error>> {
    let mut builder = Builder::new("One");
    let x = builder.input("input", Shape::new(input))?;
    let y = builder.add("layer", op, &[x])?;
    let graph = builder.finish(&[("output", y)]);
    let engine = Engine::default();
    let mut line = format!("{name:48}");
    for (mode, passes) in [(Mode::Infer, 1), (Mode::Train, 3)] {
        let mut run = engine.start(&graph, batch, mode, true)?;
        let input = vec![0.5; run.input_len(0)];
        run.param_mut(0).fill(0.01);
        let grad = vec![0.01; run.output_len(0)];
        let mut grads = run.zero_grads();
        let least = (0..20)
            .map(|_| {
                let start = Instant::now();
                run.set_input(0, &input);
                run.forward();
                if mode == Mode::Train {
                    run.backward(&[&grad], &mut grads);
                }
                start.elapsed().as_secs_f64()
            })
            .fold(f64::INFINITY, f64::min);
        let gflops = passes as f64 * graph.flops() as f64 * batch as f64 / least / 1e9;
        line += &format!("  {:8.3} ms {gflops:6.1} GFLOP/s", least * 1e3);
    }
    println!("{line}");
    Ok(())
}

//! Times the two halves of a convolutional autoencoder: the median and the minimum of many forward passes, and of forward and backward
//! together.
//!
//! `cargo run --release -p layercake-engine --example vae_step -- 64 2` for a batch of 64 on 2 threads; with `Encoder` or `Decoder` as the
//! third argument, only that half.

use layercake_ir::ops::Relu;
use std::time::Instant;

use layercake_engine::{Engine, Mode};
use layercake_ir::{
    Builder, Graph, INFER, Mistake, Op, Shape,
    ops::{Conv2d, ConvTranspose2d, Flatten, Linear, Reshape, Sizes},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number = |i: usize, otherwise| std::env::args().nth(i).map_or(Ok(otherwise), |text| text.parse::<usize>());
    let (batch, threads) = (number(1, 64)?, number(2, 2)?);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    println!("batch {batch}, {threads} threads; inference, and a training step without loss and optimizer");
    // The encoder's input needs no gradient; the decoder's does.
    for (graph, input_grad) in [(encoder()?, false), (decoder()?, true)] {
        if std::env::args().nth(3).is_none_or(|name| graph.name == name) {
            measure(&graph, batch, input_grad)?;
        }
    }
    Ok(())
}

fn measure(graph: &Graph, batch: usize, input_grad: bool) -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default();
    for (name, mode) in [("inference", Mode::Infer), ("training step", Mode::Train)] {
        let mut run = engine.start(graph, batch, mode, input_grad)?;
        let mut input = vec![0.0; run.input_len(0)];
        fill(&mut input, 1.0);
        let params: usize = graph.nodes().iter().map(|node| node.params().as_slice().len()).sum();
        (0..params).for_each(|i| fill(run.param_mut(i), 0.1));
        let grads: Vec<Vec<f32>> = (0..graph.outputs().len()).map(|i| vec![0.01; run.output_len(i)]).collect();
        let grads: Vec<&[f32]> = grads.iter().map(Vec::as_slice).collect();
        let mut param_grads = run.zero_grads();
        let mut once = || {
            let start = Instant::now();
            run.set_input(0, &input);
            run.forward();
            if mode == Mode::Train {
                run.backward(&grads, &mut param_grads);
            }
            start.elapsed().as_secs_f64() * 1e3
        };
        (0..30).for_each(|_| _ = once());
        let mut times: Vec<f64> = (0..300).map(|_| once()).collect();
        times.sort_by(f64::total_cmp);
        println!("{:8} {name:14} median {:7.3} ms, least {:7.3} ms", graph.name, times[150], times[0]);
    }
    Ok(())
}

fn fill(slice: &mut [f32], scale: f32) {
    for (i, x) in slice.iter_mut().enumerate() {
        *x = ((i * 37 % 101) as f32 / 50.0 - 1.0) * scale;
    }
}

fn linear(out_features: usize) -> Op {
    Op::Linear(Linear { in_features: INFER, out_features, bias: true })
}

/// Two convolutions with a stride, then the mean and the log-variance of 20 latent coordinates.
fn encoder() -> Result<Graph, Mistake> {
    let conv = |out_channels| {
        let (kernel, stride, padding, dilation) = ([3; 2], [2; 2], [1; 2], [1; 2]);
        Op::Conv2d(Conv2d { in_channels: INFER, out_channels, kernel, stride, padding, dilation, groups: 1, bias: true })
    };
    let mut builder = Builder::new("Encoder");
    let mut x = builder.input("input", Shape::new(&[1, 28, 28]))?;
    for (name, op) in [
        ("conv1", conv(32)),
        ("relu1", Op::Relu(Relu {})),
        ("conv2", conv(64)),
        ("relu2", Op::Relu(Relu {})),
        ("flatten", Op::Flatten(Flatten {})),
    ] {
        x = builder.add(name, op, &[x])?;
    }
    let mean = builder.add("mean", linear(20), &[x])?;
    let logvar = builder.add("logvar", linear(20), &[x])?;
    Ok(builder.finish(&[("mean", mean), ("logvar", logvar)]))
}

/// From a latent code to an image.
fn decoder() -> Result<Graph, Mistake> {
    let conv = |out_channels| {
        Op::ConvTranspose2d(ConvTranspose2d {
            in_channels: INFER,
            out_channels,
            kernel: [4; 2],
            stride: [2; 2],
            padding: [1; 2],
            output_padding: [0; 2],
            dilation: [1; 2],
            groups: 1,
            bias: true,
        })
    };
    let mut builder = Builder::new("Decoder");
    let mut x = builder.input("input", Shape::new(&[20]))?;
    for (name, op) in [
        ("fc", linear(64 * 7 * 7)),
        ("relu1", Op::Relu(Relu {})),
        ("maps", Op::Reshape(Reshape { shape: Sizes::new(&[64, 7, 7]) })),
        ("deconv1", conv(32)),
        ("relu2", Op::Relu(Relu {})),
        ("deconv2", conv(1)),
    ] {
        x = builder.add(name, op, &[x])?;
    }
    Ok(builder.finish(&[("logits", x)]))
}

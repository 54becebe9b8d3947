//! Inference of networks for images, in both layouts of the engine by turns.
//!
//!     cargo run --release -p layercake-engine --example images -- resnet50 1 10
//!
//! The arguments are the network (resnet18, resnet50, vgg16, mobilenet), the batch, the number of turns, of threads, and the size of the images:
//! 10 turns, two threads and 224x224 by default. On a busy machine, compare the time of the processors on one thread.

use std::{env::args, time::Instant};

use layercake_engine::{Engine, Layout, Mode, Run};
use layercake_ir::{
    Builder, Graph, INFER, Op, Shape,
    ops::{Add, BatchNorm2d, Conv2d, Flatten, GlobalAvgPool2d, Linear, MaxPool2d, Relu, Relu6},
};

/// Builds a chain of layers.
struct Net {
    builder: Builder,
    x: usize,
    layers: usize,
}

impl Net {
    fn add(&mut self, op: impl Into<Op>) -> &mut Self {
        self.join(op, &[self.x])
    }

    fn join(&mut self, op: impl Into<Op>, inputs: &[usize]) -> &mut Self {
        self.layers += 1;
        self.x = self.builder.add(&format!("n{}", self.layers), op.into(), inputs).expect("the shapes fit");
        self
    }

    /// A convolution; with batch normalization it has no bias.
    fn conv(&mut self, out_channels: usize, kernel: usize, stride: usize, groups: usize, norm: bool) -> &mut Self {
        let [kernel, stride, padding, dilation] = [[kernel; 2], [stride; 2], [kernel / 2; 2], [1; 2]];
        self.add(Conv2d { in_channels: INFER, out_channels, kernel, stride, padding, dilation, groups, bias: !norm });
        if norm { self.add(BatchNorm2d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true }) } else { self }
    }

    fn pool(&mut self, kernel: usize, padding: usize) -> &mut Self {
        let [kernel, stride, padding, dilation] = [[kernel; 2], [2; 2], [padding; 2], [1; 2]];
        self.add(MaxPool2d { kernel, stride, padding, dilation, ceil_mode: false })
    }

    fn linear(&mut self, out_features: usize) -> &mut Self {
        self.add(Linear { in_features: INFER, out_features, bias: true })
    }

    fn channels(&self) -> usize {
        self.builder.shape(self.x).dim(0)
    }

    /// A block of a ResNet: convolutions of these widths, kernels and strides, and a shortcut.
    fn block(&mut self, convs: &[[usize; 3]]) {
        let (from, inputs) = (self.x, self.channels());
        for (i, &[width, kernel, stride]) in convs.iter().enumerate() {
            self.conv(width, kernel, stride, 1, true);
            if i + 1 < convs.len() {
                self.add(Relu {});
            }
        }
        let (main, stride, width) = (self.x, convs.iter().map(|conv| conv[2]).product(), self.channels());
        self.x = from;
        if stride > 1 || width != inputs {
            self.conv(width, 1, stride, 1, true);
        }
        let inputs = [main, self.x];
        self.join(Add {}, &inputs).add(Relu {});
    }

    fn head(&mut self) {
        self.add(GlobalAvgPool2d {}).linear(1000);
    }
}

fn network(name: &str, size: usize) -> Graph {
    let mut builder = Builder::new(name);
    let x = builder.input("input", Shape::new(&[3, size, size])).expect("an input");
    let mut net = Net { builder, x, layers: 0 };
    match name {
        "vgg16" => {
            for (stage, count) in [2, 2, 3, 3, 3].into_iter().enumerate() {
                for _ in 0..count {
                    net.conv((64 << stage).min(512), 3, 1, 1, false).add(Relu {});
                }
                net.pool(2, 0);
            }
            net.add(Flatten {}).linear(4096).add(Relu {}).linear(4096).add(Relu {}).linear(1000);
        }
        "mobilenet" => {
            net.conv(32, 3, 2, 1, true).add(Relu6 {});
            let stages = [[16, 1, 1, 1], [24, 2, 2, 6], [32, 3, 2, 6], [64, 4, 2, 6], [96, 3, 1, 6], [160, 3, 2, 6], [320, 1, 1, 6]];
            for [width, count, first, expansion] in stages {
                for i in 0..count {
                    let (from, inputs, stride) = (net.x, net.channels(), if i == 0 { first } else { 1 });
                    if expansion > 1 {
                        net.conv(expansion * inputs, 1, 1, 1, true).add(Relu6 {});
                    }
                    net.conv(expansion * inputs, 3, stride, expansion * inputs, true).add(Relu6 {}).conv(width, 1, 1, 1, true);
                    if stride == 1 && inputs == width {
                        let inputs = [net.x, from];
                        net.join(Add {}, &inputs);
                    }
                }
            }
            net.conv(1280, 1, 1, 1, true).add(Relu6 {}).head();
        }
        "resnet18" | "resnet50" => {
            net.conv(64, 7, 2, 1, true).add(Relu {}).pool(3, 1);
            let counts = if name == "resnet18" { [2, 2, 2, 2] } else { [3, 4, 6, 3] };
            for (stage, count) in counts.into_iter().enumerate() {
                for i in 0..count {
                    let (width, stride) = (64 << stage, if i == 0 && stage > 0 { 2 } else { 1 });
                    match name {
                        "resnet18" => net.block(&[[width, 3, stride], [width, 3, 1]]),
                        _ => net.block(&[[width, 1, 1], [width, 3, stride], [4 * width, 1, 1]]),
                    }
                }
            }
            net.head();
        }
        _ => panic!("resnet18, resnet50, vgg16 or mobilenet, not {name}"),
    }
    let Net { builder, x, .. } = net;
    builder.finish(&[("output", x)])
}

/// A number between -1 and 1, as if drawn.
fn drawn(stream: usize, at: usize) -> f32 {
    let mixed = (at as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15 ^ (stream as u64) << 7);
    let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 40) as f32 / (1 << 23) as f32 - 1.0
}

/// The seconds that all threads have run, as Linux counts them; 0 elsewhere.
fn processor() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let own =
        |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("schedstat")).ok()?.split(' ').next()?.parse::<f64>().ok();
    threads.filter_map(own).sum::<f64>() / 1e9
}

fn main() {
    let mut args = args().skip(1);
    let name = args.next().unwrap_or_else(|| "resnet50".to_owned());
    let mut number = |default| args.next().map_or(default, |text| text.parse().expect("a number"));
    let (batch, turns, threads, size) = (number(1), number(10), number(2), number(224));
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().expect("the first pool");
    let graph = network(&name, size);
    let layouts = [Layout::Images, Layout::Channels];
    // The name of each tensor, and the size of its numbers: activations keep theirs from layer to layer.
    let params: Vec<(&str, f32)> = graph
        .nodes()
        .iter()
        .flat_map(|node| node.params().as_slice().to_vec())
        .map(|param| (param.name, (6.0 / param.shape.dims()[1..].iter().product::<usize>() as f32).sqrt()))
        .collect();
    let start = |layout| {
        let mut run = Engine::with_layout(layout).start(&graph, batch, Mode::Infer, false).expect("it runs");
        run.fill_params(|i, to| {
            let (name, size) = &params[i];
            let number = |at: usize| drawn(i, at);
            let value = |at: usize| match *name {
                "running_var" => 1.0 + 0.5 * number(at),
                _ => number(at) * size,
            };
            to.iter_mut().enumerate().for_each(|(at, x)| *x = value(at));
        });
        run
    };
    let pass = |run: &mut Run| {
        let begin = (Instant::now(), processor());
        run.on_pool(|run| {
            run.fill_input(0, |to| to.iter_mut().enumerate().for_each(|(i, x)| *x = drawn(9999, i)));
            run.forward();
        });
        [begin.0.elapsed().as_secs_f64() * 1e3, (processor() - begin.1) * 1e3]
    };
    let mut runs: Vec<(Layout, Run, Vec<[f64; 2]>)> = layouts.into_iter().map(|layout| (layout, start(layout), Vec::new())).collect();
    for _ in 0..=turns {
        for (_, run, times) in &mut runs {
            times.push(pass(run));
        }
    }
    let operations = graph.flops() as f64 * batch as f64;
    for (layout, _, times) in &mut runs {
        times.remove(0);
        let sorted = |which: usize| {
            let mut list: Vec<f64> = times.iter().map(|time| time[which]).collect();
            list.sort_by(f64::total_cmp);
            list
        };
        let ([wall, own], middle) = ([0, 1].map(sorted), times.len() / 2);
        let speed = operations / own[middle] / 1e6;
        println!(
            "{name}, batch {batch}, {layout:?}: median {:.2} ms, least {:.2} ms; of processors {:.2} ms, {speed:.0} GFLOP/s",
            wall[middle], wall[0], own[middle]
        );
    }
}

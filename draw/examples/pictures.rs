//! Draws two networks: `cargo run -p layercake-draw --example pictures -- FOLDER` writes `lenet5.svg` and `resnet_block.svg` there.
//!
//! The pictures in `docs/pictures` were made so. The networks are built at run time here, which shows the builder;
//! one that `network!` declares is drawn from its `GRAPH` in the same way.

use std::path::Path;
use std::{env, fs, process};

use layercake_draw::Drawing;
use layercake_ir::ops::{Add, AvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, Relu, Tanh};
use layercake_ir::{Builder, Graph, INFER, Mistake, Op, Shape};

fn main() {
    let Some(folder) = env::args().nth(1) else {
        eprintln!("usage: pictures FOLDER");
        process::exit(2);
    };
    if let Err(error) = draw(Path::new(&folder)) {
        eprintln!("{folder}: {error}");
        process::exit(1);
    }
}

fn draw(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    fs::create_dir_all(folder)?;
    for (name, graph) in [("lenet5", lenet5()?), ("resnet_block", resnet_block()?)] {
        let path = folder.join(name).with_extension("svg");
        fs::write(&path, Drawing::of(&graph).svg())?;
        println!("{}", path.display());
    }
    Ok(())
}

/// LeNet-5 (LeCun et al., 1998) on MNIST.
pub fn lenet5() -> Result<Graph, Mistake> {
    let mut b = Builder::new("LeNet5");
    let x = b.input("input", Shape::new(&[1, 28, 28]))?;
    let pool = Op::AvgPool2d(AvgPool2d { kernel: [2; 2], stride: [2; 2], padding: [0; 2], ceil_mode: false, count_include_pad: true });
    let x = b.add("conv1", conv(6, 5, 1, 2, true), &[x])?;
    let x = b.add("tanh_1", Op::Tanh(Tanh {}), &[x])?;
    let x = b.add("avg_pool2d_1", pool, &[x])?;
    let x = b.add("conv2", conv(16, 5, 1, 0, true), &[x])?;
    let x = b.add("tanh_2", Op::Tanh(Tanh {}), &[x])?;
    let x = b.add("avg_pool2d_2", pool, &[x])?;
    let x = b.add("flatten_1", Op::Flatten(Flatten {}), &[x])?;
    let x = b.add("fc1", linear(120), &[x])?;
    let x = b.add("tanh_3", Op::Tanh(Tanh {}), &[x])?;
    let x = b.add("fc2", linear(84), &[x])?;
    let x = b.add("tanh_4", Op::Tanh(Tanh {}), &[x])?;
    let x = b.add("fc3", linear(10), &[x])?;
    Ok(b.finish(&[("output", x)]))
}

/// The block of ResNet-18 (He et al., 2015) that halves the image, its shortcut a convolution, and the one after it.
pub fn resnet_block() -> Result<Graph, Mistake> {
    let mut b = Builder::new("ResNetStage");
    let mut x = b.input("input", Shape::new(&[64, 56, 56]))?;
    for (block, stride) in [("0", 2), ("1", 1)] {
        let name = |layer: &str| format!("layer2.{block}.{layer}");
        let y = b.add(&name("conv1"), conv(128, 3, stride, 1, false), &[x])?;
        let y = b.add(&name("bn1"), batch_norm(), &[y])?;
        let y = b.add(&name("relu_1"), Op::Relu(Relu {}), &[y])?;
        let y = b.add(&name("conv2"), conv(128, 3, 1, 1, false), &[y])?;
        let y = b.add(&name("bn2"), batch_norm(), &[y])?;
        if stride > 1 {
            x = b.add(&name("downsample.0"), conv(128, 1, stride, 0, false), &[x])?;
            x = b.add(&name("downsample.1"), batch_norm(), &[x])?;
        }
        let y = b.add(&name("add_1"), Op::Add(Add {}), &[y, x])?;
        x = b.add(&name("relu_2"), Op::Relu(Relu {}), &[y])?;
    }
    Ok(b.finish(&[("output", x)]))
}

fn conv(out_channels: usize, kernel: usize, stride: usize, padding: usize, bias: bool) -> Op {
    let (kernel, stride, padding) = ([kernel; 2], [stride; 2], [padding; 2]);
    Op::Conv2d(Conv2d { in_channels: INFER, out_channels, kernel, stride, padding, dilation: [1; 2], groups: 1, bias })
}

fn batch_norm() -> Op {
    Op::BatchNorm2d(BatchNorm2d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true })
}

fn linear(out_features: usize) -> Op {
    Op::Linear(Linear { in_features: INFER, out_features, bias: true })
}

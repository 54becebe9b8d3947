//! Networks of many shapes, for the tests of pictures.

use layercake_ir::ops::*;
use layercake_ir::{Builder, Graph, INFER, Mistake, Op, Shape};

#[allow(dead_code, reason = "its `main`")]
#[path = "../../examples/pictures.rs"]
mod pictures;

/// All networks.
pub fn all() -> Vec<Graph> {
    let mut all = vec![pictures::lenet5().unwrap(), pictures::resnet_block().unwrap(), unet().unwrap()];
    all.extend([resnet50(&[3]), siamese(), vae(), inception(), densenet(6), gate(), nested(), resnet50(&[3, 4, 6, 3])]);
    all.extend([letters(), transformer(3), stack(5), towers(3), skipping(4), chain(30)]);
    all.extend((0..45).map(|seed| random(seed, 5 + 2 * seed as usize)));
    all
}

fn conv(out_channels: usize, kernel: usize, stride: usize) -> Op {
    let (kernel, stride, padding) = ([kernel; 2], [stride; 2], [kernel / 2; 2]);
    Op::Conv2d(Conv2d { in_channels: INFER, out_channels, kernel, stride, padding, dilation: [1; 2], groups: 1, bias: true })
}

fn linear(out_features: usize) -> Op {
    Op::Linear(Linear { in_features: INFER, out_features, bias: true })
}

fn norm() -> Op {
    Op::BatchNorm2d(BatchNorm2d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true })
}

fn max_pool(kernel: usize, stride: usize) -> Op {
    let padding = [kernel / 2; 2];
    Op::MaxPool2d(MaxPool2d { kernel: [kernel; 2], stride: [stride; 2], padding, dilation: [1; 2], ceil_mode: false })
}

/// Names layers after their kind, as `network!` does.
struct Net(Builder, usize);

impl Net {
    fn new(name: &str) -> Self {
        Self(Builder::new(name), 0)
    }

    fn input(&mut self, name: &str, shape: &[usize]) -> usize {
        self.0.input(name, Shape::new(shape)).unwrap()
    }

    fn add(&mut self, op: Op, inputs: &[usize]) -> usize {
        self.1 += 1;
        self.0.add(&format!("{}_{}", op.kind().to_lowercase(), self.1), op, inputs).unwrap()
    }

    fn named(&mut self, name: &str, op: Op, inputs: &[usize]) -> usize {
        self.0.add(name, op, inputs).unwrap()
    }

    /// A convolution, a normalization, and an activation if `relu`.
    fn unit(&mut self, name: &str, op: Op, x: usize, relu: bool) -> usize {
        let x = self.named(name, op, &[x]);
        let x = self.named(&format!("{name}.bn"), norm(), &[x]);
        if relu { self.add(Op::Relu(Relu {}), &[x]) } else { x }
    }
}

/// ResNet-50 with the given number of bottlenecks in each stage.
pub fn resnet50(stages: &[usize]) -> Graph {
    let mut net = Net::new("ResNet50");
    let x = net.input("input", &[3, 224, 224]);
    let x = net.unit("conv1", conv(64, 7, 2), x, true);
    let mut x = net.add(max_pool(3, 2), &[x]);
    for (stage, &count) in stages.iter().enumerate() {
        let width = 64 << stage;
        for block in 0..count {
            let name = |part: &str| format!("layer{}.{block}.{part}", stage + 1);
            let stride = if block == 0 && stage > 0 { 2 } else { 1 };
            let y = net.unit(&name("conv1"), conv(width, 1, 1), x, true);
            let y = net.unit(&name("conv2"), conv(width, 3, stride), y, true);
            let y = net.unit(&name("conv3"), conv(4 * width, 1, 1), y, false);
            let short = if block == 0 { net.unit(&name("downsample.0"), conv(4 * width, 1, stride), x, false) } else { x };
            let sum = net.add(Op::Add(Add {}), &[y, short]);
            x = net.add(Op::Relu(Relu {}), &[sum]);
        }
    }
    let kernel = [56 >> (stages.len() - 1); 2];
    let mean = AvgPool2d { kernel, stride: kernel, padding: [0; 2], ceil_mode: false, count_include_pad: true };
    let x = net.add(Op::AvgPool2d(mean), &[x]);
    let x = net.add(Op::Flatten(Flatten {}), &[x]);
    let x = net.named("fc", linear(1000), &[x]);
    net.0.finish(&[("output", x)])
}

/// Two inputs through one encoder; the second path shares the first's tensors.
pub fn siamese() -> Graph {
    let mut net = Net::new("Siamese");
    let (left, right) = (net.input("left", &[1, 28, 28]), net.input("right", &[1, 28, 28]));
    let mut ways = Vec::new();
    let mut owners = Vec::new();
    for input in [left, right] {
        let mut x = input;
        for (step, op) in [conv(8, 5, 2), Op::Relu(Relu {}), Op::Flatten(Flatten {}), linear(32)].into_iter().enumerate() {
            let name = [["conv", "relu_1", "flatten_1", "embed"], ["conv", "relu_2", "flatten_2", "embed"]][ways.len()][step];
            x = if input == right && op.params().count() > 0 {
                net.0.add_shared(name, op, &[x], owners[step]).unwrap()
            } else {
                net.named(name, op, &[x])
            };
            owners.push(x);
        }
        ways.push(x);
    }
    let apart = net.named("apart", Op::Sub(Sub {}), &ways);
    let x = net.named("judge", linear(1), &[apart]);
    let x = net.add(Op::Sigmoid(Sigmoid {}), &[x]);
    net.0.finish(&[("same", x)])
}

/// A variational autoencoder: two heads, noise as an input, and three outputs.
pub fn vae() -> Graph {
    let mut net = Net::new("VAE");
    let (x, noise) = (net.input("image", &[784]), net.input("noise", &[20]));
    let x = net.named("encode", linear(400), &[x]);
    let x = net.add(Op::Relu(Relu {}), &[x]);
    let (mean, log_var) = (net.named("mean", linear(20), &[x]), net.named("log_var", linear(20), &[x]));
    let spread = net.add(Op::Mul(Mul {}), &[log_var, noise]);
    let z = net.add(Op::Add(Add {}), &[mean, spread]);
    let x = net.named("decode1", linear(400), &[z]);
    let x = net.add(Op::Relu(Relu {}), &[x]);
    let x = net.named("decode2", linear(784), &[x]);
    let x = net.add(Op::Sigmoid(Sigmoid {}), &[x]);
    net.0.finish(&[("image", x), ("mean", mean), ("log_var", log_var)])
}

/// An Inception block: four branches, concatenated.
pub fn inception() -> Graph {
    let mut net = Net::new("Inception");
    let x = net.input("input", &[192, 28, 28]);
    let mut ways = Vec::new();
    for (name, reduce, out, kernel) in [("way1", 0, 64, 1), ("way2", 96, 128, 3), ("way3", 16, 32, 5), ("way4", 0, 32, 1)] {
        let mut y = x;
        if reduce > 0 {
            y = net.named(&format!("{name}.reduce"), conv(reduce, 1, 1), &[y]);
            y = net.add(Op::Relu(Relu {}), &[y]);
        } else if name == "way4" {
            y = net.add(max_pool(3, 1), &[y]);
        }
        y = net.named(&format!("{name}.conv"), conv(out, kernel, 1), &[y]);
        ways.push(net.add(Op::Relu(Relu {}), &[y]));
    }
    let x = net.add(Op::Concat(Concat { axis: 0 }), &ways);
    net.0.finish(&[("output", x)])
}

/// A dense block: each layer reads the outputs of all layers before it.
pub fn densenet(layers: usize) -> Graph {
    let mut net = Net::new("DenseBlock");
    let mut all = vec![net.input("input", &[24, 32, 32])];
    for layer in 0..layers {
        let x = if layer == 0 { all[0] } else { net.add(Op::Concat(Concat { axis: 0 }), &all) };
        let x = net.add(norm(), &[x]);
        let x = net.add(Op::Relu(Relu {}), &[x]);
        all.push(net.named(&format!("layer{layer}"), conv(12, 3, 1), &[x]));
    }
    let x = net.add(Op::Concat(Concat { axis: 0 }), &all);
    net.0.finish(&[("output", x)])
}

/// A gated block as in PixelCNN, and the maximum of a value with itself.
pub fn gate() -> Graph {
    let mut net = Net::new("Gate");
    let x = net.input("input", &[16, 8, 8]);
    let y = net.named("conv", conv(32, 3, 1), &[x]);
    let half = net.add(Op::Chunk(Chunk { chunks: 2, axis: 0 }), &[y]);
    let (a, b) = (net.add(Op::Tanh(Tanh {}), &[half]), net.add(Op::Sigmoid(Sigmoid {}), &[half + 1]));
    let y = net.add(Op::Mul(Mul {}), &[a, b]);
    let y = net.add(Op::Maximum(Maximum {}), &[y, y]);
    let y = net.named("out", conv(16, 1, 1), &[y]);
    let y = net.add(Op::Add(Add {}), &[x, y]);
    net.0.finish(&[("output", y)])
}

/// A network of two inputs and two outputs nested in another, twice; the second use shares the first's tensors.
pub fn nested() -> Graph {
    let mut net = Net::new("Cell");
    let (x, state) = (net.input("x", &[8]), net.input("state", &[8]));
    let (wx, ws) = (net.named("wx", linear(8), &[x]), net.named("ws", linear(8), &[state]));
    let sum = net.add(Op::Add(Add {}), &[wx, ws]);
    let next = net.add(Op::Tanh(Tanh {}), &[sum]);
    let out = net.named("out", linear(4), &[next]);
    let cell: &'static Graph = Box::leak(Box::new(net.0.finish(&[("out", out), ("state", next)])));
    let mut net = Net::new("Twice");
    let (first, second, start) = (net.input("first", &[8]), net.input("second", &[8]), net.input("start", &[8]));
    let op = Op::Subgraph(Subgraph { graph: cell, outputs: 2 });
    let out1 = net.named("cell", op, &[first, start]);
    let out2 = net.0.add_shared("cell", op, &[second, out1 + 1], out1).unwrap();
    let both = net.add(Op::Concat(Concat { axis: 0 }), &[out1, out2]);
    net.0.finish(&[("outs", both), ("state", out2 + 1)])
}

/// A recurrent layer whose final states are outputs of the network.
pub fn letters() -> Graph {
    let mut net = Net::new("Letters");
    let ids = net.0.input("letters", Shape::ids(&[64])).unwrap();
    let (h, c) = (net.input("h", &[2, 32]), net.input("c", &[2, 32]));
    let x = net.named("embedding", Op::Embedding(Embedding { num_embeddings: 65, embedding_dim: 16, padding_idx: INFER }), &[ids]);
    let (layers, bidirectional, output) = (2, false, Steps::All);
    let lstm = Lstm { in_features: INFER, hidden: 32, layers, bidirectional, dropout: 0.2, bias: true, output, states: true };
    let y = net.named("lstm", Op::Lstm(lstm), &[x, h, c]);
    let (h, c) = (y + 1, y + 2);
    let x = net.add(Op::Dropout(Dropout { p: 0.1 }), &[y]);
    let scores = net.named("fc", linear(65), &[x]);
    net.0.finish(&[("scores", scores), ("h_n", h), ("c_n", c)])
}

/// `blocks` blocks of attention and a small network, each added to its input.
pub fn transformer(blocks: usize) -> Graph {
    let mut net = Net::new("Transformer");
    let mut x = net.input("input", &[16, 32]);
    for block in 0..blocks {
        let name = |part: &str| format!("blocks.{block}.{part}");
        let norm = || Op::LayerNorm(LayerNorm { shape: Sizes::new(&[32]), eps: 1e-5, affine: true });
        let y = net.named(&name("norm1"), norm(), &[x]);
        let attention =
            MultiheadAttention { features: INFER, heads: 4, causal: true, dropout: 0.1, bias: true, key: false, value: false, mask: false };
        let y = net.named(&name("attention"), Op::MultiheadAttention(attention), &[y]);
        x = net.named(&name("add_1"), Op::Add(Add {}), &[x, y]);
        let y = net.named(&name("norm2"), norm(), &[x]);
        let y = net.named(&name("fc1"), linear(128), &[y]);
        let y = net.named(&name("gelu_1"), Op::Gelu(Gelu { approximate: Approximation::None }), &[y]);
        let y = net.named(&name("fc2"), linear(32), &[y]);
        x = net.named(&name("add_2"), Op::Add(Add {}), &[x, y]);
    }
    let x = net.named("head", linear(10), &[x]);
    net.0.finish(&[("output", x)])
}

/// A layer and its activation, repeated `times` times, and all of this twice with a layer in between.
pub fn stack(times: usize) -> Graph {
    let mut net = Net::new("Stack");
    let mut x = net.input("input", &[8]);
    for outer in 0..2 {
        for inner in 0..times {
            x = net.named(&format!("repeat_1.{outer}.repeat_1.{inner}.linear_1"), linear(8), &[x]);
            x = net.named(&format!("repeat_1.{outer}.repeat_1.{inner}.relu_1"), Op::Relu(Relu {}), &[x]);
        }
        x = net.named(&format!("repeat_1.{outer}.squash"), Op::Tanh(Tanh {}), &[x]);
    }
    net.0.finish(&[("output", x)])
}

/// A sequence of activations, each drawn as a narrow bar.
pub fn chain(times: usize) -> Graph {
    let mut net = Net::new("Chain");
    let mut x = net.input("input", &[8]);
    for _ in 0..times {
        x = net.add(Op::Relu(Relu {}), &[x]);
    }
    net.0.finish(&[("output", x)])
}

/// Two parallel towers of equal blocks.
pub fn towers(times: usize) -> Graph {
    let mut net = Net::new("Towers");
    let inputs = [net.input("left", &[8, 16, 16]), net.input("right", &[8, 16, 16])];
    let mut tops = Vec::new();
    for (tower, mut x) in ["left", "right"].into_iter().zip(inputs) {
        for block in 0..times {
            let y = net.named(&format!("{tower}.{block}.conv"), conv(8, 3, 1), &[x]);
            let y = net.named(&format!("{tower}.{block}.relu_1"), Op::Relu(Relu {}), &[y]);
            x = net.named(&format!("{tower}.{block}.add_1"), Op::Add(Add {}), &[x, y]);
        }
        tops.push(x);
    }
    let x = net.add(Op::Concat(Concat { axis: 0 }), &tops);
    net.0.finish(&[("output", x)])
}

/// Equal blocks whose outputs are also used at the end, so that nothing can be folded.
pub fn skipping(times: usize) -> Graph {
    let mut net = Net::new("Skipping");
    let mut x = net.input("input", &[8, 16, 16]);
    let mut given = Vec::new();
    for block in 0..times {
        let y = net.named(&format!("blocks.{block}.conv"), conv(8, 3, 1), &[x]);
        let y = net.named(&format!("blocks.{block}.relu_1"), Op::Relu(Relu {}), &[y]);
        x = net.named(&format!("blocks.{block}.out"), conv(8, 1, 1), &[y]);
        given.push(x);
    }
    let x = net.add(Op::Concat(Concat { axis: 0 }), &given);
    net.0.finish(&[("output", x)])
}

/// A random graph of `nodes` nodes: each reads any values before it, near ones more often than distant ones.
pub fn random(seed: u64, nodes: usize) -> Graph {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut net = Net::new(&format!("Random{seed}"));
    let mut values: Vec<usize> = (0..1 + next(3)).map(|n| net.input(&format!("in{n}"), &[8])).collect();
    for _ in 0..nodes {
        let mut pick = || values[values.len() - 1 - next(values.len()).min(next(values.len()))];
        let (a, b, c) = (pick(), pick(), pick());
        let value = match next(9) {
            0..3 => net.add(linear(8), &[a]),
            3 => net.add(Op::Tanh(Tanh {}), &[a]),
            4 => net.add(Op::Add(Add {}), &[a, b, c]),
            5 => net.add(Op::Sub(Sub {}), &[a, b]),
            6 => net.add(Op::Maximum(Maximum {}), &[a, b]),
            7 => net.add(Op::Relu(Relu {}), &[a]),
            _ => {
                let all = net.add(Op::Concat(Concat { axis: 0 }), &[a, b, c]);
                net.named(&format!("a_rather_long_name_{all}"), linear(8), &[all])
            }
        };
        values.push(value);
    }
    let last = values[values.len() - 1];
    net.0.finish(&[("last", last), ("first", values[0])])
}

/// A small U-Net (Ronneberger et al., 2015): at each level, the skip connection of the left side is joined to the right side.
fn unet() -> Result<Graph, Mistake> {
    let mut b = Builder::new("UNet");
    let mut x = b.input("image", Shape::new(&[1, 64, 64]))?;
    let pool = MaxPool2d { kernel: [2; 2], stride: [2; 2], padding: [0; 2], dilation: [1; 2], ceil_mode: false };
    let mut levels = Vec::new();
    for (level, channels) in [16, 32, 64].into_iter().enumerate() {
        x = double_conv(&mut b, &format!("down{}", level + 1), channels, x)?;
        levels.push((level + 1, channels, x));
        x = b.add(&format!("max_pool2d_{}", level + 1), Op::MaxPool2d(pool), &[x])?;
    }
    x = double_conv(&mut b, "bottom", 128, x)?;
    for (level, channels, skip) in levels.into_iter().rev() {
        let name = format!("up{level}");
        // A convolution with wide padding replaces the upsampling, with the same shapes.
        let padding = 64 >> (level + 1);
        x = b.add(&format!("{name}.up"), padded(2 * channels, 1, padding), &[x])?;
        x = b.add(&format!("{name}.concat_1"), Op::Concat(Concat { axis: 0 }), &[skip, x])?;
        x = double_conv(&mut b, &name, channels, x)?;
    }
    let x = b.add("classes", padded(2, 1, 0), &[x])?;
    Ok(b.finish(&[("mask", x)]))
}

fn double_conv(b: &mut Builder, name: &str, channels: usize, mut x: usize) -> Result<usize, Mistake> {
    for n in ["1", "2"] {
        x = b.add(&format!("{name}.conv{n}"), padded(channels, 3, 1), &[x])?;
        x = b.add(&format!("{name}.relu_{n}"), Op::Relu(Relu {}), &[x])?;
    }
    Ok(x)
}

fn padded(out_channels: usize, kernel: usize, padding: usize) -> Op {
    let (kernel, padding) = ([kernel; 2], [padding; 2]);
    Op::Conv2d(Conv2d { in_channels: INFER, out_channels, kernel, stride: [1; 2], padding, dilation: [1; 2], groups: 1, bias: true })
}

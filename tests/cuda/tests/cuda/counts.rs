//! The launches, products, copies and allocations of one training step, so that no change increases them unnoticed.

use layercake::dfdx::tensor::Cuda;
use layercake::ir::{Graph, Shape};
use layercake::optim::{Adam, AdamConfig, Clip};
use layercake::prelude::*;
use layercake::upload;
use layercake_cuda_tests::{Counts, counts_of_child, device, is_emulated};
use layercake_models::networks::{CharLstm, LeNet5};

// The emulated device takes minutes for a step of the true widths, which do not matter here: ResNet-18 and the Mixer have the layers of
// `layercake_models::networks`, each a few channels wide.
network! {
    block basic(width) {
        Residual {
            conv1: Conv2d(width, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
            conv2: Conv2d(width, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d,
        },
        ReLU,
    }

    block halving(width) {
        Residual(shortcut = { downsample: Sequential { Conv2d(width, kernel = 1, stride = 2, bias = false), BatchNorm2d } }) {
            conv1: Conv2d(width, kernel = 3, stride = 2, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
            conv2: Conv2d(width, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d,
        },
        ReLU,
    }

    ResNet18: [3, 32, 32] -> [10] {
        conv1: Conv2d(4, kernel = 7, stride = 2, padding = 3, bias = false), bn1: BatchNorm2d, ReLU,
        MaxPool2d(3, stride = 2, padding = 1),
        layer1: Sequential { basic(4), basic(4) },
        layer2: Sequential { halving(8), basic(8) },
        layer3: Sequential { halving(16), basic(16) },
        layer4: Sequential { halving(32), basic(32) },
        GlobalAvgPool2d,
        fc: Linear(10),
    }

    block mlp(hidden, width) { fc1: Linear(hidden), GELU, fc2: Linear(width) }

    block mixer(tokens, channels, patches, width) {
        Residual { norm1: LayerNorm(eps = 1e-6), Permute(1, 0), mlp_tokens: mlp(tokens, patches), Permute(1, 0) },
        Residual { norm2: LayerNorm(eps = 1e-6), mlp_channels: mlp(channels, width) },
    }

    Mixer: [3, 32, 32] -> [10] {
        stem: Sequential { proj: Conv2d(12, kernel = 8, stride = 8), Reshape(12, 16), Permute(1, 0) },
        blocks: Sequential { Repeat(12) { mixer(8, 24, 16, 12) } },
        norm: LayerNorm(eps = 1e-6),
        Mean(0),
        head: Linear(10),
    }
}

/// Each network with the most that a step may take.
const NETWORKS: [(&str, Counts); 7] = [
    ("LeNet-5", Counts { launches: 246, products: 15, uploads: 179, reads: 0, allocations: 353 }),
    ("ResNet-18", Counts { launches: 1886, products: 63, uploads: 1321, reads: 0, allocations: 2628 }),
    ("LSTM", Counts { launches: 782, products: 54, uploads: 1258, reads: 0, allocations: 1603 }),
    ("Mixer", Counts { launches: 3986, products: 150, uploads: 1997, reads: 0, allocations: 4587 }),
    ("activations", Counts { launches: 280, products: 0, uploads: 379, reads: 0, allocations: 628 }),
    // Nothing is read to unpool, for probabilities as targets, or for a norm but the norm itself.
    ("unpooling", Counts { launches: 48, products: 0, uploads: 155, reads: 0, allocations: 205 }),
    ("clipping by norm", Counts { launches: 108, products: 6, uploads: 49, reads: 1, allocations: 122 }),
];

/// Names the network and the number of steps to the other process.
const WHAT: &str = "LAYERCAKE_CUDA_STEPS";

#[test]
fn of_a_training_step() {
    if !is_emulated() {
        eprintln!("SKIPPED: only the emulated device counts");
        return;
    }
    let after = |name: &str, steps: usize| counts_of_child("counts::steps", WHAT, &format!("{name}:{steps}"));
    let mut too_many = Vec::new();
    for (name, most) in NETWORKS {
        // The first step loads kernels, makes tables and the optimizer's state.
        let found = after(name, 3) - after(name, 2);
        println!("{name}: {found:?}");
        if found != most {
            too_many.push(format!("{name}: {found:?} instead of {most:?}"));
        }
    }
    assert!(too_many.is_empty(), "what a step takes has changed; if it is less, lower the numbers here:\n{}", too_many.join("\n"));
}

#[test]
#[ignore = "run by `of_a_training_step` in a process of its own"]
fn steps() {
    let what = std::env::var(WHAT).expect("set by the test that starts this process");
    let (name, steps) = what.split_once(':').expect("a name and a number");
    let steps: usize = steps.parse().expect("a number");
    let device = device(0);
    match name {
        "LeNet-5" => images::<1, 28, 10>(LeNet5::<f32, Cpu>::GRAPH, &device, steps),
        "ResNet-18" => images::<3, 32, 10>(ResNet18::<f32, Cpu>::GRAPH, &device, steps),
        "LSTM" => lstm(&device, steps),
        "Mixer" => images::<3, 32, 10>(Mixer::<f32, Cpu>::GRAPH, &device, steps),
        "activations" => activations(&device, steps),
        "unpooling" => unpooling(&device, steps),
        "clipping by norm" => clipping(&device, steps),
        _ => panic!("no network `{name}`"),
    }
}

type Taped<S> = Tensor<S, f32, Cuda, OwnedTape<f32, Cuda>>;
/// A state of the LSTM after a step.
type State = Taped<(usize, usize, usize)>;

/// Takes steps of Adam on one batch.
fn train(
    graph: &Graph,
    device: &Cuda,
    steps: usize,
    mut loss: impl FnMut(&mut GraphModel<f32, Cuda>, Gradients<f32, Cuda>) -> Taped<Rank0>,
) {
    let mut model = GraphModel::new(graph.clone(), device);
    let mut adam = Adam::new(&model, AdamConfig::default());
    let mut gradients = model.alloc_grads();
    for _ in 0..steps {
        gradients = loss(&mut model, gradients).backward();
        adam.step(&mut model, &mut gradients).expect("the device works");
        model.zero_grads(&mut gradients);
    }
}

fn images<const C: usize, const SIZE: usize, const K: usize>(graph: &Graph, device: &Cuda, steps: usize) {
    let x: Tensor<(usize, Const<C>, Const<SIZE>, Const<SIZE>), f32, _> = device.sample_normal_like(&(2, Const, Const, Const));
    train(graph, device, steps, |model, gradients| {
        let scores: Taped<(usize, Const<K>)> = model.forward_train(x.clone(), gradients);
        loss::cross_entropy(scores, &[1, 2])
    });
}

fn lstm(device: &Cuda, steps: usize) {
    let mut step = 0;
    let state: Tensor<(usize, Const<1>, Const<256>), f32, Cuda> = device.zeros_like(&(2, Const, Const));
    let shapes = [Shape::new(&[16]), Shape::new(&[1, 256]), Shape::new(&[1, 256])];
    let graph = CharLstm::<f32, Cpu>::GRAPH.resized(&shapes).expect("sixteen characters fit");
    train(&graph, device, steps, |model, gradients| {
        // Other ids in each step, as in a run.
        step += 1;
        let ids: Tensor<(usize, usize), usize, Cuda> =
            upload(device, (0..32).map(|i| (i + step) * 7 % 65).collect(), (2, 16)).expect("the device works");
        let inputs = (ids.clone(), state.clone(), state.clone());
        let (scores, _, _): (Taped<(usize, usize, Const<65>)>, State, State) = model.forward_train(inputs, gradients);
        loss::token_cross_entropy(scores, &ids)
    });
}

network! {
    Unpooled: [1, 8, 8] -> [1, 8, 8] { pool: MaxPool2d(2), Tanh, MaxUnpool2d(pool) }
    Activations: [3] -> [3] {
        Clamp(min = -2), Threshold(-1, -1), Softshrink(0.1), Softsign, Mish, Hardswish, Hardsigmoid, Exp, Log, Abs, Sqrt, Pow(1.5), RReLU,
    }
    Small: [3] -> [2] { fc1: Linear(4), Tanh, fc2: Linear(2) }
}

fn unpooling(device: &Cuda, steps: usize) {
    let x: Tensor<(usize, Const<1>, Const<8>, Const<8>), f32, _> = device.sample_normal_like(&(2, Const, Const, Const));
    let model = GraphModel::new(Unpooled::<f32, Cpu>::GRAPH.clone(), device);
    for _ in 0..steps {
        let _: Tensor<(usize, Const<1>, Const<8>, Const<8>), f32, Cuda> = model.forward(x.clone());
    }
}

fn activations(device: &Cuda, steps: usize) {
    let x: Tensor<(usize, Const<3>), f32, _> = device.sample_normal_like(&(4, Const));
    let mut model = GraphModel::new(Activations::<f32, Cpu>::GRAPH.clone(), device);
    for _ in 0..steps {
        let y: Taped<(usize, Const<3>)> = model.forward_train(x.clone(), Gradients::leaky());
        y.mean().backward();
    }
}

fn clipping(device: &Cuda, steps: usize) {
    let x: Tensor<(usize, Const<3>), f32, _> = device.sample_normal_like(&(4, Const));
    let target: Tensor<(usize, Const<2>), f32, _> = device.zeros_like(&(4, Const));
    let mut model = GraphModel::new(Small::<f32, Cpu>::GRAPH.clone(), device);
    let mut adam = Adam::new(&model, AdamConfig::default());
    adam.clip = Some(Clip::Norm(1.0));
    for _ in 0..steps {
        let scores: Taped<(usize, Const<2>)> = model.forward_train(x.clone(), Gradients::leaky());
        let mut gradients = loss::CrossEntropy::default().mean(scores, target.clone()).backward();
        adam.step(&mut model, &mut gradients).expect("the device works");
    }
}

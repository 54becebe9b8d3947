//! The launches, products, copies and allocations of one training step, so that no change increases them unnoticed.

use layercake::dfdx::tensor::Cuda;
use layercake::ir::{Graph, Shape};
use layercake::optim::{Adam, AdamConfig, Clip};
use layercake::prelude::*;
use layercake::roi::{Region, RoiAlign, RoiPool};
use layercake::upload;
use layercake_cuda_tests::{Counts, counts_of_child, device, is_emulated};
use layercake_models::networks::{CharLstm, LeNet5, MixerB16, ResNet18};
use layercake_train::data::{Loader, Split, digits};
use layercake_train::{Classification, Trainer, Until};

// The emulated device takes minutes for steps in the true widths, and the counts do not depend on the widths. So ResNet-18 and the Mixer have the layers of
// `layercake_models::networks`, each a few channels wide, in two widths; those of `layercake_models` themselves are counted by `tests/cuda/emulated --all`.
macro_rules! widths {
    ($module:ident, ResNet18($a:tt, $b:tt, $c:tt, $d:tt), Mixer($width:tt, $hidden:tt)) => {
        mod $module {
            use layercake::prelude::*;

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

                pub ResNet18: [3, 32, 32] -> [10] {
                    conv1: Conv2d($a, kernel = 7, stride = 2, padding = 3, bias = false), bn1: BatchNorm2d, ReLU,
                    MaxPool2d(3, stride = 2, padding = 1),
                    layer1: Sequential { basic($a), basic($a) },
                    layer2: Sequential { halving($b), basic($b) },
                    layer3: Sequential { halving($c), basic($c) },
                    layer4: Sequential { halving($d), basic($d) },
                    GlobalAvgPool2d,
                    fc: Linear(10),
                }

                block mlp(hidden, width) { fc1: Linear(hidden), GELU, fc2: Linear(width) }

                block mixer(tokens, channels, patches, width) {
                    Residual { norm1: LayerNorm(eps = 1e-6), Permute(1, 0), mlp_tokens: mlp(tokens, patches), Permute(1, 0) },
                    Residual { norm2: LayerNorm(eps = 1e-6), mlp_channels: mlp(channels, width) },
                }

                pub Mixer: [3, 32, 32] -> [10] {
                    stem: Sequential { proj: Conv2d($width, kernel = 8, stride = 8), Reshape($width, 16), Permute(1, 0) },
                    blocks: Sequential { Repeat(12) { mixer(8, $hidden, 16, $width) } },
                    norm: LayerNorm(eps = 1e-6),
                    Mean(0),
                    head: Linear(10),
                }
            }
        }
    };
}

widths!(narrow, ResNet18(4, 8, 16, 32), Mixer(12, 24));
widths!(wider, ResNet18(6, 12, 24, 48), Mixer(18, 36));

const RESNET: Counts = Counts { launches: 168, products: 0, uploads: 1, reads: 0, allocations: 51 };
const MIXER: Counts = Counts { launches: 378, products: 0, uploads: 1, reads: 0, allocations: 11 };

/// Each network with the most that a step may take.
const NETWORKS: [(&str, Counts); 14] = [
    ("LeNet-5", Counts { launches: 25, products: 0, uploads: 1, reads: 0, allocations: 11 }),
    ("LeNet-5, a batch of 64", Counts { launches: 25, products: 0, uploads: 1, reads: 0, allocations: 11 }),
    // With dfdx's cache of memory, which is off by default.
    ("LeNet-5, memory kept", Counts { launches: 25, products: 0, uploads: 1, reads: 0, allocations: 0 }),
    ("ResNet-18, 4 to 32 channels", RESNET),
    ("ResNet-18, 6 to 48 channels", RESNET),
    ("ResNet-18, inference", Counts { launches: 31, products: 0, uploads: 0, reads: 0, allocations: 1 }),
    ("LSTM", Counts { launches: 53, products: 0, uploads: 4, reads: 0, allocations: 47 }),
    ("Mixer, 12 channels", MIXER),
    ("Mixer, 18 channels", MIXER),
    ("activations", Counts { launches: 5, products: 0, uploads: 3, reads: 0, allocations: 7 }),
    // Nothing is read to unpool, to crop regions, for probabilities as targets, or for a norm.
    ("unpooling", Counts { launches: 3, products: 0, uploads: 0, reads: 0, allocations: 1 }),
    ("regions", Counts { launches: 43, products: 0, uploads: 83, reads: 0, allocations: 127 }),
    ("clipping by norm", Counts { launches: 37, products: 0, uploads: 25, reads: 0, allocations: 56 }),
    // The loss, and the scores for the accuracy.
    ("the trainer", Counts { launches: 7, products: 0, uploads: 2, reads: 2, allocations: 12 }),
];

/// The networks whose steps take the emulated device minutes.
///
/// The gradient of a weight is divided among blocks where it is a sum over many positions, as in the Mixer with its 196 patches, and one more launch adds the parts up.
const LARGE: [(&str, Counts); 2] =
    [("ResNet-18, 64 to 512 channels", RESNET), ("Mixer-B/16, 768 channels", Counts { launches: MIXER.launches + 24, ..MIXER })];

/// Names the network and the number of steps to the other process.
const WHAT: &str = "LAYERCAKE_CUDA_STEPS";

#[test]
fn of_a_training_step() {
    count(&NETWORKS);
}

#[test]
#[ignore = "takes minutes; `tests/cuda/emulated --all` runs it"]
fn of_a_training_step_in_the_true_widths() {
    count(&LARGE);
}

fn count(networks: &[(&str, Counts)]) {
    if !is_emulated() {
        eprintln!("SKIPPED: only the emulated device counts");
        return;
    }
    let after = |name: &str, steps: usize| counts_of_child("counts::steps", WHAT, &format!("{name}:{steps}"));
    let mut changed = Vec::new();
    for &(name, most) in networks {
        // The first step loads kernels, makes tables and the optimizer's state.
        let found = after(name, 3) - after(name, 2);
        println!("{name}: {found:?}");
        if found != most {
            changed.push(format!("{name}: {found:?} instead of {most:?}"));
        }
    }
    assert!(changed.is_empty(), "what a step takes has changed; if it is less, lower the numbers here:\n{}", changed.join("\n"));
}

#[test]
#[ignore = "run by the tests above in a process of its own"]
fn steps() {
    let what = std::env::var(WHAT).expect("set by the test that starts this process");
    let (name, steps) = what.split_once(':').expect("a name and a number");
    let steps: usize = steps.parse().expect("a number");
    let device = device(0);
    match name {
        "LeNet-5, memory kept" => {
            device.enable_cache();
            images::<1, 28, 10>(LeNet5::<f32, Cpu>::GRAPH, &device, steps);
        }
        "LeNet-5" => images::<1, 28, 10>(LeNet5::<f32, Cpu>::GRAPH, &device, steps),
        "LeNet-5, a batch of 64" => batches::<1, 28, 10>(LeNet5::<f32, Cpu>::GRAPH, &device, steps, 64),
        "ResNet-18, inference" => inference(&device, steps),
        "ResNet-18, 4 to 32 channels" => images::<3, 32, 10>(narrow::ResNet18::<f32, Cpu>::GRAPH, &device, steps),
        "ResNet-18, 6 to 48 channels" => images::<3, 32, 10>(wider::ResNet18::<f32, Cpu>::GRAPH, &device, steps),
        "ResNet-18, 64 to 512 channels" => {
            let graph = ResNet18::<f32, Cpu>::GRAPH.resized(&[Shape::new(&[3, 32, 32])]).expect("five halvings fit");
            images::<3, 32, 1000>(&graph, &device, steps);
        }
        "LSTM" => lstm(&device, steps),
        "Mixer, 12 channels" => images::<3, 32, 10>(narrow::Mixer::<f32, Cpu>::GRAPH, &device, steps),
        "Mixer, 18 channels" => images::<3, 32, 10>(wider::Mixer::<f32, Cpu>::GRAPH, &device, steps),
        "Mixer-B/16, 768 channels" => images::<3, 224, 1000>(MixerB16::<f32, Cpu>::GRAPH, &device, steps),
        "activations" => activations(&device, steps),
        "unpooling" => unpooling(&device, steps),
        "clipping by norm" => clipping(&device, steps),
        "regions" => regions(&device, steps),
        "the trainer" => trainer(&device, steps),
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
        gradients = layercake::gradient::backward(loss(&mut model, gradients)).expect("the device works");
        adam.step(&mut model, &mut gradients).expect("the device works");
        model.zero_grads(&mut gradients);
    }
}

fn images<const C: usize, const SIZE: usize, const K: usize>(graph: &Graph, device: &Cuda, steps: usize) {
    batches::<C, SIZE, K>(graph, device, steps, 2);
}

fn batches<const C: usize, const SIZE: usize, const K: usize>(graph: &Graph, device: &Cuda, steps: usize, batch: usize) {
    let x: Tensor<(usize, Const<C>, Const<SIZE>, Const<SIZE>), f32, _> = device.sample_normal_like(&(batch, Const, Const, Const));
    let labels: Vec<usize> = (0..batch).map(|i| i % K).collect();
    train(graph, device, steps, |model, gradients| {
        let scores: Taped<(usize, Const<K>)> = model.forward_train(x.clone(), gradients);
        loss::cross_entropy(scores, &labels)
    });
}

fn inference(device: &Cuda, steps: usize) {
    let x: Tensor<(usize, Const<3>, Const<32>, Const<32>), f32, _> = device.sample_normal_like(&(2, Const, Const, Const));
    let model = GraphModel::new(narrow::ResNet18::<f32, Cpu>::GRAPH.clone(), device);
    for _ in 0..steps {
        let _: Tensor<(usize, Const<10>), f32, Cuda> = model.forward(x.clone());
    }
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
        Clamp(min = -2), Threshold(-1, -1), Softshrink(0.1), Softsign, Mish, Hardswish, Hardsigmoid, Exp, Log, Abs, Sqrt, Pow(1.5), NanToNum, RReLU,
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

fn regions(device: &Cuda, steps: usize) {
    let x: Tensor<(usize, usize, usize, usize), f32, _> = device.sample_normal_like(&(2, 3, 7, 9));
    let regions = [Region { image: 1, corners: [0.0, 3.0, 30.0, 20.0] }, Region { image: 0, corners: [4.0, 4.0, 12.0, 28.0] }];
    for _ in 0..steps {
        let features = || DynTensor::try_from_tensor(x.leaky_trace()).expect("there is memory");
        let aligned = RoiAlign::new([3, 2], 0.25).try_forward(features(), &regions).expect("the device works");
        let pooled = RoiPool { size: [3, 2], spatial_scale: 0.25 }.try_forward(features(), &regions).expect("the device works");
        for crops in [aligned, pooled] {
            let crops: Taped<(usize, usize, usize, usize)> = crops.try_into_tensor().expect("there is memory").expect("a batch of images");
            crops.mean().backward();
        }
    }
}

network! { Digits: [1, 8, 8] -> [10] { Flatten, fc: Linear(10) } }

/// Steps of an epoch of 64, of which the trainer measures the layers in every sixteenth and the gradients in every fourth.
fn trainer(device: &Cuda, steps: usize) {
    let Split { train, test } = digits();
    let few = |images: &layercake_train::data::Images, count: usize| images.subset(&(0..count).collect::<Vec<_>>());
    let (train, test) = (Loader::new(few(&train, 640), 10), Loader::new(few(&test, 10), 10));
    let mut net = device.build_module::<Digits, f32>();
    let mut task = Classification::new("digits", test, &[]).expect("ten classes");
    let mut adam = Adam::new(&net, AdamConfig::default());
    Trainer::new(Until::Steps(steps)).fit(&mut net, device, &mut adam, &mut task, &train).expect("the device works");
}

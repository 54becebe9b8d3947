//! Networks as dfdx modules: building, conversion, training and nesting work as for dfdx's own modules.

use layercake::dfdx::nn::ResetParams;
use layercake::dfdx::tensor_ops::TryAdd;
use layercake::optim::{Adam, AdamConfig, Momentum, Sgd, SgdConfig};
use layercake::prelude::*;

network! {
    /// A network with all kinds of state: convolution, normalization, dropout.
    Eye: [1, 6, 6] -> [5] {
        conv: Conv2d(3, kernel = 3, bias = false), norm: BatchNorm2d, ReLU, MaxPool2d(2),
        Flatten, Dropout(0.25),
        fc: Linear(12 -> 5),
    }

    Head: [5] -> [2] { hidden: Linear(7), Tanh, out: Linear(2) }

    Plain: [4] -> [4] { Tanh, Softmax }
}

type Images = Tensor<(usize, Const<1>, Const<6>, Const<6>), f32, Cpu>;

fn images(device: &Cpu, count: usize) -> Images {
    device.sample_normal_like(&(count, Const, Const, Const))
}

#[test]
fn the_same_seed_builds_the_same_network() {
    let weights = |seed| Eye::new(&Cpu::seed_from_u64(seed)).conv.weight.as_vec();
    assert_eq!(weights(3), weights(3));
    assert_ne!(weights(3), weights(4));
    // PyTorch's default initialization: uniform within 1 / sqrt(fan_in).
    let fc = Eye::new(&Cpu::seed_from_u64(5)).fc;
    let bound = 1.0 / 12f32.sqrt();
    let all: Vec<f32> = [fc.weight.as_vec(), fc.bias.expect("it has a bias").as_vec()].concat();
    assert!(all.iter().all(|w| w.abs() <= bound) && all.iter().any(|w| w.abs() > 0.8 * bound));
}

#[test]
fn it_converts_between_number_types() {
    let device = Cpu::seed_from_u64(1);
    let wide = device.build_module::<Eye, f64>();
    let narrow: Eye<f32, Cpu> = wide.to_dtype::<f32>();
    let back: Eye<f64, Cpu> = narrow.to_dtype::<f64>();
    let x = images(&device, 3);
    let one = narrow.forward(x.clone()).as_vec();
    let other = back.forward(x.to_dtype::<f64>()).as_vec();
    for (a, b) in one.iter().zip(other) {
        assert!((f64::from(*a) - b).abs() < 1e-5, "{a} against {b}");
    }
    let moved: Eye<f32, Cpu> = narrow.to_device(&Cpu::default());
    assert_eq!(moved.fc.weight.as_vec(), narrow.fc.weight.as_vec());
}

#[test]
fn it_stands_in_a_dfdx_tuple_and_is_trained_by_dfdx() {
    use layercake::dfdx::nn::builders;
    type Model = (Eye, Head, builders::Linear<2, 1>);
    let device = Cpu::seed_from_u64(2);
    let mut model = device.build_module::<Model, f32>();
    let mut gradients = model.alloc_grads();
    let mut optimizer = Sgd::new(&model, SgdConfig { lr: 0.02, momentum: Some(Momentum::Classic(0.9)), ..Default::default() });
    let x = images(&device, 16);
    let mut losses = Vec::new();
    for _ in 0..60 {
        let y = model.forward_mut(x.clone().traced(gradients));
        let loss = y.try_add(-1.0).unwrap().square().mean();
        losses.push(loss.array());
        gradients = loss.backward();
        optimizer.update(&mut model, &gradients).expect("every parameter has a gradient");
        model.zero_grads(&mut gradients);
    }
    assert!(losses[59] < 0.2 * losses[0], "{losses:?}");
    let y: Tensor<(usize, Const<1>), f32, _> = model.forward(x);
    assert_eq!(y.shape().0, 16);
}

#[test]
fn gradients_accumulate_over_passes() {
    let device = Cpu::seed_from_u64(3);
    let mut net = Head::new(&device);
    let mut pass = |x: Tensor<Rank2<4, 5>, f32, Cpu>, gradients| net.forward_train(x, gradients).sum::<Rank0, _>().backward();
    let (a, b): (Tensor<Rank2<4, 5>, f32, _>, Tensor<Rank2<4, 5>, f32, _>) = (device.sample_normal(), device.sample_normal());
    let first = pass(a.clone(), Gradients::leaky());
    let second = pass(b.clone(), Gradients::leaky());
    let both = pass(a, Gradients::leaky());
    let both = pass(b, both);
    let weight = &net.hidden.weight;
    let (first, second, both) = (first.get(weight).as_vec(), second.get(weight).as_vec(), both.get(weight).as_vec());
    assert!(both.iter().any(|g| g.abs() > 1e-3));
    for ((a, b), sum) in first.iter().zip(second).zip(both) {
        assert!((a + b - sum).abs() < 1e-5);
    }
}

#[test]
fn two_passes_may_be_open_at_once() {
    let device = Cpu::seed_from_u64(4);
    let mut net = Head::new(&device);
    let (a, b): (Tensor<Rank2<3, 5>, f32, _>, Tensor<Rank2<3, 5>, f32, _>) = (device.sample_normal(), device.sample_normal());
    // As in a Siamese network: one loss of both outputs.
    let left = net.forward_mut(a.leaky_trace());
    let right = net.forward_mut(b.leaky_trace());
    let joint = left.try_add(right).unwrap().sum::<Rank0, _>().backward();
    let alone = net.forward_mut(b.leaky_trace()).sum::<Rank0, _>().backward();
    assert_eq!(joint.get(&b).as_vec(), alone.get(&b).as_vec());
}

#[test]
fn data_without_gradients_trains_alike() {
    let device = Cpu::seed_from_u64(5);
    let mut net = Head::new(&device);
    let x: Tensor<Rank2<6, 5>, f32, _> = device.sample_normal();
    let traced = net.forward_mut(x.leaky_trace()).square().sum::<Rank0, _>().backward();
    let data = net.forward_train(x, Gradients::leaky()).square().sum::<Rank0, _>().backward();
    assert_eq!(traced.get(&net.out.weight).as_vec(), data.get(&net.out.weight).as_vec());
}

/// The engine caches copies of the weights between inferences; a clone of a network has no copies.
#[test]
fn inference_sees_every_change_of_the_weights() {
    let device = Cpu::seed_from_u64(6);
    let mut net = Head::new(&device);
    let x: Tensor<Rank2<3, 5>, f32, _> = device.sample_normal();
    let mut seen: Vec<Vec<f32>> = Vec::new();
    let mut look = |net: &Head| {
        for _ in 0..2 {
            assert_eq!(net.forward(x.clone()).as_vec(), net.clone().forward(x.clone()).as_vec());
        }
        let new = net.forward(x.clone()).as_vec();
        assert!(!seen.contains(&new), "a change that does not show");
        seen.push(new);
    };
    look(&net);
    net.hidden.weight[[2, 3]] += 1.0;
    look(&net);
    net.out.weight.copy_from(&[0.5; 14]);
    look(&net);
    net.hidden.weight.fill_with_ones();
    look(&net);
    // A new tensor may have the same address as the old one, or as another freed tensor.
    for shift in 0..4 {
        net.hidden.bias = Some(device.tensor([shift as f32; 7]));
        look(&net);
    }
    let mut optimizer = Adam::new(&net, AdamConfig::default());
    for _ in 0..3 {
        let mut gradients = net.forward_train(x.clone(), net.alloc_grads()).square().sum::<Rank0, _>().backward();
        optimizer.step(&mut net, &mut gradients).expect("every parameter has a gradient");
        look(&net);
    }
}

/// A tensor used in two places of a network: its gradient is the sum of both uses.
#[test]
fn a_tensor_in_two_places_gathers_both_gradients() {
    network! { Twins: [3] -> [3] { a: Linear(3, bias = false), Tanh, b: Linear(3, bias = false) } }
    let device = Cpu::seed_from_u64(7);
    let mut net = Twins::new(&device);
    let x: Tensor<Rank2<4, 3>, f32, _> = device.sample_normal();
    net.b.weight.copy_from(&net.a.weight.as_vec());
    let apart = net.forward_train(x.clone(), Gradients::leaky()).square().sum::<Rank0, _>().backward();
    let sum = apart.get(&net.a.weight).as_vec().into_iter().zip(apart.get(&net.b.weight).as_vec()).map(|(a, b)| a + b);
    net.b.weight = net.a.weight.clone();
    let tied = net.forward_train(x.clone(), Gradients::leaky()).square().sum::<Rank0, _>().backward();
    for (found, expected) in tied.get(&net.a.weight).as_vec().into_iter().zip(sum.collect::<Vec<f32>>()) {
        assert!((found - expected).abs() < 1e-5 * expected.abs().max(1.0), "{found} against {expected}");
    }
}

#[test]
fn training_moves_the_running_statistics_and_inference_does_not() {
    let device = Cpu::seed_from_u64(6);
    let mut net = Eye::new(&device);
    let x = images(&device, 8);
    let before = net.norm.running_mean.as_vec();
    let _ = net.forward(x.clone());
    let _ = net.forward_eval(x.leaky_trace());
    assert_eq!(net.norm.running_mean.as_vec(), before);
    let _ = net.forward_train(x, Gradients::leaky());
    assert_ne!(net.norm.running_mean.as_vec(), before);
    net.reset_params();
    assert_eq!(net.norm.running_mean.as_vec(), before);
}

#[test]
fn a_clone_is_a_network_of_its_own() {
    let device = Cpu::seed_from_u64(7);
    let mut net = Head::new(&device);
    let copy = net.clone();
    let x: Tensor<Rank2<6, 5>, f32, _> = device.sample_normal();
    let before = copy.forward(x.clone()).as_vec();
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 0.1, ..Default::default() });
    let gradients = net.forward_train(x.clone(), net.alloc_grads()).square().mean().backward();
    optimizer.update(&mut net, &gradients).unwrap();
    assert_eq!(copy.forward(x.clone()).as_vec(), before);
    assert_ne!(net.forward(x).as_vec(), before);
}

#[test]
fn a_network_without_parameters_works() {
    let device = Cpu::seed_from_u64(8);
    let net = Plain::new(&device);
    let y = net.forward(device.zeros::<Rank2<1, 4>>()).array();
    assert_eq!(y, [[0.25; 4]]);
    const _: () = assert!(Plain::PARAMS == 0 && Plain::LAYERS == 2);
}

#[test]
#[should_panic(expected = "`Head` received an empty batch")]
fn an_empty_batch_is_refused() {
    let device = Cpu::default();
    let _ = Head::new(&device).forward(device.zeros_like(&(0usize, Const::<5>)));
}

#[test]
#[should_panic(expected = "norm")]
fn one_value_a_channel_has_no_variance() {
    network! { One: [3] -> [3] { norm: BatchNorm1d } }
    let device = Cpu::default();
    let _ = One::new(&device).forward_train(device.ones::<Rank2<1, 3>>(), Gradients::leaky());
}

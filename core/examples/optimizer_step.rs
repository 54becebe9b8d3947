//! Times an update of LeNet-5's 61,706 parameters: each optimizer here next to dfdx's.
//!
//!     cargo run --release -p layercake --example optimizer_step

use std::hint::black_box;
use std::time::{Duration, Instant};

use layercake::dfdx;
use layercake::optim::{Adagrad, AdagradConfig, Adam, AdamConfig, Clip, Momentum, RMSprop, RMSpropConfig, Sgd, SgdConfig};
use layercake::prelude::*;

network! {
    LeNet5: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Tanh, AvgPool2d(2),
        conv2: Conv2d(16, kernel = 5), Tanh, AvgPool2d(2),
        Flatten, fc1: Linear(400, 120), Tanh, fc2: Linear(84), Tanh, fc3: Linear(10),
    }
}

fn main() {
    let device = Cpu::seed_from_u64(0);
    let mut net = LeNet5::new(&device);
    let x: Tensor<(usize, Const<1>, Const<28>, Const<28>), f32, _> = device.sample_normal_like(&(4, Const, Const, Const));
    let gradients = loss::cross_entropy(net.forward_train(x, net.alloc_grads()), &[1, 2, 3, 4]).backward();
    let momentum = Some(Momentum::Classic(0.9));
    let (lr, mut clipped) = (1e-5, Adam::new(&net, AdamConfig { lr: 1e-5, ..AdamConfig::adamw() }));
    clipped.clip = Some(Clip::Norm(1.0));

    let mut sgd = Sgd::new(&net, SgdConfig { lr, momentum, ..Default::default() });
    let mut adam = Adam::new(&net, AdamConfig { lr, ..Default::default() });
    let mut rmsprop = RMSprop::new(&net, RMSpropConfig { lr, ..Default::default() });
    let mut adagrad = Adagrad::new(&net, AdagradConfig { lr, ..Default::default() });
    let mut their_sgd = dfdx::optim::Sgd::new(&net, dfdx::optim::SgdConfig { lr, momentum, weight_decay: None });
    let mut their_adam = dfdx::optim::Adam::new(&net, dfdx::optim::AdamConfig { lr, ..Default::default() });
    let mut their_rmsprop = dfdx::optim::RMSprop::new(&net, dfdx::optim::RMSpropConfig { lr, ..Default::default() });
    let mut own = gradients.clone();
    show("SGD, momentum", || sgd.step(&mut net, &mut own).unwrap());
    show("  dfdx's", || their_sgd.update(&mut net, &gradients).unwrap());
    show("Adam", || adam.step(&mut net, &mut own).unwrap());
    show("  dfdx's", || their_adam.update(&mut net, &gradients).unwrap());
    show("  as a dfdx optimizer", || Optimizer::update(&mut adam, &mut net, &gradients).unwrap());
    show("AdamW, clipped by norm", || clipped.step(&mut net, &mut own).unwrap());
    show("RMSProp", || rmsprop.step(&mut net, &mut own).unwrap());
    show("  dfdx's", || their_rmsprop.update(&mut net, &gradients).unwrap());
    show("AdaGrad", || adagrad.step(&mut net, &mut own).unwrap());
}

/// Prints the median of 300 calls.
fn show(name: &str, mut work: impl FnMut()) {
    let mut time = || {
        let start = Instant::now();
        black_box(&mut work)();
        start.elapsed()
    };
    let mut times: Vec<Duration> = (0..320).map(|_| time()).skip(20).collect();
    times.sort_unstable();
    println!("{name:24} {:7.1} us", times[times.len() / 2].as_secs_f64() * 1e6);
}

//! A training loop written by hand on dfdx's API: no trainer, dfdx's own optimizer.
//!
//! Trains a small network on the digits that come with `layercake-train`, in a few seconds.

use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::{Batch, Loader, Normalise, Shuffle, Split, digits};

network! {
    /// Two convolutions and a hidden layer, for 8x8 images.
    Small: [1, 8, 8] -> [10] {
        conv1: Conv2d(16, kernel = 3, padding = 1), BatchNorm2d, ReLU,
        conv2: Conv2d(32, kernel = 3, padding = 1), BatchNorm2d, ReLU, MaxPool2d(2),
        Flatten,
        fc1: Linear(512 -> 64), ReLU, Dropout(0.2),
        fc2: Linear(10),
    }
}

fn main() {
    let Split { train, test } = digits();
    let normalise = Normalise::measure(&train);
    let (train, test) = (Loader::new(&train, &normalise, 32), Loader::new(&test, &normalise, 360));

    let device = Cpu::seed_from_u64(1);
    let mut net = Small::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 3e-3, ..Default::default() });
    let mut gradients = net.alloc_grads();

    for epoch in 1..=4 {
        let order = Shuffle { seed: 1 }.order(epoch, train.images().len());
        let mut total = 0.0;
        for batch in train.load(&device, &order) {
            let Batch { images, labels } = batch.expect("the images fit the network");
            let scores = net.forward_train(images, gradients);
            let loss = loss::cross_entropy(scores, &labels);
            total += loss.array();
            gradients = loss.backward();
            optimizer.update(&mut net, &gradients).expect("every parameter has a gradient");
            net.zero_grads(&mut gradients);
        }
        println!(
            "epoch {epoch}: mean loss {:.4}, test accuracy {:.2} %",
            total / train.batches() as f32,
            100.0 * accuracy(&net, &test, &device)
        );
    }
    assert!(accuracy(&net, &test, &device) > 0.96, "four epochs are enough for this");
}

/// The share of images whose highest score is that of their class.
fn accuracy(net: &Small, test: &Loader<'_>, device: &Cpu) -> f64 {
    let all: Vec<usize> = (0..test.images().len()).collect();
    let mut right = 0;
    for batch in test.load(device, &all) {
        let Batch { images, labels } = batch.expect("the images fit the network");
        let scores = net.forward(images).as_vec();
        let best = scores.chunks(10).map(|row| (0..10).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0));
        right += best.zip(&labels).filter(|(best, label)| best == *label).count();
    }
    right as f64 / test.images().len() as f64
}

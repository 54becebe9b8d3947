//! A hand-written training loop with dfdx's API and optimizer, without `layercake-train`'s trainer.
//!
//! Trains a small network on the built-in digits of `layercake-train`. Takes a few seconds.

use layercake::dfdx::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::accuracy;
use layercake_train::data::{Batch, DataError, Images, Loader, Normalize, Split, digits};

network! {
    /// Two convolutions and a hidden layer, for 8x8 images.
    Small: [1, 8, 8] -> [10] {
        conv1: Conv2d(16, kernel = 3, padding = 1), BatchNorm2d, ReLU,
        conv2: Conv2d(32, kernel = 3, padding = 1), BatchNorm2d, ReLU, MaxPool2d(2),
        Flatten,
        fc1: Linear(512, 64), ReLU, Dropout(0.2),
        fc2: Linear(10),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Split { train, test } = digits();
    let normalize = Normalize::measure(&train);
    let train = Loader::new(train, 32).shuffle(1).transform(normalize.clone());
    let test = Loader::new(test, 360).transform(normalize);

    let device = Cpu::seed_from_u64(1);
    let mut net = Small::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 3e-3, ..Default::default() });
    let mut gradients = net.alloc_grads();

    for epoch in 1..=4 {
        let mut total = 0.0;
        for batch in train.epoch(epoch) {
            let Batch { images, labels } = batch?;
            let scores = net.forward_train(images.into_tensor(&device)?, gradients);
            let loss = loss::cross_entropy(scores, &labels);
            total += loss.array();
            gradients = loss.backward();
            optimizer.update(&mut net, &gradients)?;
            net.zero_grads(&mut gradients);
        }
        println!(
            "epoch {epoch}: mean loss {:.4}, test accuracy {:.2} %",
            total / train.batch_count() as f32,
            100.0 * tested(&net, &test, &device)?
        );
    }
    assert!(tested(&net, &test, &device)? > 0.96, "four epochs are enough for this");
    Ok(())
}

/// Returns the accuracy on the test images, which fit in one batch.
fn tested(net: &Small, test: &Loader<Images>, device: &Cpu) -> Result<f64, DataError> {
    let Batch { images, labels } = test.epoch(1).next().expect("there are images")?;
    Ok(accuracy(&net.forward(images.into_tensor(device)?).as_vec(), &labels))
}

//! A training loop for several processes: `cargo build --example ranks --features mpi`, and then `mpirun -n 4 target/debug/examples/ranks`. It prints the same parameters
//! on any number of ranks. Without `mpirun` it is a loop of one process.

use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::accuracy;
use layercake_train::data::{Batch, Loader, Normalize, Split, digits};
use layercake_train::distributed::World;

network! {
    Small: [1, 8, 8] -> [10] { conv: Conv2d(16, kernel = 3), BatchNorm2d, ReLU, Flatten, Dropout(0.2), fc: Linear(10) }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let world = World::from_environment()?;
    let Split { train, test } = digits();
    let normalize = Normalize::measure(&train);
    let train = Loader::new(train, 64).shuffle(1).transform(normalize.clone());
    let test = Loader::new(test, 360).transform(normalize);
    // All ranks have the same seeds, and so the same parameters, batches and masks.
    let device = Cpu::seed_from_u64(1);
    let mut net = Small::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 3e-3, ..Default::default() });
    let mut gradients = net.alloc_grads();
    for epoch in 1..=3 {
        for batch in train.epoch(epoch) {
            let Batch { images, labels } = batch?;
            let images = images.into_tensor(&device)?;
            // Each rank takes a part of the batch through the network; outputs and gradients are those of the whole batch.
            gradients = world.together(|| loss::cross_entropy(net.forward_train(images, gradients), &labels).backward());
            optimizer.step(&mut net, &mut gradients)?;
            net.zero_grads(&mut gradients);
        }
        let Batch { images, labels } = test.epoch(1).next().expect("there are images")?;
        let images = images.into_tensor(&device)?;
        let right = world.together(|| accuracy(&net.forward(images).as_vec(), &labels));
        if world.is_root() {
            println!("epoch {epoch}: test accuracy {:.2} %", 100.0 * right);
        }
    }
    world.must_have_equal_models(&net)?;
    if world.is_root() {
        println!("first weights on {} ranks: {:?}; {}", world.size(), &net.fc.weight.as_vec()[..3], world.traffic());
    }
    Ok(())
}

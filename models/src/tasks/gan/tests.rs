//! A few steps of the game on digits, and what the judge says of real ones.

use std::fs;

use layercake::prelude::*;
use layercake_train::data::{Images, Loader, digits, frame};
use layercake_train::generative::GeneratorLoss;
use layercake_train::run::Recipe;
use layercake_train::{Task, Trainer, Until};

use super::*;

fn images() -> [Images; 2] {
    let split = digits();
    [split.train, split.test].map(|images| frame(&images, 28).subset(&(0..128).collect::<Vec<_>>()))
}

#[test]
fn both_networks_learn() {
    let device = Cpu::seed_from_u64(1);
    let [train, test] = images();
    let mut net =
        Gan { generator: device.build(DcganGenerator::GRAPH).unwrap(), discriminator: device.build(DcganDiscriminator::GRAPH).unwrap() };
    let before = net.clone();
    let mut optimizers = optimizers(&net, &Recipe { lr: 2e-4, ..Recipe::default() }).unwrap();
    let mut task = Adversarial::new(Real::of(&device, &test, &train).unwrap(), GeneratorLoss::Minimax, 1);
    let data = Loader::new(train, 32).shuffle(1).drop_last().transform(to_tanh());
    let history = Trainer::new(Until::Epochs(4)).fit(&mut net, &device, &mut optimizers, &mut task, &data).unwrap();
    let loss = |epoch: usize, name: &str| history[epoch].train.get(name).unwrap();
    assert!(loss(3, "discriminator_loss") < 0.9 * loss(0, "discriminator_loss"), "{history:?}");
    assert!(loss(3, "real") > loss(3, "made") && loss(3, "generator_loss") < 0.0, "{history:?}");
    for (old, new) in before.named_parameters().iter().zip(net.named_parameters()) {
        // The bias of the first layer of the generator has none, so all of them move.
        assert_ne!(old.to_vec(), new.to_vec(), "{}", new.path());
    }
    let distance = |epoch: usize| history[epoch].test.get("frechet_distance").unwrap();
    assert!(distance(3) < distance(0) && distance(3) > history[3].test.get("frechet_distance_of_real").unwrap(), "{history:?}");

    let folder = tempfile::tempdir().unwrap();
    task.draw(&net, &device, folder.path(), true).unwrap();
    for name in ["samples.png", "progress.png", "walk.png", "gradients.svg"] {
        assert!(fs::metadata(folder.path().join(name)).unwrap().len() > 1000, "{name}");
    }
    // What the pictures need is kept in checkpoints.
    let state = Task::<Gan<_>, Cpu>::state(&task);
    assert_eq!(state.iter().map(|(name, array)| (&name[..], array.shape()[0])).collect::<Vec<_>>(), [("frames", 4), ("slopes", 2)]);
    let mut other = Adversarial::new(Real::of(&device, &test, &test).unwrap(), GeneratorLoss::Minimax, 1);
    Task::<Gan<_>, Cpu>::load_state(&mut other, state.clone(), &device).unwrap();
    assert_eq!(Task::<Gan<_>, Cpu>::state(&other), state);
    let message = Task::<Gan<_>, Cpu>::load_state(&mut other, Vec::new(), &device).unwrap_err();
    assert_eq!(message, "expected `frames`, rows of 6272 numbers");
}

/// The committed classifier knows digits, and its figures of real digits are those of real digits.
#[test]
fn the_judge() {
    let device = Cpu::default();
    let [train, test] = images();
    let real = Real::of(&device, &test, &train).unwrap();
    let all: Vec<f32> = test.pixels().iter().map(|&byte| f32::from(byte) / 255.0).collect();
    let same = real.compare(|count| Ok(all[..count * 784].to_vec())).unwrap();
    assert!(same.get("frechet_distance").unwrap() < 1e-6, "{same}");
    assert_eq!(["precision", "recall", "classes"].map(|name| same.get(name).unwrap()), [1.0, 1.0, 10.0]);
    assert!(same.get("sure").unwrap() > 0.5 && same.get("largest_class").unwrap() < 0.25, "{same}");
    let blank = real.compare(|count| Ok(vec![0.0; count * 784])).unwrap();
    assert_eq!(blank.get("classes"), Some(1.0));
    assert!(blank.get("frechet_distance").unwrap() > 10.0 * same.get("frechet_distance_of_real").unwrap(), "{blank}");
}

//! Classes of positions, and autoencoders. The figures are those of PyTorch 2.15 (`cross_entropy`, `mse_loss`, `binary_cross_entropy_with_logits`) and scikit-learn 1.9
//! (`f1_score`, `jaccard_score`).

use layercake::loss::CrossEntropy;
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::{Array, Inputs, Loader, PositionSample, PositionSamples, Sample, Samples, Target};
use layercake_train::{Metrics, PerPosition, Reconstruction, ReconstructionLoss, Task, TrainError, Trainer, Until};

network! {
    // What they are given is what they give.
    Steps: [2, 3] -> [2, 3] { Mul(1) }
    Pixels: [3, 2, 2] -> [3, 2, 2] { Mul(1) }
    Four: [4] -> [4] { Mul(1) }

    /// Where a bright spot is, in three classes.
    Spots: [1, 8, 8] -> [3, 8, 8] { conv1: Conv2d(8, kernel = 3, padding = 1), ReLU, conv2: Conv2d(3, kernel = 3, padding = 1) }
    /// Whether more ones than zeros were seen.
    Majority: usize[9] -> [9, 2] { embedding: Embedding(2, 4), lstm: LSTM(16), fc: Linear(2) }
    Narrow: [64] -> [64] { encoder: Linear(2), Tanh, hidden: Linear(16), Tanh, decoder: Linear(64) }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Samples of numbers, each with its sizes and those of its classes.
fn numbers(shape: &[usize], inputs: &[&[f32]], positions: &[usize], classes: &[&[usize]]) -> PositionSamples {
    let sample = |(input, classes): (&&[f32], &&[usize])| PositionSample {
        input: Inputs::Numbers(Array::new(shape.to_vec(), input.to_vec())),
        classes: Array::new(positions.to_vec(), classes.to_vec()),
    };
    PositionSamples(inputs.iter().zip(classes).map(sample).collect())
}

fn near(metrics: &Metrics, expected: &[(&str, f64)]) {
    let found: Vec<&str> = metrics.iter().map(|(name, _)| name).collect();
    assert_eq!(found, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for &(name, value) in expected {
        assert!((metrics.get(name).unwrap() - value).abs() < 1e-6, "{name} {value}: {metrics:?}");
    }
}

/// Weighted, and one position has no class.
fn criterion() -> CrossEntropy {
    CrossEntropy { weight: vec![1.0, 2.0, 0.5], ignore_index: Some(3), ..Default::default() }
}

#[test]
fn steps_of_a_sequence() {
    let device = Cpu::default();
    let inputs: [&[f32]; 2] = [&[2.0, -1.0, 0.5, 0.0, 1.0, -2.0], &[0.3, 0.2, 0.1, -1.0, 0.0, 3.0]];
    let data = numbers(&[2, 3], &inputs, &[2], &[&[0, 2], &[3, 2]]);
    // The mean does not depend on the batches.
    for batch in [1, 2] {
        let mut task = PerPosition::sequence(names(&["a", "b", "c"]), Loader::new(data.clone(), batch)).with_criterion(criterion());
        let found = task.evaluate(&Steps::new(&device), &device).unwrap();
        near(&found, &[("loss", 0.974_379_66), ("accuracy", 2.0 / 3.0), ("f1", 0.555_555_56)]);
        assert_eq!(Task::<Steps, Cpu>::chance_loss(&task), Some(3_f64.ln()));
    }
    let mut task = PerPosition::language_model(names(&["a", "b", "c"]), Loader::new(data, 2)).with_criterion(criterion());
    let found = task.evaluate(&Steps::new(&device), &device).unwrap();
    near(&found, &[("loss", 0.974_379_66), ("accuracy", 2.0 / 3.0), ("perplexity", 0.974_379_66_f64.exp())]);
}

#[test]
fn pixels_of_a_picture() {
    let device = Cpu::default();
    let maps: &[f32] = &[2.0, -1.0, 0.5, 0.0, 1.0, -2.0, 0.3, 0.2, 0.1, -1.5, 0.0, 3.0];
    let data = numbers(&[3, 2, 2], &[maps], &[2, 2], &[&[0, 1, 3, 2]]);
    let mut task = PerPosition::segmentation(names(&["Sky", "Road", "Car"]), Loader::new(data, 1)).with_criterion(criterion());
    let found = task.evaluate(&Pixels::new(&device), &device).unwrap();
    near(
        &found,
        &[("loss", 1.094_290_97), ("mean_iou", 0.5), ("pixel_accuracy", 2.0 / 3.0), ("iou_sky", 0.5), ("iou_road", 0.0), ("iou_car", 1.0)],
    );
}

#[test]
fn a_small_network_learns_where() {
    // Bright pixels are of class 1, and below another bright one of class 2; the first row has no class.
    let picture = |i: usize| {
        let bright = |at: usize| (at * at * 3 + at * i + i * 7) % 5 < 2;
        let input = (0..64).map(|at| if bright(at) { 1.0 } else { 0.0 }).collect();
        let class = |at: usize| match (at / 8, bright(at)) {
            (0, _) => 3,
            (_, false) => 0,
            (_, true) => 1 + usize::from(bright(at - 8)),
        };
        PositionSample {
            input: Inputs::Numbers(Array::new(vec![1, 8, 8], input)),
            classes: Array::new(vec![8, 8], (0..64).map(class).collect()),
        }
    };
    let data = |range: std::ops::Range<usize>| PositionSamples(range.map(picture).collect());
    let train = Loader::new(data(0..20), 4).shuffle(1);
    let without = CrossEntropy { ignore_index: Some(3), ..Default::default() };
    let mut task = PerPosition::segmentation(names(&["dark", "bright", "very"]), Loader::new(data(20..30), 5)).with_criterion(without);
    let device = Cpu::seed_from_u64(1);
    let mut net = Spots::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 2e-2, ..Default::default() });
    let history = Trainer::new(Until::Epochs(12)).fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap();
    let last = &history[11].test;
    assert!(last.get("pixel_accuracy") > Some(0.95), "{last}");
    assert_eq!(task.confusion_matrix().unwrap().total(), 10 * 56);

    let folder = tempfile::tempdir().unwrap();
    Task::<Spots, Cpu>::draw(&mut task, &net, &device, folder.path(), true).unwrap();
    assert!(folder.path().join("confusion.svg").is_file() && folder.path().join("classes.md").is_file());
}

#[test]
fn token_ids_of_a_sequence() {
    let sample = |i: usize| {
        let ids: Vec<usize> = (0..9).map(|at| (i >> at) & 1).collect();
        let ones = |end: usize| ids[..=end].iter().sum::<usize>();
        let classes = (0..9).map(|at| usize::from(2 * ones(at) > at + 1)).collect();
        PositionSample { input: Inputs::Ids(Array::new(vec![9], ids)), classes: Array::new(vec![9], classes) }
    };
    let all = |rest: usize| PositionSamples((0..512).filter(|i| (i % 4 == 0) == (rest == 0)).map(sample).collect());
    let (train, test) = (Loader::new(all(1), 16).shuffle(1), Loader::new(all(0), 64));
    let mut task = PerPosition::sequence(names(&["less", "more"]), test);
    let device = Cpu::seed_from_u64(1);
    let mut net = Majority::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 2e-2, ..Default::default() });
    let history = Trainer::new(Until::Epochs(6)).fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap();
    assert!(history[5].test.get("accuracy") > Some(0.95), "{}", history[5].test);
}

/// The message of an error when a task is tried.
fn message<M, T: Task<M, Cpu>>(task: &mut T, net: &M) -> String {
    let checked: Result<(), TrainError> = task.check(net).and_then(|()| task.evaluate(net, &Cpu::default()).map(drop));
    checked.unwrap_err().to_string()
}

#[test]
fn mistakes_in_positions() {
    let device = Cpu::default();
    let data = |classes: &[usize]| Loader::new(numbers(&[2, 3], &[&[0.0; 6]], &[classes.len()], &[classes]), 1);
    let net = Steps::new(&device);
    let found = message(&mut PerPosition::sequence(names(&["a", "b"]), data(&[0, 1])), &net);
    assert_eq!(found, "the network `Steps` has the output [2, 3]; 2 classes take an output [steps, 2]");
    let found = message(&mut PerPosition::segmentation(names(&["a", "b", "c"]), data(&[0, 1])), &net);
    assert_eq!(found, "the network `Steps` has the output [2, 3]; 3 classes take an output [3, height, width]");
    let found = message(&mut PerPosition::sequence(names(&["a", "b", "c"]), data(&[0, 3])), &net);
    assert_eq!(found, "a batch: label 3 at position 1 (counted from 0) is out of range; there are 3 classes, 0..=2");
    let found = message(&mut PerPosition::sequence(names(&["a", "b", "c"]), data(&[0, 1, 2])), &net);
    assert_eq!(found, "batch of shape 1x3: expected classes of shape 1x2, the positions of the network's output");
    let found = message(&mut PerPosition::sequence(Vec::new(), data(&[0, 1])), &net);
    assert_eq!(found, "there is nothing to predict: there are no classes");
}

#[test]
fn reconstructions() {
    let device = Cpu::default();
    let logits: [[f32; 4]; 2] = [[0.5, -1.0, 2.0, 0.0], [1.0, 1.0, -3.0, 0.25]];
    let sample = |input: &[f32]| Sample { shape: vec![input.len()], input: input.to_vec(), target: Target::Class(0) };
    let same = Samples(logits.iter().map(|row| sample(row)).collect());
    let mut task = Reconstruction::new(Loader::new(same.clone(), 2));
    near(&task.evaluate(&Four::new(&device), &device).unwrap(), &[("loss", 0.0), ("mse", 0.0)]);

    // The network gives its inputs as logits.
    let inside: [[f32; 4]; 2] = [[0.0, 1.0, 0.5, 0.25], [1.0, 0.0, 0.1, 0.9]];
    for batch in [1, 2] {
        let mut task = Reconstruction::new(Loader::new(Samples(inside.iter().map(|row| sample(row)).collect()), batch));
        task.loss = ReconstructionLoss::Bernoulli;
        let found = task.evaluate(&Four::new(&device), &device).unwrap();
        near(&found, &[("loss", 0.583_235_56), ("mse", 0.121_682_1), ("nats_per_item", 2.332_942_25)]);
    }

    let mut task = Reconstruction::new(Loader::new(same, 2));
    task.loss = ReconstructionLoss::Bernoulli;
    let found = message(&mut task, &Four::new(&device));
    assert_eq!(found, "an input is -1; binary cross entropy takes probabilities, in 0..=1");
    task.noise = f32::NAN;
    assert_eq!(message(&mut task, &Four::new(&device)), "noise with a standard deviation of NaN; expected 0 or a positive number");
    let found = message(&mut Reconstruction::new(Loader::new(Samples::default(), 2)), &Spots::new(&device));
    assert_eq!(
        found,
        "the network `Spots` has the input [1, 8, 8] and the output [3, 8, 8]; to give its input again, it needs as many numbers"
    );
}

/// Points of a curve are found again from two numbers, also when they are given with noise.
#[test]
fn a_narrow_network_gives_its_input_again() {
    let sample = |i: usize| {
        let (phase, height) = (i as f32 * 0.37, 0.5 + 0.5 * ((i * 7) % 10) as f32 / 10.0);
        let input = (0..64).map(|at| height * (at as f32 * 0.1 + phase).sin()).collect();
        Sample { shape: vec![64], input, target: Target::Class(0) }
    };
    let device = Cpu::seed_from_u64(1);
    let fit = |noise: f32| {
        let mut task = Reconstruction::new(Loader::new(Samples((200..240).map(sample).collect()), 40));
        task.noise = noise;
        let mut net = device.build_module::<Narrow, f32>();
        let mut optimizer = Adam::new(&net, AdamConfig { lr: 1e-2, ..Default::default() });
        let train = Loader::new(Samples((0..200).map(sample).collect()), 20).shuffle(1);
        Trainer::new(Until::Epochs(30)).fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap()
    };
    let plain = fit(0.0);
    let mse = plain[29].test.get("mse").unwrap();
    assert!(mse < 0.03 && (plain[29].test.get("loss").unwrap() - mse).abs() < 1e-6, "{}", plain[29].test);
    let noisy = fit(0.5);
    assert!(noisy[29].test.get("mse").unwrap() < 0.06, "{}", noisy[29].test);
    // Noise is for training alone, and is not what is to be given again.
    assert!(noisy[29].train.get("loss").unwrap() < 0.1 && noisy[29].train.get("loss") > plain[29].train.get("loss"), "{}", noisy[29].train);
}

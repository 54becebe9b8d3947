//! Classes, numbers and labels from inputs of any shape.

use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::{Images, Loader, Sample, Samples, Split, Target, digits};
use layercake_train::{Epoch, Goal, NumberTarget, Supervised, TrainError, Trainer, Until};

network! {
    /// From sequences of three steps.
    Sequences: [3, 2] -> [2] { Flatten, fc1: Linear(24), Tanh, fc2: Linear(2) }
    Pictures: [1, 8, 8] -> [10] { Flatten, fc1: Linear(24), Tanh, fc2: Linear(10) }
}

/// Pseudo-random sequences in -1..1 with a target that is a function of them.
fn sequences(count: usize, target: fn(&[f32]) -> Target) -> Samples {
    let number = |i: usize| ((i as f32 * 12.9898).sin() * 43758.547).fract();
    let sample = |i: usize| {
        let input: Vec<f32> = (0..6).map(|j| number(7 * i + j)).collect();
        Sample { shape: vec![3, 2], target: target(&input), input }
    };
    Samples((0..count).map(sample).collect())
}

fn fit(goal: Goal, target: fn(&[f32]) -> Target) -> Result<Vec<Epoch>, TrainError> {
    let all = sequences(400, target).0;
    let test = Loader::new(Samples(all[300..].to_vec()), 64);
    let train = Loader::new(Samples(all[..300].to_vec()), 20).shuffle(1);
    let device = Cpu::seed_from_u64(2);
    let mut net = Sequences::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 2e-2, ..Default::default() });
    Trainer::new(Until::Epochs(15)).fit(&mut net, &device, &mut optimizer, &mut Supervised::new(goal, test), &train)
}

fn two() -> Vec<String> {
    ["a", "b"].map(str::to_owned).to_vec()
}

#[test]
fn several_numbers() {
    let target = |name: &str| NumberTarget { name: name.to_owned(), mean: 100.0, std: 10.0 };
    let goal = Goal::Numbers(vec![target("a"), target("b")]);
    let history = fit(goal, |x| Target::Numbers(vec![x[0] + x[5], x[1] * x[2]])).unwrap();
    let test = &history.last().unwrap().test;
    let names: Vec<&str> = test.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["loss", "mae", "rmse", "r2", "r2_a", "r2_b"]);
    let value = |name| test.get(name).unwrap();
    assert!(value("r2_a") > 0.97 && value("r2_b") > 0.8, "{test}");
    assert!((value("r2") - (value("r2_a") + value("r2_b")) / 2.0).abs() < 1e-9);
    // Standardized errors are a tenth of those in the units of the targets; the root of a mean of two targets is above the mean of their roots.
    assert!((value("loss").sqrt() * 10.0 - value("rmse")).abs() < 0.3 * value("rmse"), "{test}");
}

#[test]
fn several_labels() {
    let history = fit(Goal::Labels(two()), |x| Target::Labels(vec![x[0] > 0.0, x[1] + x[2] > 0.5])).unwrap();
    let test = &history.last().unwrap().test;
    assert!(test.get("accuracy") > Some(0.9) && test.get("f1") > Some(0.85) && test.get("auroc") > Some(0.95), "{test}");
}

/// What does not fit is refused before the first step, by name.
#[test]
fn what_does_not_fit() {
    let message = |goal, target| fit(goal, target).unwrap_err().to_string();
    let three = ["a", "b", "c"].map(str::to_owned).to_vec();
    assert_eq!(
        message(Goal::Classes(three), |_| Target::Class(0)),
        "the network `Sequences` has the output [2]; the data have 3 classes, which take an output [3]"
    );
    assert_eq!(
        message(Goal::Classes(two()), |_| Target::Class(2)),
        "label 2 at position 0 (counted from 0) is out of range; there are 2 classes, 0..=1".replace("label", "a batch: label")
    );
    assert_eq!(
        message(Goal::Labels(two()), |_| Target::Numbers(vec![0.0; 2])),
        "batch of shape 20x2 numbers: expected targets of 20 rows, 2 labels"
    );
    let constant = NumberTarget { name: "a".to_owned(), mean: 1.0, std: 0.0 };
    assert_eq!(
        message(Goal::Numbers(vec![constant]), |_| Target::Numbers(vec![0.0])),
        "the target `a` has mean 1 and standard deviation 0; expected a positive one"
    );
}

/// Pictures are samples too, and a network that was declared and the model of its graph train to the same bits.
#[test]
fn pictures_with_a_network_or_its_graph() {
    fn fit<N: layercake::AnyNetwork<f32, Cpu> + Clone>(mut net: N) -> Vec<Epoch> {
        let Split { train, test } = digits();
        let goal = Goal::Classes(train.classes().to_vec());
        let train = Loader::<Images>::new(train, 32).shuffle(1);
        let mut optimizer = Adam::new(&net, AdamConfig { lr: 5e-3, ..Default::default() });
        let mut task = Supervised::new(goal, Loader::new(test, 100));
        Trainer::new(Until::Epochs(3)).fit(&mut net, &Cpu::default(), &mut optimizer, &mut task, &train).unwrap()
    }
    let declared = fit(Pictures::new(&Cpu::seed_from_u64(4)));
    let built = fit(GraphModel::new(Pictures::GRAPH.clone(), &Cpu::seed_from_u64(4)));
    let (declared, built) = (&declared[2].test, &built[2].test);
    assert_eq!(declared, built);
    let value = |name| declared.get(name).unwrap();
    assert!(value("accuracy") > 0.85 && value("auroc") > 0.98 && value("top_5_accuracy") > value("accuracy"), "{declared}");
}

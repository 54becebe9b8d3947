use layercake::prelude::*;

use super::*;
use crate::data::{Samples, digits};
use crate::{ConfusionMatrix, argmax};

network! { Net: [1, 8, 8] -> [10] { conv: Conv2d(4, kernel = 3), norm: BatchNorm2d, ReLU, Flatten, Dropout(0.5), fc: Linear(10), bn: BatchNorm1d } }

fn normalize() -> Normalize {
    Normalize { mean: vec![0.3], std: vec![0.4] }
}

fn member(seed: u64) -> Member<Samples, Cpu> {
    let device = Cpu::seed_from_u64(seed);
    let mut net = GraphModel::try_new(Net::<f32, Cpu>::GRAPH.clone(), &device).unwrap();
    // Statistics and weights other than the initial ones.
    net.for_each_tensor_mut(|mut tensor| {
        if tensor.path().starts_with("norm") || tensor.path().starts_with("bn") {
            let numbers: Vec<f32> = tensor.to_vec().iter().enumerate().map(|(i, number)| number + 0.1 * (i + 1) as f32).collect();
            tensor.copy_from(&numbers);
        }
    });
    let goal = Goal::Classes((0..10).map(|class| class.to_string()).collect());
    Member { net, goal, test: TestSet::Images(Arc::new(few()), normalize()) }
}

fn few() -> Images {
    digits().test.subset(&(0..40).collect::<Vec<_>>())
}

fn predictions(members: &[Member<Samples, Cpu>], averaged: Averaged) -> Result<Predictions, TrainError> {
    mean_predictions(members, &Cpu::default(), averaged, 16)
}

#[test]
fn one_network_as_it_is() {
    let members = [member(1)];
    let all = predictions(&members, Averaged::default()).unwrap();
    let loader = Loader::new(few(), 40).transform(normalize());
    let alone = Predictions::of(&members[0].net, &Cpu::default(), &members[0].goal, &Criterion::default(), &loader).unwrap();
    assert!((all.loss - alone.loss).abs() < 1e-6 && all.targets == alone.targets, "{} and {}", all.loss, alone.loss);
    assert_eq!(argmax(&all.outputs, 10), argmax(&alone.outputs, 10));
}

#[test]
fn networks_and_views() {
    let members = [member(1), member(2)];
    let loss = |members: &[Member<Samples, Cpu>], flips, five_crops| {
        predictions(members, Averaged { flips, five_crops, draws: None }).unwrap().loss
    };
    let [one, two, both] = [&members[..1], &members[1..], &members[..]].map(|members| loss(members, false, false));
    // The logarithm is concave: a mean of probabilities is better than the mean of the losses.
    assert!(both < 0.5 * (one + two), "{both} {one} {two}");
    assert!(loss(&members[..1], true, false) != one && loss(&members[..1], false, true) != one);
}

#[test]
fn frozen_statistics() {
    let Member { net, goal, .. } = member(3);
    let device = Cpu::default();
    let loader = Loader::new(few(), 40).transform(normalize());
    let folded = with_frozen_statistics(&net, &device).unwrap();
    let outputs = |net: &GraphModel| Predictions::of(net, &device, &goal, &Criterion::default(), &loader).unwrap().outputs;
    let (before, after) = (outputs(&net), outputs(&folded));
    assert!(before.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-4 * (1.0 + a.abs())), "at inference they are the same");

    // The draws differ, do not depend on the batch, and are the same again.
    let drawn = |draw, batch| {
        let loader = Loader::new(few(), batch).transform(normalize());
        Predictions::drawn(&mut folded.clone(), &device, &goal, &Criterion::default(), &loader, draw).unwrap().outputs
    };
    assert_eq!(drawn(0, 40), drawn(0, 40));
    assert!(drawn(0, 40) != drawn(1, 40) && drawn(0, 40) != after);
    // Over many draws, dropout has the mean of inference before the last, linear layers.
    let members = [Member { net, goal, test: TestSet::Images(Arc::new(few()), normalize()) }];
    let accuracy = |found: Predictions| {
        let mut confusion = ConfusionMatrix::new(10);
        confusion.count_classes(&argmax(&found.outputs, 10), &argmax(&before, 10), None);
        confusion.accuracy()
    };
    let agreement = |draws| accuracy(predictions(&members, Averaged { draws: NonZeroUsize::new(draws), ..Averaged::default() }).unwrap());
    assert!(agreement(60) > 0.8 && agreement(60) > agreement(1), "{} and {}", agreement(60), agreement(1));
}

#[test]
fn options_without_effect() {
    network! { Plain: [1, 8, 8] -> [10] { Flatten, fc: Linear(10) } }
    let device = Cpu::default();
    let net = GraphModel::try_new(Plain::<f32, Cpu>::GRAPH.clone(), &device).unwrap();
    let error = with_frozen_statistics(&net, &device).unwrap_err().to_string();
    assert_eq!(error, "`--draws` has no effect on `Plain`: none of its layers draws random numbers");
    let rows = Member { test: TestSet::Samples(Samples(Vec::new())), ..member(1) };
    let flips = Averaged { flips: true, ..Averaged::default() };
    let error = predictions(&[rows], flips).unwrap_err().to_string();
    assert_eq!(error, "`--flips` has no effect: the run is not one on pictures");
}

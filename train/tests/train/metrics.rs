//! Metrics are those of scikit-learn: `tests/sklearn/metrics.py` writes the file.

use std::collections::BTreeMap;
use std::path::Path;

use layercake::prelude::*;
use layercake_train::data::{Loader, Sample, Samples, Target};
use layercake_train::{Goal, Metrics, NumberTarget, Predictions, top_k_accuracy};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    kind: String,
    outputs: usize,
    scores: Vec<f32>,
    targets: Vec<f32>,
    metrics: BTreeMap<String, f64>,
}

/// A network that returns its input.
fn identity(width: usize) -> GraphModel {
    let mut builder = layercake::ir::Builder::new("Identity");
    let x = builder.input("input", layercake::ir::Shape::new(&[width])).unwrap();
    let x = builder.add("flatten", layercake::ir::ops::Flatten {}, &[x]).unwrap();
    GraphModel::new(builder.finish(&[("output", x)]), &Cpu::default())
}

/// The metrics of a test set whose predictions are the scores, in batches that do not divide it.
fn found(case: &Case) -> Metrics {
    let named = || (0..case.outputs).map(|i| i.to_string()).collect::<Vec<_>>();
    // Outputs are standardized numbers: 3 above a mean of 10 at a standard deviation of 2 is 1.5.
    let (mean, std) = (10.0, 2.0);
    let goal = match case.kind.as_str() {
        "classes" => Goal::Classes(named()),
        "labels" => Goal::Labels(named()),
        _ => Goal::Numbers(named().into_iter().map(|name| NumberTarget { name, mean, std }).collect()),
    };
    let standard = |x: f32| ((f64::from(x) - mean) / std) as f32;
    let rows = case.scores.len() / case.outputs;
    let width = case.targets.len() / rows;
    let sample = |(scores, targets): (&[f32], &[f32])| {
        let (target, input) = match &goal {
            Goal::Classes(_) => (Target::Class(targets[0] as usize), scores.to_vec()),
            Goal::Labels(_) => (Target::Labels(targets.iter().map(|&x| x == 1.0).collect()), scores.to_vec()),
            Goal::Numbers(_) => {
                (Target::Numbers(targets.iter().copied().map(standard).collect()), scores.iter().copied().map(standard).collect())
            }
        };
        Sample { shape: vec![case.outputs], input, target }
    };
    let samples = Samples(case.scores.chunks_exact(case.outputs).zip(case.targets.chunks_exact(width)).map(sample).collect());
    let predictions =
        Predictions::of(&identity(case.outputs), &Cpu::default(), &goal, &Default::default(), &Loader::new(samples, 7)).unwrap();
    predictions.metrics(&goal)
}

#[test]
fn equal_scikit_learn() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/sklearn/metrics.json");
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut compared = 0;
    for (number, case) in cases.iter().enumerate() {
        let metrics = found(case);
        for (name, &expected) in &case.metrics {
            let found = match name.as_str() {
                "top_2" => {
                    let labels: Vec<usize> = case.targets.iter().map(|&x| x as usize).collect();
                    top_k_accuracy(&case.scores, &labels, 2.min(case.outputs - 1))
                }
                name => metrics.get(name).unwrap_or_else(|| panic!("case {number} has no {name}: {metrics}")),
            };
            // Numbers pass through single precision.
            assert!((found - expected).abs() < 2e-6, "case {number}, {name}: {found}, scikit-learn {expected}");
            compared += 1;
        }
    }
    assert_eq!(compared, 30);
}

//! Embeddings are those of scikit-learn: `tests/sklearn/embedding.py` writes the file.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use layercake_train::embedding::{Pca, Points, TsneOptions, trustworthiness, tsne};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    pca: Vec<Components>,
    trustworthiness: Vec<Trusted>,
    digits: Digits,
}

#[derive(Deserialize)]
struct Components {
    dims: usize,
    points: Vec<f32>,
    mean: Vec<f64>,
    components: Vec<Vec<f64>>,
    explained_variance: Vec<f64>,
    explained_variance_ratio: Vec<f64>,
    transformed: Vec<[f64; 2]>,
}

#[derive(Deserialize)]
struct Trusted {
    dims: usize,
    points: Vec<f32>,
    embedding: Vec<[f64; 2]>,
    trustworthiness: BTreeMap<usize, f64>,
}

#[derive(Deserialize)]
struct Digits {
    count: usize,
    trustworthiness: BTreeMap<usize, f64>,
    kl_divergence: f64,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn fixture() -> Fixture {
    serde_json::from_str(&std::fs::read_to_string(repository().join("tests/sklearn/embedding.json")).unwrap()).unwrap()
}

fn equal(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1e-30, |most: f64, x| most.max(x.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-10 * largest, "{what}: {found} and {expected}");
    }
}

#[test]
fn principal_components() {
    for case in fixture().pca {
        let points = Points::new(case.points, case.dims).unwrap();
        let found = Pca::fit(&points, case.components.len()).unwrap();
        equal(&found.mean, &case.mean, "mean");
        equal(&found.components.concat(), &case.components.concat(), "components");
        equal(&found.explained_variance, &case.explained_variance, "variance");
        equal(&found.explained_variance_ratio, &case.explained_variance_ratio, "ratio");
        equal(found.transform(&points).as_flattened(), case.transformed.as_flattened(), "transformed");
    }
}

#[test]
fn trust() {
    for case in fixture().trustworthiness {
        let points = Points::new(case.points, case.dims).unwrap();
        for (k, expected) in case.trustworthiness {
            equal(&[trustworthiness(&points, &case.embedding, k).unwrap()], &[expected], "trustworthiness");
        }
    }
}

/// The neighbors of digits are kept as well as by scikit-learn, and what is minimized becomes as small.
#[test]
fn digits_as_well_as_scikit_learn() {
    let Digits { count, trustworthiness: trust, kl_divergence } = fixture().digits;
    let mut text = String::new();
    let file = std::fs::File::open(repository().join("train/data/digits/digits.csv.gz")).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let rows = text.lines().take(count).flat_map(|line| line.split(',').take(64).map(|number| number.parse::<f32>().unwrap()));
    let points = Points::new(rows.collect(), 64).unwrap();
    let found = tsne(&points, &TsneOptions::default()).unwrap();
    for (k, expected) in trust {
        let trust = trustworthiness(&points, &found.embedding, k).unwrap();
        assert!(trust >= expected, "of {k} neighbors: {trust} and {expected}");
    }
    assert!(found.kl_divergence <= 1.02 * kl_divergence, "{} and {kl_divergence}", found.kl_divergence);
}

//! Against SciPy and scikit-learn, on the points of `tests/scipy/generative.json`, and by hand.

use serde::Deserialize;

use super::frechet::square_root;
use super::*;
use crate::embedding::Points;

#[derive(Deserialize)]
struct Case {
    dims: usize,
    real: Vec<f32>,
    made: Vec<f32>,
    /// The square root of the covariance of the real points, by `scipy.linalg.sqrtm`.
    root: Vec<f64>,
    frechet_distance: f64,
    neighbors: usize,
    precision: f64,
    recall: f64,
}

#[test]
fn as_scipy() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/scipy/generative.json")).unwrap();
    assert!(cases.len() >= 4);
    for (number, case) in cases.into_iter().enumerate() {
        let points = |numbers: &[f32]| Points::new(numbers.to_vec(), case.dims).unwrap();
        let (real, made) = (points(&case.real), points(&case.made));
        let root = square_root(&Gaussian::fit(&real).unwrap().covariance);
        // A covariance of low rank has a root whose error is the root of that of the covariance.
        let largest = case.root.iter().fold(0.0f64, |most, x| most.max(x.abs()));
        for (found, expected) in root.iter().flatten().zip(&case.root) {
            assert!((found - expected).abs() < 1e-7 * largest, "case {number}: {found} and {expected}");
        }
        let found = frechet_distance(&real, &made).unwrap();
        assert!((found - case.frechet_distance).abs() < 1e-6 * case.frechet_distance, "case {number}: {found}, {}", case.frechet_distance);
        let swapped = frechet_distance(&made, &real).unwrap();
        assert!((found - swapped).abs() < 1e-6 * found, "case {number}: the same in both directions");
        let found = precision_and_recall(&real, &made, case.neighbors).unwrap();
        assert_eq!(found, PrecisionRecall { precision: case.precision, recall: case.recall }, "case {number}");
    }
}

/// Of one dimension it is the difference of the means and of the deviations, each squared.
#[test]
fn by_hand() {
    let points = |numbers: &[f32]| Points::new(numbers.to_vec(), 1).unwrap();
    // Means 1 and 5, variances 1 and 4.
    let (near, far) = (points(&[0.0, 1.0, 2.0]), points(&[3.0, 5.0, 7.0]));
    assert!((frechet_distance(&near, &far).unwrap() - (16.0 + 1.0)).abs() < 1e-12);
    assert_eq!(frechet_distance(&near, &near).unwrap(), 0.0);
    // Of 0, 1 and 4 the nearest neighbors are 1, 1 and 3 away; 2 and 7 are within, -1.5 and 8 are not.
    let found = precision_and_recall(&points(&[0.0, 1.0, 4.0]), &points(&[2.0, 7.0, -1.5, 8.0]), 1).unwrap();
    // Of the others 3.5, 1, 3.5 and 1: 0, 1 and 4 are within.
    assert_eq!(found, PrecisionRecall { precision: 0.5, recall: 1.0 });
}

#[test]
fn refused() {
    let points = |count: usize, dims: usize| Points::new((0..count * dims).map(|x| x as f32).collect(), dims).unwrap();
    assert_eq!(frechet_distance(&points(1, 2), &points(4, 2)), Err(GenerativeError::Few { points: 1, least: 2 }));
    assert_eq!(frechet_distance(&points(4, 3), &points(4, 2)), Err(GenerativeError::Dims { expected: 3, found: 2 }));
    assert_eq!(precision_and_recall(&points(3, 2), &points(4, 2), 3), Err(GenerativeError::Few { points: 3, least: 4 }));
    assert_eq!(precision_and_recall(&points(3, 2), &points(4, 2), 0), Err(GenerativeError::NoNeighbors));
    assert_eq!(precision_and_recall(&points(9, 1), &points(9, 2), 3), Err(GenerativeError::Dims { expected: 1, found: 2 }));
}

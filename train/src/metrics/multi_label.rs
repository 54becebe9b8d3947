//! Metrics of several labels that each row has or not.

use super::auroc::{auroc, mean};

/// The columns of `[rows, labels]`.
fn column<T: Copy>(values: &[T], labels: usize, label: usize) -> impl Iterator<Item = T> {
    assert!(labels > 0 && values.len().is_multiple_of(labels), "rows of {labels} values");
    values.iter().skip(label).step_by(labels).copied()
}

/// The mean over the labels of F1, 0..=1: 0 for a label that no row has and none is predicted (`average="macro"`). A label is predicted if its logit is above 0.
///
/// # Shapes
/// `logits` and `truth` `[rows, labels]`.
///
/// # Panics
/// Panics if the lengths differ or are not whole rows.
pub fn multi_label_f1(logits: &[f32], truth: &[bool], labels: usize) -> f64 {
    assert_eq!(logits.len(), truth.len(), "a logit for each label");
    let of = |label: usize| {
        let (mut both, mut either) = (0u64, 0u64);
        for (logit, truth) in column(logits, labels, label).zip(column(truth, labels, label)) {
            both += u64::from(logit > 0.0 && truth);
            either += u64::from(logit > 0.0) + u64::from(truth);
        }
        if either == 0 { 0.0 } else { 2.0 * both as f64 / either as f64 }
    };
    mean((0..labels).map(of)).unwrap_or(f64::NAN)
}

/// The mean over the labels of [`auroc`], without labels that all rows have or none; `None` if none is left. Shapes and panics are those of [`multi_label_f1`].
///
/// # Panics
/// Panics if the lengths differ or are not whole rows.
pub fn multi_label_auroc(logits: &[f32], truth: &[bool], labels: usize) -> Option<f64> {
    let of = |label: usize| {
        let scores: Vec<f64> = column(logits, labels, label).map(f64::from).collect();
        auroc(&scores, &column(truth, labels, label).collect::<Vec<_>>())
    };
    mean((0..labels).filter_map(of))
}

/// The fraction of labels that are predicted right, 0..=1; NaN without rows. Shapes and panics are those of [`multi_label_f1`].
///
/// # Panics
/// Panics if the lengths differ.
pub fn multi_label_accuracy(logits: &[f32], truth: &[bool]) -> f64 {
    assert_eq!(logits.len(), truth.len(), "a logit for each label");
    let right = logits.iter().zip(truth).filter(|&(&logit, &truth)| (logit > 0.0) == truth).count();
    right as f64 / truth.len() as f64
}

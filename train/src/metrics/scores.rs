//! Metrics of a batch of scores.

/// The index of the highest score of each row, the first of equals.
///
/// # Panics
/// Panics if the number of scores is not a multiple of `classes`.
pub fn argmax(scores: &[f32], classes: usize) -> Vec<usize> {
    assert!(classes > 0 && scores.len().is_multiple_of(classes), "rows of {classes} scores");
    let highest = |row: &[f32]| row.iter().enumerate().fold(0, |best, (class, score)| if *score > row[best] { class } else { best });
    scores.chunks_exact(classes).map(highest).collect()
}

/// Argmax over the class axis of score maps `[batch, classes, positions]`: `[batch, positions]`, the first of equals.
///
/// # Panics
/// Panics if the number of scores is not a multiple of `classes * positions`.
pub fn argmax_maps(scores: &[f32], classes: usize, positions: usize) -> Vec<usize> {
    assert!(
        classes * positions > 0 && scores.len().is_multiple_of(classes * positions),
        "maps of {classes} scores at {positions} positions"
    );
    let highest = |item: &[f32], at: usize| {
        (0..classes).fold(0, |best, class| if item[class * positions + at] > item[best * positions + at] { class } else { best })
    };
    scores.chunks_exact(classes * positions).flat_map(|item| (0..positions).map(move |at| highest(item, at))).collect()
}

/// The fraction of rows whose highest score is that of their label, 0..=1; NaN without rows.
///
/// # Panics
/// Panics if there is not one row of scores per label.
pub fn accuracy(scores: &[f32], labels: &[usize]) -> f64 {
    top_k_accuracy(scores, labels, 1)
}

/// The fraction of rows whose label is among the `k` highest scores, 0..=1; NaN without rows. Of equal scores the first counts as higher; NaN
/// is the lowest.
///
/// # Panics
/// Panics if there is not one row of scores per label, or a label is out of range.
pub fn top_k_accuracy(scores: &[f32], labels: &[usize], k: usize) -> f64 {
    if labels.is_empty() && scores.is_empty() {
        return f64::NAN;
    }
    assert!(!labels.is_empty() && scores.len().is_multiple_of(labels.len()), "expected one row of scores per label");
    let classes = scores.len() / labels.len();
    if let Some(label) = labels.iter().find(|&&label| label >= classes) {
        panic!("label {label} is out of range; there are {classes} scores per row");
    }
    let within = |(row, label): (&[f32], &usize)| {
        let own = row[*label];
        let above = |(class, score): (usize, &f32)| *score > own || (own.is_nan() && !score.is_nan()) || (*score == own && class < *label);
        !own.is_nan() && row.iter().enumerate().filter(|&(class, score)| above((class, score))).count() < k
    };
    let right = scores.chunks_exact(classes).zip(labels).filter(|&(row, label)| within((row, label))).count();
    right as f64 / labels.len() as f64
}

/// Perplexity of a mean loss in nats: `e^loss`.
pub fn perplexity(nats: f64) -> f64 {
    nats.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let scores = [0.1, 0.9, 0.5, 2.0, 2.0, 1.0, -1.0, f32::NAN, 0.0];
        assert_eq!(argmax(&scores, 3), [1, 0, 2]);
        assert_eq!(argmax_maps(&[0.0, 5.0, 1.0, 1.0, 2.0, 7.0, 3.0, 3.0, 4.0, 2.0, 4.0, 9.0], 3, 2), [2, 2, 1, 2]);
        assert_eq!(accuracy(&scores, &[1, 1, 2]), 2.0 / 3.0);
        assert_eq!(top_k_accuracy(&scores, &[2, 1, 0], 2), 1.0);
        assert_eq!(top_k_accuracy(&scores, &[0, 2, 1], 2), 0.0);
        assert_eq!(top_k_accuracy(&scores, &[0, 2, 1], 3), 2.0 / 3.0, "a NaN score is never among the highest");
        assert!((perplexity(65f64.ln()) - 65.0).abs() < 1e-9);
        assert!(accuracy(&[], &[]).is_nan() && top_k_accuracy(&[], &[], 5).is_nan() && argmax(&[], 3).is_empty());
    }
}

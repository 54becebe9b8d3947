//! The area under the ROC curve.

/// The area under the ROC curve of scores, of which the positive rows should have the higher ones: the probability that a positive row has a higher score than
/// a negative one, where equal scores count half (scikit-learn's `roc_auc_score`). `None` unless there are positive and negative rows; a NaN score is the lowest.
///
/// # Panics
/// Panics if there is not one score for each row.
pub fn auroc(scores: &[f64], positive: &[bool]) -> Option<f64> {
    assert_eq!(scores.len(), positive.len(), "a score for each row");
    let mut rows: Vec<(f64, bool)> =
        scores.iter().zip(positive).map(|(&score, &positive)| (if score.is_nan() { f64::NEG_INFINITY } else { score }, positive)).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positives = rows.iter().filter(|row| row.1).count() as f64;
    let negatives = rows.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    // The negative rows below each positive one; those of an equal score count half.
    let (mut below, mut won) = (0.0, 0.0);
    for equal in rows.chunk_by(|a, b| a.0 == b.0) {
        let positives = equal.iter().filter(|row| row.1).count() as f64;
        let negatives = equal.len() as f64 - positives;
        won += positives * (below + 0.5 * negatives);
        below += negatives;
    }
    Some(won / (positives * negatives))
}

/// [`auroc`] of a classifier. For two classes it is that of the second class; for more, the mean over the classes of each class against the rest
/// (`multi_class="ovr"`). Classes without rows, or with all rows, are left out; `None` if none is left.
///
/// # Shapes
/// `logits [rows, classes]`, one label per row.
///
/// # Panics
/// Panics if there are not `classes` logits for each label.
pub fn class_auroc(logits: &[f32], classes: usize, labels: &[usize]) -> Option<f64> {
    assert_eq!(logits.len(), labels.len() * classes, "{classes} scores for each label");
    let rows: Vec<Vec<f64>> = logits.chunks_exact(classes.max(1)).map(softmax).collect();
    let of = |class: usize| {
        let scores: Vec<f64> = rows.iter().map(|row| row[class]).collect();
        auroc(&scores, &labels.iter().map(|&label| label == class).collect::<Vec<_>>())
    };
    if classes == 2 {
        return of(1);
    }
    mean((0..classes).filter_map(of))
}

/// Softmax of a row in double precision.
pub fn softmax(logits: &[f32]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|&logit| f64::from(logit - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// The mean; `None` without numbers.
pub(super) fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = numbers.fold((0usize, 0.0), |(count, sum), number| (count + 1, sum + number));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs of a positive and a negative row: (3, 1) and (3, 2) won, (2, 1) won, (2, 2) a tie.
    #[test]
    fn pairs_by_hand() {
        assert_eq!(auroc(&[1.0, 2.0, 2.0, 3.0], &[false, false, true, true]), Some(3.5 / 4.0));
        assert_eq!(auroc(&[1.0, f64::NAN], &[false, true]), Some(0.0));
        assert_eq!((auroc(&[1.0], &[true]), auroc(&[], &[])), (None, None));
        assert_eq!(class_auroc(&[0.0; 6], 3, &[1, 1]), None, "no class has positive and negative rows");
    }
}

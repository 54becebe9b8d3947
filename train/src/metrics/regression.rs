//! Errors of predicted numbers. With several targets, each is the mean over the targets, as in scikit-learn's `multioutput="uniform_average"`.

use super::auroc::mean;

/// The columns of predictions and true numbers `[rows, targets]`.
fn columns<'a>(predicted: &'a [f32], truth: &'a [f32], targets: usize) -> impl Iterator<Item = Vec<(f64, f64)>> + 'a {
    assert!(targets > 0 && predicted.len() == truth.len() && truth.len().is_multiple_of(targets), "rows of {targets} numbers");
    (0..targets).map(move |column| {
        let of = |numbers: &'a [f32]| numbers.iter().skip(column).step_by(targets).map(|&number| f64::from(number));
        of(predicted).zip(of(truth)).collect()
    })
}

/// The mean absolute error; NaN without rows.
///
/// # Shapes
/// `predicted` and `truth` `[rows, targets]`.
///
/// # Panics
/// Panics if the lengths differ or are not whole rows.
pub fn mean_absolute_error(predicted: &[f32], truth: &[f32], targets: usize) -> f64 {
    let of = |rows: Vec<(f64, f64)>| mean(rows.iter().map(|(predicted, truth)| (predicted - truth).abs())).unwrap_or(f64::NAN);
    mean(columns(predicted, truth, targets).map(of)).unwrap_or(f64::NAN)
}

/// The root of the mean squared error; NaN without rows. Shapes and panics are those of [`mean_absolute_error`].
///
/// # Panics
/// Panics if the lengths differ or are not whole rows.
pub fn root_mean_squared_error(predicted: &[f32], truth: &[f32], targets: usize) -> f64 {
    let of = |rows: Vec<(f64, f64)>| mean(rows.iter().map(|(predicted, truth)| (predicted - truth).powi(2))).unwrap_or(f64::NAN).sqrt();
    mean(columns(predicted, truth, targets).map(of)).unwrap_or(f64::NAN)
}

/// The coefficient of determination R2: 1 minus the squared error over that of the mean of `truth`; NaN with fewer than two rows. If all true numbers are equal, it is
/// 1 for predictions without an error and 0 otherwise, as in scikit-learn. Shapes and panics are those of [`mean_absolute_error`].
///
/// # Panics
/// Panics if the lengths differ or are not whole rows.
pub fn r2_score(predicted: &[f32], truth: &[f32], targets: usize) -> f64 {
    let of = |rows: Vec<(f64, f64)>| {
        if rows.len() < 2 {
            return f64::NAN;
        }
        let center = mean(rows.iter().map(|(_, truth)| *truth)).unwrap_or(f64::NAN);
        let left: f64 = rows.iter().map(|(predicted, truth)| (predicted - truth).powi(2)).sum();
        let total: f64 = rows.iter().map(|(_, truth)| (truth - center).powi(2)).sum();
        match (left == 0.0, total == 0.0) {
            (true, true) => 1.0,
            (false, true) => 0.0,
            _ => 1.0 - left / total,
        }
    };
    mean(columns(predicted, truth, targets).map(of)).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Errors 1, -1 and 2 of the true numbers 1, 2 and 3, whose squared differences from their mean are 2.
        let (predicted, truth) = ([2.0, 1.0, 5.0], [1.0, 2.0, 3.0]);
        assert_eq!(mean_absolute_error(&predicted, &truth, 1), 4.0 / 3.0);
        assert_eq!(root_mean_squared_error(&predicted, &truth, 1), 2f64.sqrt());
        assert_eq!(r2_score(&predicted, &truth, 1), -2.0);
        assert_eq!((r2_score(&[1.0; 2], &[1.0; 2], 1), r2_score(&[1.0, 2.0], &[1.0; 2], 1)), (1.0, 0.0));
        assert!(r2_score(&[1.0], &[1.0], 1).is_nan() && mean_absolute_error(&[], &[], 2).is_nan());
    }
}

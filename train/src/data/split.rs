//! Parts of a data set.

use rand::seq::SliceRandom;

use super::stream;
use crate::TrainError;

/// Splits rows at random into training rows and held-out rows, so that each class has the same share of both: of `n` rows of a class, `n * ratio` are held out, rounded so
/// that the whole part has `ratio` of all rows. A class of one row is in the training part. Both parts are sorted, and depend on the seed.
///
/// Without classes, give all rows the label 0.
///
/// # Errors
/// Returns an error if one of the parts would be empty, or the ratio is not between 0 and 1.
pub fn split_stratified(labels: &[usize], ratio: f64, seed: u64) -> Result<[Vec<usize>; 2], TrainError> {
    if !(ratio > 0.0 && ratio < 1.0) {
        return Err(TrainError::Setting(format!("cannot hold out {ratio} of the rows; expected a number between 0 and 1")));
    }
    let mut classes: Vec<Vec<usize>> = vec![Vec::new(); labels.iter().max().map_or(0, |most| most + 1)];
    labels.iter().enumerate().for_each(|(row, &label)| classes[label].push(row));
    let (mut train, mut held) = (Vec::new(), Vec::new());
    // What is due so far over all classes decides the rounding of each.
    let mut due = 0.0;
    for (class, mut rows) in classes.into_iter().enumerate() {
        rows.shuffle(&mut stream("split", seed, [class as u64, labels.len() as u64]));
        due += rows.len() as f64 * ratio;
        let count = ((due - held.len() as f64).round().max(0.0) as usize).min(rows.len().saturating_sub(1));
        held.extend(rows.drain(..count));
        train.extend(rows);
    }
    if held.is_empty() || train.is_empty() {
        return Err(TrainError::Setting(format!("cannot hold out {ratio} of {} rows: both parts need at least one", labels.len())));
    }
    train.sort_unstable();
    held.sort_unstable();
    Ok([train, held])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_the_classes() {
        let labels: Vec<usize> = [vec![0; 50], vec![1; 30], vec![2; 19], vec![3]].concat();
        let [train, held] = split_stratified(&labels, 0.2, 7).unwrap();
        let count = |rows: &[usize], class| rows.iter().filter(|&&row| labels[row] == class).count();
        assert_eq!([0, 1, 2, 3].map(|class| count(&held, class)), [10, 6, 4, 0]);
        let mut all = [train, held.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
        assert_eq!(split_stratified(&labels, 0.2, 7).unwrap()[1], held);
        assert_ne!(split_stratified(&labels, 0.2, 8).unwrap()[1], held, "another seed");
        // Many small classes: the whole part has its share, although no class has a whole row to give.
        let pairs: Vec<usize> = (0..50).map(|row| row / 2).collect();
        assert_eq!(split_stratified(&pairs, 0.2, 1).unwrap()[1].len(), 10);
    }

    #[test]
    fn no_part_is_empty() {
        assert!(split_stratified(&[0, 1, 2], 0.2, 0).is_err() && split_stratified(&[], 0.5, 0).is_err());
        for ratio in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(split_stratified(&[0; 10], ratio, 0).is_err(), "{ratio}");
        }
    }
}

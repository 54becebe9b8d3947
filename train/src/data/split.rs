//! Parts of a data set.

use std::collections::BTreeMap;

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

/// Splits rows at random into training rows and held-out rows, so that the rows of a group are in one part: photos of one patient, measurements of one day. Groups are held out
/// as long as that brings the share of held-out rows nearer to `ratio`. Both parts are sorted, and depend on the seed.
///
/// # Errors
/// Returns an error if there are fewer than two groups, or the ratio is not between 0 and 1.
pub fn split_grouped(groups: &[usize], ratio: f64, seed: u64) -> Result<[Vec<usize>; 2], TrainError> {
    if !(ratio > 0.0 && ratio < 1.0) {
        return Err(TrainError::Setting(format!("cannot hold out {ratio} of the rows; expected a number between 0 and 1")));
    }
    let mut all = rows_of(groups);
    if all.len() < 2 {
        return Err(TrainError::Setting(format!("cannot hold out a group of rows: there are {} groups, expected at least 2", all.len())));
    }
    let number = all.len() as u64;
    all.shuffle(&mut stream("split", seed, [groups.len() as u64, number]));
    let due = groups.len() as f64 * ratio;
    let (mut train, mut held): (Vec<Vec<usize>>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
    let mut count = 0.0;
    for rows in all {
        let size = rows.len() as f64;
        if (count + size - due).abs() < (count - due).abs() {
            count += size;
            held.push(rows);
        } else {
            train.push(rows);
        }
    }
    // Groups that are all larger than twice the share: the smallest of them.
    if held.is_empty() {
        let smallest = (0..train.len()).min_by_key(|&at| train[at].len()).expect("there are two groups");
        held.push(train.swap_remove(smallest));
    }
    if train.is_empty() {
        train.extend(held.pop());
    }
    let sorted = |groups: Vec<Vec<usize>>| {
        let mut rows = groups.concat();
        rows.sort_unstable();
        rows
    };
    Ok([sorted(train), sorted(held)])
}

/// The parts of a cross-validation: each row is held out in one of `count` folds, and each class has nearly the same share of each. Without classes, give all rows the label
/// 0. Both parts of a fold are sorted, and depend on the seed.
///
/// # Errors
/// Returns an error if there are fewer than two folds, or fewer rows than folds.
pub fn folds(labels: &[usize], count: usize, seed: u64) -> Result<Vec<[Vec<usize>; 2]>, TrainError> {
    let mut fold_of = vec![0; labels.len()];
    let mut next = 0;
    for (class, mut rows) in rows_of(labels).into_iter().enumerate() {
        rows.shuffle(&mut stream("folds", seed, [class as u64, labels.len() as u64]));
        for row in rows {
            fold_of[row] = next;
            next = (next + 1) % count.max(1);
        }
    }
    parted(&fold_of, count, "rows", labels.len())
}

/// [`folds`] that keep the rows of a group together. The folds have nearly the same numbers of rows: each group, from the largest on, goes to the fold with the fewest.
///
/// # Errors
/// Returns an error if there are fewer than two folds, or fewer groups than folds.
pub fn folds_grouped(groups: &[usize], count: usize, seed: u64) -> Result<Vec<[Vec<usize>; 2]>, TrainError> {
    let mut all = rows_of(groups);
    let number = all.len();
    all.shuffle(&mut stream("folds", seed, [groups.len() as u64, number as u64]));
    all.sort_by_key(|rows| std::cmp::Reverse(rows.len()));
    let (mut fold_of, mut sizes) = (vec![0; groups.len()], vec![0; count.max(1)]);
    for rows in all {
        let fold = (0..sizes.len()).min_by_key(|&fold| sizes[fold]).unwrap_or(0);
        sizes[fold] += rows.len();
        rows.into_iter().for_each(|row| fold_of[row] = fold);
    }
    parted(&fold_of, count, "groups of rows", number)
}

/// The rows of each label that occurs.
fn rows_of(labels: &[usize]) -> Vec<Vec<usize>> {
    let mut all = BTreeMap::<usize, Vec<usize>>::new();
    labels.iter().enumerate().for_each(|(row, &label)| all.entry(label).or_default().push(row));
    all.into_values().collect()
}

fn parted(fold_of: &[usize], count: usize, what: &str, number: usize) -> Result<Vec<[Vec<usize>; 2]>, TrainError> {
    if count < 2 || number < count {
        return Err(TrainError::Setting(format!(
            "cannot make {count} folds of {number} {what}; expected at least 2 folds, and as many {what} as folds"
        )));
    }
    let fold = |fold: usize| {
        let (held, train): (Vec<usize>, Vec<usize>) = (0..fold_of.len()).partition(|&row| fold_of[row] == fold);
        [train, held]
    };
    Ok((0..count).map(fold).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stay_together() {
        let groups: Vec<usize> = (0..100).map(|row| row / 7).collect();
        for seed in 0..20 {
            let [train, held] = split_grouped(&groups, 0.2, seed).unwrap();
            assert!(train.iter().all(|row| held.iter().all(|other| groups[*row] != groups[*other])));
            assert!((17..=23).contains(&held.len()) && train.len() + held.len() == 100, "{held:?}");
        }
        assert_ne!(split_grouped(&groups, 0.2, 1).unwrap(), split_grouped(&groups, 0.2, 2).unwrap());
        // Two groups: one each.
        assert_eq!(split_grouped(&[5, 5, 5, 5, 9], 0.2, 0).unwrap(), [vec![0, 1, 2, 3], vec![4]]);
        assert_eq!(split_grouped(&[5, 9], 0.01, 0).unwrap().map(|part| part.len()), [1, 1]);
        assert!(split_grouped(&[3; 9], 0.2, 0).is_err() && split_grouped(&groups, 1.0, 0).is_err());
    }

    #[test]
    fn each_row_is_held_out_once() {
        let labels: Vec<usize> = [vec![0; 50], vec![1; 23], vec![2; 9]].concat();
        let groups: Vec<usize> = (0..82).map(|row| row % 11).collect();
        for (all, classes) in [(folds(&labels, 5, 3).unwrap(), true), (folds_grouped(&groups, 5, 3).unwrap(), false)] {
            let mut held: Vec<usize> = all.iter().flat_map(|[_, held]| held.clone()).collect();
            held.sort_unstable();
            assert_eq!(held, (0..82).collect::<Vec<_>>());
            for [train, held] in &all {
                assert!(train.len() + held.len() == 82 && train.iter().all(|row| !held.contains(row)));
                if classes {
                    assert!((16..=17).contains(&held.len()), "{held:?}");
                    let count = |class| held.iter().filter(|&&row| labels[row] == class).count();
                    assert!(count(0) == 10 && (4..=5).contains(&count(1)) && (1..=2).contains(&count(2)));
                } else {
                    assert!(train.iter().all(|row| held.iter().all(|other| groups[*row] != groups[*other])));
                    // 11 groups of 7 or 8 rows: two or three a fold.
                    assert!((14..=24).contains(&held.len()), "{held:?}");
                }
            }
        }
        assert_ne!(folds(&labels, 5, 3).unwrap(), folds(&labels, 5, 4).unwrap());
        for count in [0, 1, 83] {
            assert!(folds(&labels, count, 0).is_err() && folds_grouped(&groups, count, 0).is_err(), "{count}");
        }
    }

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

//! Arrays in files, as samples.

use std::path::{Path, PathBuf};

use layercake::io::{self, Arrays, write_arrays};

use super::{ArraySchema, ArraySet, Layout, Named, Pairs, measure_targets};
use crate::Goal;
use crate::data::{Dataset, Target};
use crate::tables::{TableOptions, TableTask};

fn array(shape: &[usize], numbers: &[f64]) -> io::Array {
    io::Array::new(shape, numbers).unwrap()
}

fn file(folder: &Path, name: &str, arrays: &[(&str, io::Array)]) -> PathBuf {
    let path = folder.join(name);
    let arrays: Arrays = arrays.iter().map(|(name, array)| ((*name).to_owned(), array.clone())).collect();
    write_arrays(&path, &arrays).unwrap();
    path
}

/// A `.npy` file of integers.
fn npy(folder: &Path, name: &str, shape: &str, numbers: &[i32]) {
    let dict = format!("{{'descr': '<i4', 'fortran_order': False, 'shape': {shape}}}");
    let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let bytes = [&b"\x93NUMPY\x01\0"[..], &(dict.len() as u16).to_le_bytes(), dict.as_bytes(), &numbers].concat();
    std::fs::write(folder.join(name), bytes).unwrap();
}

fn pairs(path: &Path, options: &TableOptions) -> (Pairs, Option<Pairs>) {
    Named::open(path).unwrap().pairs(options).unwrap()
}

fn set(all: &Pairs, task: Option<TableTask>, input: Option<&[usize]>) -> (ArraySchema, Goal, ArraySet) {
    let (mut schema, mut goal, input) = ArraySchema::of(all, task, input).unwrap();
    let rows: Vec<usize> = (0..all.inputs.len()).collect();
    schema.measure(&all.inputs, &rows, &input).unwrap();
    measure_targets(&mut goal, &all.targets, &rows).unwrap();
    let set = ArraySet::new(schema.clone(), &goal, &input, all).unwrap();
    (schema, goal, set)
}

#[test]
fn classes_of_integers_and_standardized_features() {
    let place = tempfile::tempdir().unwrap();
    npy(place.path(), "x.npy", "(4, 2)", &[1, 10, 3, 10, 1, 10, 3, 10]);
    npy(place.path(), "y.npy", "(4,)", &[7, -2, 7, 9]);
    let (all, test) = pairs(place.path(), &TableOptions::default());
    assert!(test.is_none() && Named::is_one(place.path()));
    let (schema, goal, set) = set(&all, None, None);
    assert_eq!(goal, Goal::Classes(["-2", "7", "9"].map(str::to_owned).to_vec()));
    assert_eq!((schema.mean, schema.std), (vec![2.0, 10.0], vec![1.0, 1.0]), "a column of equal numbers is not scaled");
    let sample = set.subset(&[3, 1]).get(0).unwrap();
    assert_eq!((sample.shape, sample.input, sample.target), (vec![2], vec![1.0, 0.0], Target::Class(2)));
}

#[test]
fn pictures_with_the_channels_last() {
    let place = tempfile::tempdir().unwrap();
    // One picture of 1x2 with three channels, and its negative.
    let x = array(&[2, 1, 2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -1.0, -2.0, -3.0, -4.0, -5.0, -6.0]);
    let path = file(place.path(), "pictures.npz", &[("images", x), ("labels", array(&[2], &[0.5, 1.5]))]);
    let (all, _) = pairs(&path, &TableOptions::default());
    let (schema, goal, set) = set(&all, None, Some(&[3, 1, 2]));
    assert!(matches!(&goal, Goal::Numbers(targets) if targets[0].name == "labels" && targets[0].mean == 1.0 && targets[0].std == 0.5));
    assert_eq!((schema.layout, &schema.mean[..]), (Layout::ChannelsLast, &[0.0; 3][..]));
    // Each channel has a mean of 0; its numbers 1, 4, -1 and -4 have the deviation sqrt(8.5).
    let sample = set.get(0).unwrap();
    let expected = [1.0, 4.0, 2.0, 5.0, 3.0, 6.0].into_iter().zip([8.5f64, 8.5, 14.5, 14.5, 22.5, 22.5]);
    for (found, (number, variance)) in sample.input.iter().zip(expected) {
        assert!((f64::from(*found) - number / variance.sqrt()).abs() < 1e-6, "{found} {number}");
    }
    assert_eq!(sample.target, Target::Numbers(vec![-1.0]));
    assert_eq!(schema.fault(&[3, 1, 2]), None);
    assert!(schema.fault(&[3, 2, 1]).is_some() && schema.fault(&[6]).is_some());
}

#[test]
fn parts_and_targets_by_name() {
    let place = tempfile::tempdir().unwrap();
    let ones = |rows: usize| array(&[rows, 3], &vec![1.0; 3 * rows]);
    let flags = |rows: usize| array(&[rows, 2], &vec![1.0; 2 * rows]);
    let path = file(place.path(), "parts.npz", &[("x_train", ones(4)), ("x_test", ones(2)), ("y_train", flags(4)), ("y_test", flags(2))]);
    let (train, test) = pairs(&path, &TableOptions::default());
    let test = test.unwrap();
    assert_eq!((train.inputs.name(), train.targets.len(), test.inputs.name(), test.targets.len()), ("x_train", 4, "x_test", 2));
    let (_, goal, set) = set(&train, Some(TableTask::Labels), None);
    assert_eq!(goal, Goal::Labels(vec!["y_0".to_owned(), "y_1".to_owned()]));
    assert_eq!(set.get(0).unwrap().target, Target::Labels(vec![true, true]));

    let path = file(place.path(), "names.safetensors", &[("age", array(&[4], &[1.0; 4])), ("scan", ones(4)), ("other", ones(4))]);
    let options = TableOptions { targets: vec!["age".to_owned()], ignored: vec!["other".to_owned()], ..TableOptions::default() };
    assert_eq!(pairs(&path, &options).0.inputs.name(), "scan");
}

#[test]
fn mistakes_name_the_array_and_the_row() {
    let place = tempfile::tempdir().unwrap();
    let message = |arrays: &[(&str, io::Array)], options: TableOptions, input: Option<&[usize]>| {
        let path = file(place.path(), "a.npz", arrays);
        let pairs = match Named::open(&path).unwrap().pairs(&options) {
            Ok((pairs, _)) => pairs,
            Err(error) => return error.to_string(),
        };
        let found = ArraySchema::of(&pairs, options.task, input).and_then(|(mut schema, goal, input)| {
            schema.measure(&pairs.inputs, &[0, 1], &input)?;
            schema.targets(&goal, &pairs.targets)
        });
        found.unwrap_err().to_string().replace(&path.display().to_string(), "a.npz")
    };
    let (x, y) = (array(&[2, 3], &[0.0; 6]), array(&[2], &[0.0, 1.0]));
    let with = |task| TableOptions { task: Some(task), ..TableOptions::default() };
    let plain = TableOptions::default;
    let message = |arrays: &[(&str, io::Array)], options: TableOptions, input: Option<&[usize]>| {
        message(arrays, options, input).replace(&place.path().join("a.npz").display().to_string(), "a.npz")
    };
    assert_eq!(
        message(&[("x", x.clone()), ("z", y.clone())], plain(), None),
        "a.npz: expected `--target`, the array to predict, found `x` [2, 3], `z` [2]"
    );
    assert_eq!(
        message(&[("x", x.clone()), ("y", array(&[3], &[0.0; 3]))], plain(), None),
        "a.npz: array `y`: expected as many rows as `x` has, at least one, found [2, 3] and [3]"
    );
    assert_eq!(
        message(&[("x", x.clone()), ("y", y.clone())], plain(), Some(&[1, 28, 28])),
        "a.npz: array `x`: expected rows of [1, 28, 28], which the network takes, found rows of [3]"
    );
    assert_eq!(
        message(&[("x", array(&[2, 1], &[0.0, f64::NAN])), ("y", y.clone())], plain(), None),
        "a.npz: array `x`: expected finite numbers in row 1, counted from 0, found NaN"
    );
    assert_eq!(
        message(&[("x", x.clone()), ("y", array(&[2], &[0.0, 0.5]))], with(TableTask::Classification), None),
        "a.npz: array `y`: expected a whole number, a class, in row 1, counted from 0, found 0.5"
    );
    assert_eq!(
        message(&[("x", x.clone()), ("y", array(&[2, 2], &[0.0; 4]))], with(TableTask::Classification), None),
        "a.npz: array `y`: expected the shape [rows], a class for each row, found [2, 2]; of one-hot rows take `y.argmax(1)`"
    );
    assert_eq!(
        message(&[("x", x), ("y", y)], TableOptions { targets: vec!["price".to_owned()], ..TableOptions::default() }, None),
        "a.npz: expected an array `price`, found `x` [2, 3], `y` [2]"
    );
}

//! Tests of the comparison itself: it must fail on wrong results, and every fixture must be used.

use std::collections::BTreeMap;

use layercake_tests::{Case, Fixture, Numbers, Report, check, folder};

mod small {
    layercake_tests::__private::network! {
        pub Net: [3, 8, 7] -> [5, 4, 3] {
            conv: Conv2d(5, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d, ReLU, MaxPool2d(2),
        }
    }
    layercake_tests::subject!(Net);
    layercake_tests::entry!(conv_bn_relu_pool, Net);
}

fn rejected(case: &Case) -> Vec<String> {
    let mut report = Report::new("perturbed");
    check(&small::ENTRY, case, &mut report);
    report.rejected().to_vec()
}

/// Moves one element by a ten-thousandth of the largest.
fn perturb(tensor: &mut Numbers) {
    let by = 1e-4 * tensor.magnitude();
    let middle = tensor.values.len() / 2;
    tensor.values[middle] += by;
}

#[test]
fn one_wrong_number_is_noticed() {
    let case = Fixture::open("combined").case("conv_bn_relu_pool");
    assert!(rejected(&case).is_empty(), "{:?}", rejected(&case));
    let train = case.train.clone().expect("training is not random");
    let names = |part: &BTreeMap<String, Numbers>| part.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&train).len(), 7, "output, input, three parameters, two statistics: {:?}", names(&train));
    for name in names(&train) {
        let mut wrong = case.clone();
        perturb(wrong.train.as_mut().expect("as above").get_mut(&name).expect("a name of the same"));
        let rejected = rejected(&wrong);
        // Both paths, in `forward_mut` and, but for the input's gradient, in `forward_train`.
        assert_eq!(rejected.len(), if name == "input_grad" { 2 } else { 4 }, "{name}: {rejected:?}");
        assert!(rejected.iter().all(|text| text.contains(&name)), "{rejected:?}");
    }
    for name in names(&case.eval) {
        let mut wrong = case.clone();
        perturb(wrong.eval.get_mut(&name).expect("a name of the same"));
        // Both paths, in `forward_eval` and, for the output, in `forward`.
        assert_eq!(rejected(&wrong).len(), if name == "output" { 4 } else { 2 }, "{name}");
    }
}

#[test]
fn a_wrong_parameter_is_noticed() {
    let case = Fixture::open("combined").case("conv_bn_relu_pool");
    for name in case.given.keys() {
        let mut wrong = case.clone();
        let tensor = wrong.given.get_mut(name).expect("a name of the same");
        tensor.values.iter_mut().for_each(|value| *value *= 1.001);
        assert!(!rejected(&wrong).is_empty(), "{name}");
    }
}

#[test]
#[should_panic(expected = "PyTorch's network has no `bn.running_mean`")]
fn a_missing_parameter_is_noticed() {
    let mut case = Fixture::open("combined").case("conv_bn_relu_pool");
    case.given.remove("bn.running_mean");
    rejected(&case);
}

#[test]
#[should_panic(expected = "the network has no [\"conv.bias\"]")]
fn an_additional_parameter_is_noticed() {
    let mut case = Fixture::open("combined").case("conv_bn_relu_pool");
    case.given.insert("conv.bias".to_owned(), Numbers { dims: vec![5], values: vec![0.0; 5] });
    rejected(&case);
}

/// Each table names its fixture, and `check_kind` compares their cases; this finds files that no table names.
#[test]
fn every_fixture_has_a_table() {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    let mut sources = String::new();
    for entry in tests.read_dir().expect("the folder of this file") {
        let path = entry.expect("readable").path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            sources += &std::fs::read_to_string(&path).expect("readable");
        }
    }
    let mut fixtures = 0;
    for entry in folder().read_dir().expect("the fixtures") {
        let path = entry.expect("readable").path();
        let kind = path.file_stem().expect("a name").to_str().expect("an ASCII name").to_owned();
        let count: usize = ["parity", "parity_of_ids"]
            .iter()
            .map(|table| sources.matches(&format!("layercake_tests::{table}! {{ {kind}:\n")).count())
            .sum();
        assert_eq!(count, 1, "{} must be used by one table", path.display());
        fixtures += 1;
    }
    assert_eq!(fixtures, 93);
}

//! The command of a network of one's own, with `--device cuda`.

use layercake::prelude::*;
use layercake_train::cli::Program;
use layercake_train::data::{Images, Split, digits};
use layercake_train::run::{Recipe, RunConfig, RunSummary};

network! {
    Small: [1, 8, 8] -> [10] { conv: Conv2d(4, kernel = 3), ReLU, Flatten, fc: Linear(10) }
}

/// A part of the digits.
fn some() -> Split {
    let Split { train, test } = digits();
    let some = |images: &Images, count: usize| images.subset(&(0..count).collect::<Vec<_>>());
    Split { train: some(&train, 200), test: some(&test, 60) }
}

#[test]
fn trains_and_evaluates_on_the_device() {
    let folder = tempfile::tempdir().unwrap();
    let out = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let run = |words: &[&str]| {
        let recipe = Recipe { epochs: 2, batch_size: 40, lr: 5e-3, ..Recipe::default() };
        Program::<Small>::new().data(some).recipe(recipe).try_run(["small"].iter().chain(words))
    };
    run(&["train", "--device", "cuda", "--out", &out("cuda")]).unwrap();
    run(&["train", "--device", "cpu", "--out", &out("cpu")]).unwrap();
    run(&["eval", "--checkpoint", &out("cuda"), "--device", "cuda", "--json"]).unwrap();

    assert_eq!(RunConfig::read(&folder.path().join("cuda/config.json")).unwrap().device, "cuda");
    let loss = |name: &str| {
        let summary = RunSummary::read(&folder.path().join(name).join("summary.json")).unwrap();
        summary.metrics.get("test_loss").unwrap()
    };
    let (one, other) = (loss("cuda"), loss("cpu"));
    assert!((one - other).abs() < 1e-4 * other, "{one} on the GPU, {other} on the CPU");
}

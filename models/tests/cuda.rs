//! The command with `--device cuda`; without the feature, `tests/command.rs` tests what it says.
#![cfg(feature = "cuda")]

mod support;

use support::Place;

/// The emulated device takes half a minute for these 46 steps, and minutes for the default recipe.
#[test]
fn lenet5_learns_the_digits() {
    let place = Place::new();
    let recipe = match std::env::var_os("LAYERCAKE_CUDA_ALL") {
        Some(_) => "",
        None => "--epochs 2 --batch-size 64 --lr 0.006",
    };
    place.works(&format!("train lenet5 --device cuda --seed 1 {recipe} --out r"));
    place.works(&format!("train lenet5 --device cpu --seed 1 {recipe} --out c"));
    let of = |run: &str, metric: &str| place.json(&format!("{run}/summary.json"))[metric].as_f64().unwrap();
    let [found, expected] = ["r", "c"].map(|run| of(run, "test_accuracy"));
    assert!((found - expected).abs() <= 0.006 && expected > 0.8, "an accuracy of {found} instead of {expected}");
    let [found, expected] = ["r", "c"].map(|run| of(run, "train_loss"));
    assert!((found - expected).abs() <= 1e-2 * expected, "a loss of {found} instead of {expected}");
    assert_eq!(place.json("r/config.json")["device"], "cuda");
}

//! The training loop: what decides its outcome, and what its observers hear.

use std::fs;

use layercake::prelude::*;
use layercake_train::data::{Images, Loader, Normalise, Split, digits};
use layercake_train::{Epoch, Observer, Progress, Recipe, Schedule, Tally, TrainError, evaluate, fit};

network! {
    /// Random while it trains.
    Net: [1, 8, 8] -> [10] { Flatten, hidden: Linear(24), Tanh, Dropout(0.2), scores: Linear(10) }
}

const RECIPE: Recipe = Recipe { epochs: 2, batch_size: 50, lr: 5e-3, schedule: Schedule::Cosine, weight_decay: 0.01, seed: 5 };

/// Trains on the digits, tests on `test` in batches of `test_batch`, and gives the parameters as a file's bytes.
fn train(test: &Images, test_batch: usize, recipe: &Recipe, observers: &mut [&mut dyn Observer<Net, Cpu>]) -> Result<Vec<u8>, TrainError> {
    let images = digits().train;
    let normalise = Normalise::measure(&images);
    let device = Cpu::seed_from_u64(recipe.seed);
    let mut net = Net::new(&device);
    let (train, test) = (Loader::new(&images, &normalise, recipe.batch_size), Loader::new(test, &normalise, test_batch));
    fit(&mut net, &device, &train, &test, recipe, observers)?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.safetensors");
    io::save_safetensors(&net, &path)?;
    Ok(fs::read(path).unwrap())
}

#[test]
fn testing_changes_nothing() {
    let Split { train: more, test } = digits();
    let plain = train(&test, 360, &RECIPE, &mut []).unwrap();
    assert!(plain == train(&test, 7, &RECIPE, &mut []).unwrap(), "other batches");
    assert!(plain == train(&more, 100, &RECIPE, &mut []).unwrap(), "another test set");
    assert!(plain != train(&test, 360, &Recipe { seed: 6, ..RECIPE }, &mut []).unwrap(), "another seed");
}

/// Nothing in a recipe is passed over.
#[test]
fn all_of_a_recipe_counts() {
    let test = digits().test;
    let plain = train(&test, 360, &RECIPE, &mut []).unwrap();
    let others = [
        Recipe { epochs: 3, ..RECIPE },
        Recipe { batch_size: 49, ..RECIPE },
        Recipe { lr: 4e-3, ..RECIPE },
        Recipe { schedule: Schedule::Constant, ..RECIPE },
        Recipe { weight_decay: 0.0, ..RECIPE },
    ];
    for other in others {
        assert!(plain != train(&test, 360, &other, &mut []).unwrap(), "{other:?}");
    }
}

/// Writes down what it hears, and ends the training after an epoch if told to.
#[derive(Default)]
struct Listener {
    heard: Vec<String>,
    stop_after: Option<usize>,
}

impl Observer<Net, Cpu> for Listener {
    fn on_step(&mut self, progress: &Progress<'_>) {
        let Progress { epoch, step, train, .. } = progress;
        if [1, 29].contains(step) {
            self.heard.push(format!("epoch {epoch} step {step} images {}", train.total()));
        }
    }

    fn on_epoch(&mut self, epoch: &Epoch, _: &Net, tested: &Tally) -> Result<(), TrainError> {
        self.heard.push(format!("epoch {} done, {} tested", epoch.epoch, tested.total()));
        assert_eq!((epoch.test_loss, epoch.test_accuracy), (tested.loss(), tested.accuracy()));
        match self.stop_after {
            Some(last) if last == epoch.epoch => Err(TrainError::Device("enough".into())),
            _ => Ok(()),
        }
    }
}

#[test]
fn observers_hear_all_and_can_stop_it() {
    let test = digits().test;
    let mut listener = Listener::default();
    train(&test, 360, &RECIPE, &mut [&mut listener]).unwrap();
    let epoch =
        |n| [format!("epoch {n} step 1 images 50"), format!("epoch {n} step 29 images 1437"), format!("epoch {n} done, 360 tested")];
    assert_eq!(listener.heard, [epoch(1), epoch(2)].concat());

    let mut listener = Listener { stop_after: Some(1), ..Default::default() };
    let error = train(&test, 360, &RECIPE, &mut [&mut listener]).unwrap_err();
    assert_eq!((error.to_string().as_str(), listener.heard.len()), ("the device failed: enough", 3));
}

#[test]
fn diverging_ends_it() {
    let error = train(&digits().test, 360, &Recipe { lr: 1e38, ..RECIPE }, &mut []).unwrap_err();
    assert!(matches!(error, TrainError::Diverged { epoch: 1, .. }), "{error}");
}

#[test]
fn images_that_do_not_fit_are_refused() {
    let Split { train, test } = digits();
    let wide = test.map([1, 4, 16], <[u8]>::to_vec);
    let normalise = Normalise::measure(&train);
    let device = Cpu::default();
    let mut net = Net::new(&device);
    let (train, wide) = (Loader::new(&train, &normalise, 50), Loader::new(&wide, &normalise, 50));
    let says = "expected images of 1x8x8 (channels x height x width), found 1x4x16";
    let error = fit(&mut net, &device, &train, &wide, &RECIPE, &mut []).unwrap_err();
    assert_eq!(error.to_string(), format!("the test images: {says}"));
    assert_eq!(evaluate(&net, &device, &wide).unwrap_err().to_string(), format!("the images: {says}"));
}

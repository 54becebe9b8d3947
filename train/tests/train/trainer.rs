//! The training loop and its callbacks.

use layercake::average::Averaging;
use layercake::prelude::*;
use layercake::schedule::{Constant, ReduceOnPlateau};
use layercake_train::data::{Images, Loader, Normalize, Split, digits};
use layercake_train::run::Recipe;
use layercake_train::{Callback, Classification, EarlyStopping, Epoch, LrSchedule, Progress, TrainError, Trainer, Until, evaluate};

network! {
    /// Random during training.
    Net: [1, 8, 8] -> [10] { Flatten, hidden: Linear(24), Tanh, Dropout(0.2), scores: Linear(10) }

    /// Deterministic.
    Plain: [1, 8, 8] -> [10] { Flatten, hidden: Linear(24), Tanh, scores: Linear(10) }
}

fn recipe() -> Recipe {
    Recipe { epochs: 2, batch_size: 50, lr: 5e-3, weight_decay: 0.01, seed: 5, ..Default::default() }
}

fn loaders(test: Images, test_batch: usize, recipe: &Recipe) -> [Loader<Images>; 2] {
    let images = digits().train;
    let normalize = Normalize::measure(&images);
    let train = Loader::new(images, recipe.batch_size).shuffle(recipe.seed).transform(normalize.clone());
    [train, Loader::new(test, test_batch).transform(normalize)]
}

type Wish<'w, M> = dyn Fn(Trainer<'w, M>) -> Trainer<'w, M> + 'w;

/// Trains on the digits, evaluates on `test` in batches of `test_batch`, and returns parameters and metrics.
macro_rules! train {
    ($net:ident, $test:expr, $test_batch:expr, $recipe:expr, $wish:expr) => {{
        let recipe: Recipe = $recipe;
        let [train, test] = loaders($test, $test_batch, &recipe);
        let device = Cpu::seed_from_u64(recipe.seed);
        let mut net = $net::new(&device);
        let mut task = Classification::new("digits", test, train.data().classes()).unwrap();
        let mut optimizer = recipe.adam(&net);
        let wish: &Wish<'_, $net> = &$wish;
        let outcome = wish(recipe.trainer(train.batch_count())).fit(&mut net, &device, &mut optimizer, &mut task, &train);
        outcome.map(|history| (bits(&net), history))
    }};
}

fn bits<M: Model<f32, Cpu>>(net: &M) -> Vec<u32> {
    net.named_tensors().iter().flat_map(|tensor| tensor.to_vec()).map(f32::to_bits).collect()
}

fn train(test: Images, test_batch: usize, recipe: Recipe) -> Vec<u32> {
    train!(Net, test, test_batch, recipe, |trainer| trainer).unwrap().0
}

#[test]
fn evaluation_changes_nothing() {
    let Split { train: more, test } = digits();
    let plain = train(test.clone(), 360, recipe());
    assert!(plain == train(test.clone(), 7, recipe()), "other batches");
    assert!(plain == train(more, 100, recipe()), "another test set");
    assert!(plain != train(test, 360, Recipe { seed: 6, ..recipe() }), "another seed");
}

/// All settings of a recipe have an effect.
#[test]
fn all_settings_of_a_recipe_have_an_effect() {
    let test = digits().test;
    let plain = train(test.clone(), 360, recipe());
    let others = [
        Recipe { epochs: 3, ..recipe() },
        Recipe { batch_size: 49, ..recipe() },
        Recipe { lr: 4e-3, ..recipe() },
        Recipe { schedule: LrSchedule::Constant, ..recipe() },
        Recipe { weight_decay: 0.0, ..recipe() },
        Recipe { clip: Some(0.01), ..recipe() },
        Recipe { average: Some(0.9), ..recipe() },
        Recipe { accumulate: 2, ..recipe() },
    ];
    for other in others {
        assert!(plain != train(test.clone(), 360, other), "{other:?}");
    }
    assert!(plain == train(test, 360, Recipe { workers: 3, ..recipe() }), "workers change nothing");
}

/// Records its calls, and optionally ends the run after an epoch.
#[derive(Default)]
struct Listener {
    heard: Vec<String>,
    stop_after: Option<usize>,
}

impl<M> Callback<M, Cpu> for Listener {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        let Progress { epoch, batch, step, train, .. } = progress;
        if [1, 29].contains(batch) {
            self.heard.push(format!("epoch {epoch} batch {batch} step {step} images {}", train.items()));
        }
        Ok(())
    }

    fn on_epoch(&mut self, epoch: &Epoch, _: &M) -> Result<(), TrainError> {
        self.heard.push(format!("epoch {} done after step {}", epoch.epoch, epoch.step));
        assert!(epoch.test.get("accuracy").is_some() && epoch.train.get("loss").is_some());
        match self.stop_after {
            Some(last) if last == epoch.epoch => Err(TrainError::Device(layercake::DeviceError::Other("enough".into()))),
            _ => Ok(()),
        }
    }
}

fn heard(recipe: Recipe, stop_after: Option<usize>) -> (Vec<String>, Result<Vec<Epoch>, TrainError>) {
    let mut listener = Listener { stop_after, ..Default::default() };
    let [train, test] = loaders(digits().test, 360, &recipe);
    let device = Cpu::seed_from_u64(1);
    let mut net = Net::new(&device);
    let mut task = Classification::new("digits", test, &[]).unwrap();
    let mut optimizer = recipe.adam(&net);
    let outcome = recipe.trainer(train.batch_count()).callback(&mut listener).fit(&mut net, &device, &mut optimizer, &mut task, &train);
    (listener.heard, outcome)
}

#[test]
fn callbacks_are_called_and_can_end_the_run() {
    let (all, outcome) = heard(recipe(), None);
    let epoch = |n: usize| {
        let (first, last) = (29 * (n - 1) + 1, 29 * n);
        [
            format!("epoch {n} batch 1 step {first} images 50"),
            format!("epoch {n} batch 29 step {last} images 1437"),
            format!("epoch {n} done after step {last}"),
        ]
    };
    assert_eq!(all, [epoch(1), epoch(2)].concat());
    assert_eq!(outcome.unwrap().len(), 2);

    let (all, outcome) = heard(recipe(), Some(1));
    assert_eq!((outcome.unwrap_err().to_string().as_str(), all.len()), ("the device failed: enough", 3));

    // Three batches per step: 9 steps of three and one of two.
    let (all, outcome) = heard(Recipe { accumulate: 3, ..recipe() }, None);
    assert_eq!(
        all,
        [
            "epoch 1 batch 29 step 10 images 1437",
            "epoch 1 done after step 10",
            "epoch 2 batch 29 step 20 images 1437",
            "epoch 2 done after step 20"
        ]
    );
    assert_eq!(outcome.unwrap()[1].step, 20);
}

/// Three accumulated batches of 20 equal one batch of 60, up to rounding.
#[test]
fn accumulated_batches_equal_a_large_one() {
    let recipe = Recipe { epochs: 1, batch_size: 60, schedule: LrSchedule::Constant, ..recipe() };
    let steps = |recipe: Recipe| {
        train!(Plain, digits().test, 360, recipe, |_| Trainer::new(Until::Steps(5)).accumulate(recipe.accumulate)).unwrap().0
    };
    let (large, small) = (steps(recipe), steps(Recipe { batch_size: 20, accumulate: 3, ..recipe }));
    let far = large.iter().zip(&small).map(|(&a, &b)| (f32::from_bits(a) - f32::from_bits(b)).abs()).fold(0.0, f32::max);
    assert!(far < 2e-4, "{far}");
    let alone = steps(Recipe { batch_size: 20, ..recipe });
    let far = large.iter().zip(&alone).map(|(&a, &b)| (f32::from_bits(a) - f32::from_bits(b)).abs()).fold(0.0, f32::max);
    assert!(far > 2e-3, "a third of it is not the same: {far}");
}

/// A step of plain gradient descent moves the parameters by the learning rate times the norm; a sum over two batches is a mean of both.
#[test]
fn norms_of_gradients() {
    let test = digits().test;
    let device = Cpu::seed_from_u64(5);
    for (batch_size, accumulate) in [(1437, 1), (719, 2)] {
        let recipe = Recipe { epochs: 1, batch_size, accumulate, lr: 1e-3, schedule: LrSchedule::Constant, seed: 5, ..Default::default() };
        let [train, test] = loaders(test.clone(), 360, &recipe);
        let mut net = Plain::new(&device);
        let before = numbers(&net);
        let mut optimizer = recipe.sgd(&net, 0.0);
        let mut task = Classification::new("digits", test, train.data().classes()).unwrap();
        let history = recipe.trainer(train.batch_count()).fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap();
        let moved = numbers(&net).iter().zip(&before).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        let norm = history[0].gradient_norm.unwrap();
        assert!((norm * recipe.lr / moved - 1.0).abs() < 1e-3, "{norm}, {moved}");
    }
    // Clipping comes after the measurement.
    let run = |clip| train!(Plain, digits().test, 360, Recipe { batch_size: 20, clip, ..recipe() }, |trainer| trainer).unwrap().1;
    let (free, clipped) = (run(None), run(Some(1e-3)));
    assert!(clipped[0].gradient_norm.unwrap() > 0.1, "{clipped:?}");
    assert!(free.iter().all(|epoch| epoch.gradient_norm.is_some_and(|norm| norm > 0.01)), "{free:?}");
}

fn numbers<M: Model<f32, Cpu>>(net: &M) -> Vec<f64> {
    net.named_tensors().iter().flat_map(|tensor| tensor.to_vec()).map(f64::from).collect()
}

#[test]
fn steps_and_their_learning_rates() {
    let (_, history) = train!(Net, digits().test, 360, recipe(), |_| Trainer::new(Until::Steps(40)).schedule(Constant)).unwrap();
    assert_eq!(history.iter().map(|epoch| epoch.step).collect::<Vec<_>>(), [29, 40]);
    assert_eq!(history[1].lr, 5e-3);
    // Never an improvement by this much: lower after the second and third epoch.
    let plateau = ReduceOnPlateau { patience: 0, threshold: layercake::schedule::Change::Absolute(100.0), ..ReduceOnPlateau::new(0.0) };
    let (_, history) =
        train!(Net, digits().test, 360, recipe(), move |_| Trainer::new(Until::Epochs(4)).plateau("test_loss", plateau)).unwrap();
    let lrs: Vec<f64> = history.iter().map(|epoch| (epoch.lr * 1e6).round()).collect();
    assert_eq!(lrs, [5000.0, 5000.0, 500.0, 50.0]);
}

#[test]
fn early_stopping_ends_it() {
    let stopping = EarlyStopping { min_delta: 100.0, ..EarlyStopping::new(1) };
    let (_, history) =
        train!(Net, digits().test, 360, recipe(), move |_| Trainer::new(Until::Epochs(9)).early_stopping(stopping.clone())).unwrap();
    assert_eq!(history.len(), 3);
}

/// Evaluation uses the average; with a decay of 0 that is the parameters themselves.
#[test]
fn averaged_parameters() {
    let averaged = |decay| train!(Net, digits().test, 360, recipe(), move |trainer| trainer.average(Averaging::Ema { decay })).unwrap();
    let plain = train!(Net, digits().test, 360, recipe(), |trainer| trainer).unwrap();
    let (same, other) = (averaged(0.0), averaged(0.95));
    assert!(same.0 == plain.0 && same.1[1].test == plain.1[1].test);
    assert!(other.0 != plain.0 && other.1[1].test != plain.1[1].test);
    assert_eq!(other.1[1].train, plain.1[1].train, "training uses the parameters");
}

#[test]
fn diverging_ends_it() {
    let error = train!(Net, digits().test, 360, Recipe { lr: 1e38, ..recipe() }, |trainer| trainer).unwrap_err();
    let TrainError::Diverged { epoch: 1, cause: Some(cause), .. } = &error else { panic!("{error}") };
    assert!(cause.path.starts_with("hidden.") || cause.path.starts_with("scores."), "{cause}");
    assert!(error.to_string().contains(&format!(", where `{}` holds ", cause.path)), "{error}");
}

#[test]
fn images_that_do_not_fit_are_refused() {
    let Split { train, test } = digits();
    let wide = test.map([1, 4, 16], <[u8]>::to_vec);
    let says = "the images: expected images of 1x8x8 (channels x height x width), found 1x4x16";
    let device = Cpu::default();
    let error = evaluate(&Net::new(&device), &device, &Loader::new(wide.clone(), 50)).unwrap_err();
    assert_eq!(error.to_string(), says);
    assert_eq!(train!(Net, wide, 50, recipe(), |trainer| trainer).unwrap_err().to_string(), says);
    let names: Vec<String> = (0..11).map(|i| i.to_string()).collect();
    let error = Classification::<Images, 1, 8, 8, 10>::new("digits", Loader::new(train, 9), &names).unwrap_err();
    assert_eq!(error.to_string(), "digits: 11 classes, but the network has 10 outputs");
}

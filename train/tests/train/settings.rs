//! Invalid data and settings are errors with clear messages, not panics.

use layercake::average::Averaging;
use layercake::loss::CrossEntropy;
use layercake::optim::{Sgd, SgdConfig};
use layercake::prelude::*;
use layercake::schedule::{Better, ReduceOnPlateau};
use layercake_train::data::{
    Batch, Collate, DataError, Dataset, HasImage, Image, ImageMut, Images, Labeled, Loader, Sampler, SubsetSampler, digits,
};
use layercake_train::run::{Recipe, RunConfig, RunFolder};
use layercake_train::{
    Checkpoints, Classification, Criterion, EarlyStopping, Epoch, Metrics, Pass, Step, Task, TrainError, Trainer, Until, evaluate, task_fn,
};

network! {
    Net: [1, 8, 8] -> [10] { Flatten, fc: Linear(10) }

    /// Batch normalization of single values, also in a nested network.
    Normed: [1, 8, 8] -> [10] { Flatten, fc1: Linear(6), norm: BatchNorm1d, ReLU, fc2: Linear(10) }
    Nested: [1, 8, 8] -> [10] { inner: Normed }
}

/// Images of any size with any labels.
#[derive(Clone)]
struct Any {
    items: usize,
    shape: [usize; 3],
    label: usize,
}

struct Item(Labeled);

impl Dataset for Any {
    type Item = Item;

    fn len(&self) -> usize {
        self.items
    }

    fn get(&self, _: usize) -> Result<Item, DataError> {
        let pixels = vec![0.5; self.shape.iter().product()];
        Ok(Item(Labeled { image: Image { shape: self.shape, pixels }, label: self.label }))
    }
}

impl Collate for Item {
    type Batch = Batch;

    fn collate(items: Vec<Self>) -> Result<Batch, DataError> {
        Labeled::collate(items.into_iter().map(|item| item.0).collect())
    }
}

impl HasImage for Item {
    fn image_mut(&mut self) -> ImageMut<'_> {
        self.0.image_mut()
    }
}

const GOOD: Any = Any { items: 5, shape: [1, 8, 8], label: 3 };

/// Trains on one data set and tests on another.
macro_rules! fit {
    ($net:ident, $train:expr, $test:expr, $task:expr, $trainer:expr) => {{
        let device = Cpu::seed_from_u64(1);
        let mut net = $net::new(&device);
        let mut optimizer = Sgd::new(&net, SgdConfig { lr: 0.1, ..Default::default() });
        let mut task = Classification::new("a set", $test, &[]).unwrap();
        $task(&mut task);
        let mut trainer: Trainer<'_, $net> = $trainer;
        trainer.fit(&mut net, &device, &mut optimizer, &mut task, &$train).map_err(|error| error.to_string())
    }};
    ($train:expr, $test:expr) => {
        fit!(Net, $train, $test, |_: &mut _| (), Trainer::new(Until::Epochs(1)))
    };
    ($trainer:expr) => {
        fit!(Net, Loader::new(GOOD, 2), Loader::new(GOOD, 2), |_: &mut _| (), $trainer)
    };
}

fn two_epochs<'a, M>() -> Trainer<'a, M> {
    Trainer::new(Until::Epochs(2))
}

/// An error in PyTorch too: "Expected more than 1 value per channel when training".
#[test]
fn a_last_batch_of_one_and_a_normalization() {
    let says = |layer: &str| {
        format!(
            "`{layer}` cannot estimate a variance from a single value per channel; use a batch size that does not leave a batch of one item, or `drop_last`"
        )
    };
    let good = || Loader::new(GOOD, 5);
    assert_eq!(fit!(Normed, Loader::new(GOOD, 2), good(), |_: &mut _| (), two_epochs()).unwrap_err(), says("norm"));
    assert_eq!(fit!(Nested, Loader::new(GOOD, 2), good(), |_: &mut _| (), two_epochs()).unwrap_err(), says("inner.norm"));
    // It is valid if it is dropped, or in evaluation.
    fit!(Normed, Loader::new(GOOD, 2).drop_last(), Loader::new(GOOD, 2), |_: &mut _| (), two_epochs()).unwrap();

    // In a custom task, the panic is returned as an error.
    let device = Cpu::seed_from_u64(1);
    let mut net = Normed::new(&device);
    let mut optimizer = Sgd::new(&net, SgdConfig::default());
    let mut task = task_fn(|net: &mut Normed, batch: Batch, pass: Pass| {
        let scores = net.forward_train(batch.images.into_tensor(&pass.device)?, pass.gradients);
        Ok::<_, TrainError>(Step::new(loss::cross_entropy(scores, &batch.labels), batch.labels.len()))
    });
    let error = two_epochs().fit(&mut net, &device, &mut optimizer, &mut task, &Loader::new(GOOD, 2)).unwrap_err();
    let TrainError::Panicked { place, reason } = &error else { panic!("{error}") };
    assert!(place == "batch 3 of epoch 1" && reason.contains("`norm`"), "{error}");
}

#[test]
fn data_that_do_not_fit() {
    let good = || Loader::new(GOOD, 2);
    let label = "a batch: label 10 at position 0 (counted from 0) is out of range; there are 10 classes, 0..=9";
    let wrong = Loader::new(Any { label: 10, ..GOOD }, 2);
    assert_eq!(fit!(wrong.clone(), good()).unwrap_err(), label);
    assert_eq!(fit!(good(), wrong.clone()).unwrap_err(), label);
    let device = Cpu::default();
    assert_eq!(evaluate(&Net::new(&device), &device, &wrong).unwrap_err().to_string(), label);
    let size = "the images: expected images of 1x8x8 (channels x height x width), found 3x8x8";
    assert_eq!(fit!(Loader::new(Any { shape: [3, 8, 8], ..GOOD }, 2), good()).unwrap_err(), size);
}

/// An empty test set is an error before training, not a diverged run.
#[test]
fn a_test_loader_without_a_batch() {
    let none = |items, size| format!("test data: no batch: {items} items in batches of {size}, or a sampler that selects none");
    let good = || Loader::new(GOOD, 2);
    let empty = Loader::new(Any { items: 0, ..GOOD }, 4);
    assert_eq!(fit!(good(), empty.clone()).unwrap_err(), none(0, 4));
    assert_eq!(fit!(good(), Loader::new(GOOD, 9).drop_last()).unwrap_err(), none(5, 9));
    assert_eq!(fit!(good(), good().sampler(SubsetSampler { indices: Vec::new(), shuffle: None })).unwrap_err(), none(5, 2));
    let device = Cpu::default();
    assert_eq!(evaluate(&Net::new(&device), &device, &empty).unwrap_err().to_string(), none(0, 4));
    assert_eq!(fit!(empty, good()).unwrap_err(), "the training data have no batch");
}

#[test]
fn criteria_that_do_not_fit() {
    let says = |criterion: CrossEntropy| {
        let set = |task: &mut Classification<Any, 1, 8, 8, 10>| task.criterion = Criterion::CrossEntropy(criterion.clone());
        fit!(Net, Loader::new(GOOD, 2), Loader::new(GOOD, 2), set, two_epochs()).unwrap_err()
    };
    let plain = CrossEntropy::default;
    assert_eq!(says(CrossEntropy { weight: vec![1.0; 9], ..plain() }), "the criterion: expected 10 class weights, found 9");
    assert_eq!(
        says(CrossEntropy { weight: vec![-1.0; 10], ..plain() }),
        "the criterion: the class weight -1 is invalid; expected a finite number of at least 0"
    );
    assert_eq!(
        says(CrossEntropy { label_smoothing: 1.5, ..plain() }),
        "the criterion: `label_smoothing` is 1.5; expected a number in 0..=1"
    );
}

/// Schedules that panic or return invalid learning rates.
#[test]
fn schedules_that_fail() {
    struct Of(fn(usize) -> f64);
    impl layercake::schedule::Schedule for Of {
        fn lr(&self, _: f64, step: usize) -> f64 {
            (self.0)(step)
        }
    }
    let nan = Of(|step| if step < 2 { 0.1 } else { f64::NAN });
    assert_eq!(fit!(two_epochs().schedule(nan)).unwrap_err(), "the schedule returned the learning rate NaN for step 2 (counted from 0)");
    assert_eq!(fit!(two_epochs().schedule(Of(|_| panic!("no table")))).unwrap_err(), "the schedule panicked: no table");
    let step = layercake::schedule::Step { step_size: 0, gamma: 0.1 };
    assert!(fit!(two_epochs().schedule(step)).unwrap_err().starts_with("the schedule panicked: ") || step.step_size > 0);
}

#[test]
fn samplers_that_fail() {
    struct Lies;
    impl Sampler for Lies {
        fn order(&self, _: usize, _: usize) -> Vec<usize> {
            vec![0, 1, 2]
        }

        fn count(&self, _: usize) -> usize {
            8
        }
    }
    struct Panics;
    impl Sampler for Panics {
        fn order(&self, _: usize, _: usize) -> Vec<usize> {
            panic!("no order")
        }
    }
    let good = || Loader::new(GOOD, 2);
    assert_eq!(fit!(good().sampler(Lies), good()).unwrap_err(), "the sampler announced items for 4 batches, but returned only 2");
    assert_eq!(fit!(good().sampler(Panics), good()).unwrap_err(), "computing the order of epoch 1 panicked: no order");
    assert_eq!(fit!(good(), good().sampler(Panics)).unwrap_err(), "the test after epoch 1 panicked: no order");
    let weighted = layercake_train::data::WeightedSampler::new(&[1.0; 9], 9, 1).unwrap();
    assert!(fit!(good().sampler(weighted), good()).unwrap_err().starts_with("computing the order of epoch 1 panicked: "));
}

#[test]
fn invalid_numbers() {
    assert_eq!(fit!(two_epochs().accumulate(0)).unwrap_err(), "`accumulate` is 0; expected at least 1 batch per step");
    let place = tempfile::tempdir().unwrap();
    let never = Checkpoints::new(place.path()).every(0);
    assert_eq!(
        fit!(two_epochs().checkpoints(never)).unwrap_err(),
        "`Checkpoints::every` is 0; expected at least 1 step between checkpoints"
    );
    let zeros = Recipe { accumulate: 0, ..Default::default() };
    assert_eq!(fit!(zeros.trainer(3)).unwrap_err(), "`accumulate` is 0; expected at least 1 batch per step");
    for decay in [1.0, -0.1, f64::NAN] {
        let message = fit!(two_epochs().average(Averaging::Ema { decay })).unwrap_err();
        assert_eq!(message, format!("`decay` of the parameter average is {decay}; expected a number in 0..1"));
    }
    for factor in [1.0, f64::NAN] {
        let plateau = ReduceOnPlateau { factor, ..ReduceOnPlateau::new(0.0) };
        let message = fit!(two_epochs().plateau("loss", plateau)).unwrap_err();
        assert_eq!(message, format!("`factor` of the plateau is {factor}; expected a number in 0..1"));
    }
    assert_eq!(fit!(Trainer::new(Until::Epochs(0))).unwrap(), []);
    assert_eq!(fit!(Trainer::new(Until::Steps(0))).unwrap(), []);
    let device = Cpu::seed_from_u64(1);
    let mut net = Net::new(&device);
    let mut optimizer = Sgd::new(&net, SgdConfig::default());
    let mut task = task_fn(|net: &mut Net, batch: Batch, pass: Pass| {
        let scores = net.forward_train(batch.images.into_tensor(&pass.device)?, pass.gradients);
        Ok::<_, TrainError>(Step::new(loss::cross_entropy(scores, &batch.labels), 1).with_weight(-1.0))
    });
    let error = two_epochs().fit(&mut net, &device, &mut optimizer, &mut task, &Loader::new(GOOD, 2)).unwrap_err();
    assert_eq!(error.to_string(), "batch 1 of epoch 1: the weight of its loss is -1; expected a finite number of at least 0");
}

/// Settings without effect, or with unknown metrics.
#[test]
fn unknown_metrics() {
    let known = "train_loss, train_accuracy, test_loss, test_accuracy";
    let plateau = || ReduceOnPlateau::new(0.0);
    let says = |metric: &str, purpose: &str| format!("unknown metric `{metric}` {purpose}; known: {known}");
    assert_eq!(fit!(two_epochs().plateau("test_los", plateau())).unwrap_err(), says("test_los", "to lower the learning rate"));
    assert_eq!(fit!(two_epochs().plateau("", plateau())).unwrap_err(), says("", "to lower the learning rate"));
    let stopping = EarlyStopping::on("validation_loss", Better::Lower, 1);
    assert_eq!(fit!(two_epochs().early_stopping(stopping)).unwrap_err(), says("validation_loss", "to stop early"));
    for metric in ["loss", "validation_loss"] {
        let message = fit!(two_epochs().restore_best(metric, Better::Lower)).unwrap_err();
        assert_eq!(message, says("validation_loss", "to select the best weights"));
    }
    let message = fit!(two_epochs().restore_best("test_loss", Better::Lower)).unwrap_err();
    assert!(
        message.starts_with("the best weights cannot be selected by `test_loss`: ") && message.contains("hold out a validation set"),
        "{message}"
    );
    assert_eq!(fit!(two_epochs().resume(true)).unwrap_err(), "`resume` needs `checkpoints`");
    // Without prefix and validation data, it is the test metric.
    fit!(two_epochs().plateau("accuracy", plateau()).early_stopping(EarlyStopping::new(1))).unwrap();
}

/// Evaluations and drawings that panic.
#[test]
fn tasks_that_panic() {
    struct Panics(&'static str);
    impl Task<Net> for Panics {
        type Batch = Batch;

        fn loss(&mut self, net: &mut Net, batch: Batch, pass: Pass) -> Result<Step, TrainError> {
            let scores = net.forward_train(batch.images.into_tensor(&pass.device)?, pass.gradients);
            Ok(Step::new(loss::cross_entropy(scores, &batch.labels), batch.labels.len()))
        }

        fn validate(&mut self, _: &Net, _: &Cpu) -> Result<Metrics, TrainError> {
            assert!(self.0 != "validate", "no validation");
            Ok(Metrics::new())
        }

        fn evaluate(&mut self, _: &Net, _: &Cpu) -> Result<Metrics, TrainError> {
            assert!(self.0 != "evaluate", "no measurement");
            Ok(Metrics::new())
        }

        fn draw(&mut self, _: &Net, _: &Cpu, folder: &std::path::Path, _: bool) -> Result<(), TrainError> {
            std::fs::write(folder.join("half.png"), "half").unwrap();
            panic!("no picture")
        }
    }
    let place = tempfile::tempdir().unwrap();
    for (what, says) in [
        ("validate", "the validation after epoch 1 panicked: no validation"),
        ("evaluate", "the test after epoch 1 panicked: no measurement"),
        ("draw", "the drawing after epoch 2 panicked: no picture"),
    ] {
        let device = Cpu::seed_from_u64(1);
        let mut net = Net::new(&device);
        let mut optimizer = Sgd::new(&net, SgdConfig::default());
        let mut trainer = Trainer::new(Until::Epochs(1)).pictures(place.path());
        let outcome = trainer.fit(&mut net, &device, &mut optimizer, &mut Panics(what), &Loader::new(GOOD, 2));
        assert_eq!(outcome.unwrap_err().to_string(), says);
        assert!(std::fs::read_dir(place.path()).unwrap().next().is_none(), "no partial pictures");
    }
}

/// A run without epochs, and invalid recipes.
#[test]
fn invalid_run_folders() {
    let place = tempfile::tempdir().unwrap();
    let config = |recipe| RunConfig {
        layercake: "0".to_owned(),
        model: "net".to_owned(),
        source: layercake_train::data::KnownDataset::Digits.into(),
        data_dir: None,
        device: "cpu".to_owned(),
        threads: 1,
        recipe,
        normalize: None,
        classes: Vec::new(),
        agent: None,
        transfer: None,
        command: Vec::new(),
        variant: None,
        own: None,
        text: None,
    };
    let run = RunFolder::create(&place.path().join("a"), config(Recipe::default())).unwrap();
    assert_eq!(run.finish(1).unwrap_err().to_string(), "a run without epochs has no summary");
    let error = RunFolder::create(&place.path().join("b"), config(Recipe { epochs: 0, ..Default::default() })).unwrap_err();
    assert_eq!(error.to_string(), "`epochs` is 0; expected 1 to 1000000");
    assert!(!place.path().join("b").exists());
    // Invalid numbers in the file.
    RunFolder::create(&place.path().join("c"), config(Recipe::default())).unwrap();
    let path = place.path().join("c/config.json");
    let good = std::fs::read_to_string(&path).unwrap();
    for (key, value) in
        [("batch_size", "0"), ("accumulate", "0"), ("epochs", "0"), ("epochs", "99999999999"), ("lr", "-1"), ("lr", "1e999")]
    {
        let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
        let line = lines.iter_mut().find(|line| line.contains(&format!("\"{key}\": "))).unwrap();
        *line = format!("    \"{key}\": {value},");
        std::fs::write(&path, lines.join("\n")).unwrap();
        let message = RunFolder::open(&place.path().join("c")).unwrap_err().to_string();
        assert!(message.contains("config.json: ") && (message.contains(key) || value == "1e999"), "{key} {value}: {message}");
    }
}

/// Huge metrics are drawn in bounded time.
#[test]
fn huge_metrics_do_not_hang() {
    let place = tempfile::tempdir().unwrap();
    let config = RunConfig {
        layercake: "0".to_owned(),
        model: "net".to_owned(),
        source: layercake_train::data::KnownDataset::Digits.into(),
        data_dir: None,
        device: "cpu".to_owned(),
        threads: 1,
        recipe: Recipe::default(),
        normalize: None,
        classes: Vec::new(),
        agent: None,
        transfer: None,
        command: Vec::new(),
        variant: None,
        own: None,
        text: None,
    };
    let mut run = RunFolder::create(place.path(), config).unwrap();
    for (number, value) in [-1e308, 1e308, f64::MAX, f64::MIN, f64::INFINITY, f64::NAN, 1e-320].into_iter().enumerate() {
        let metrics = Metrics::new().with("loss", value).with("accuracy", value).with("kl", -value);
        let (train, validation, test) = (metrics.clone(), metrics.clone(), metrics);
        let epoch = Epoch { epoch: number + 1, step: 1, lr: 0.1, train, validation, test, unit: "images".to_owned(), ..Epoch::default() };
        run.record(&epoch).unwrap();
    }
    let summary = run.finish(1).unwrap();
    assert_eq!((summary.epochs, summary.weights_of_epoch), (7, 7));
    let _: Images = digits().test;
}

//! A run that is interrupted and goes on ends with the very bits of one that was not.

use layercake::optim::{Sgd, SgdConfig};
use layercake::prelude::*;
use layercake::schedule::Schedule as _;
use layercake_train::data::transforms::{HorizontalFlip, RandomCrop};
use layercake_train::data::{Array, Batch, Images, Loader, Normalise, Split, digits};
use layercake_train::run::Recipe;
use layercake_train::{
    Callback, Checkpoints, Classification, EarlyStopping, Epoch, Pass, Progress, Step, Stop, Task, TrainError, Trainer, Until, load_latest,
};

network! {
    /// With everything that has a state: running statistics, masks.
    Net: [1, 8, 8] -> [10] {
        conv: Conv2d(4, kernel = 3, padding = 1), BatchNorm2d, ReLU, Dropout(0.3), Flatten, fc: Linear(10),
    }
}

fn recipe() -> Recipe {
    Recipe {
        epochs: 3,
        batch_size: 100,
        lr: 5e-3,
        weight_decay: 0.01,
        average: Some(0.9),
        accumulate: 2,
        clip: Some(1.0),
        workers: 1,
        seed: 7,
        ..Default::default()
    }
}

/// Wishes the end after so many steps in this process.
struct StopAfter {
    stop: Stop,
    steps: usize,
}

impl<M> Callback<M, Cpu> for StopAfter {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        if progress.step == self.steps {
            self.stop.wish();
        }
        Ok(())
    }
}

fn loaders() -> [Loader<Images>; 2] {
    let Split { train, test } = digits();
    let normalise = Normalise::measure(&train);
    let train = Loader::new(train, 100).shuffle(7).workers(1);
    let train = train.transform(RandomCrop::new([8, 8]).padding(1)).transform(HorizontalFlip::default()).transform(normalise.clone());
    [train, Loader::new(test, 360).transform(normalise)]
}

/// One process's part of the run. Its own first parameters, data and device are as in any other process.
fn part(checkpoints: &Checkpoints, stop_at: Option<usize>) -> Result<(Vec<u32>, Vec<Epoch>), TrainError> {
    let [train, test] = loaders();
    let recipe = recipe();
    let device = Cpu::seed_from_u64(recipe.seed);
    let mut net = Net::new(&device);
    let mut task = Classification::new("digits", test, train.data().classes())?;
    let mut optimizer = recipe.adam(&net);
    let stop = Stop::new();
    let mut watch = StopAfter { stop: stop.clone(), steps: stop_at.unwrap_or(usize::MAX) };
    let trainer =
        recipe.trainer(train.batches()).checkpoints(checkpoints.clone()).resume(true).stop(stop).early_stopping(EarlyStopping::new(5));
    let history = trainer.callback(&mut watch).fit(&mut net, &device, &mut optimizer, &mut task, &train)?;
    Ok((bits(&net), history))
}

fn bits<M: Model<f32, Cpu>>(net: &M) -> Vec<u32> {
    net.named_tensors().iter().flat_map(|tensor| tensor.to_vec()).map(f32::to_bits).collect()
}

/// The figures without the times, which are nobody's promise.
fn timeless(history: &[Epoch]) -> Vec<Epoch> {
    history.iter().map(|epoch| Epoch { items_per_second: 0.0, seconds: 0.0, ..epoch.clone() }).collect()
}

#[test]
fn the_very_same_bits() {
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| Checkpoints::new(place.path().join(name));
    let (whole, history) = part(&folder("whole"), None).unwrap();
    assert_eq!((history.len(), history[2].step), (3, 24), "15 batches of 100, two to a step");

    // Interrupted in the middle of an epoch, at its last step (8), and twice in a row.
    for stops in [vec![1], vec![5], vec![8], vec![11, 12, 20], vec![24]] {
        let checkpoints = folder(&format!("{stops:?}"));
        for &stop in &stops {
            let error = part(&checkpoints, Some(stop)).unwrap_err();
            let TrainError::Interrupted { step, kept, .. } = &error else { panic!("{error}") };
            assert_eq!((*step, kept.as_deref()), (stop, Some(checkpoints.folder())));
        }
        let (resumed, again) = part(&checkpoints, None).unwrap();
        assert!(resumed == whole, "interrupted after {stops:?}");
        assert_eq!(timeless(&again), timeless(&history), "interrupted after {stops:?}");
    }
    // A run that is done stays as it is.
    let (again, same) = part(&folder("whole"), None).unwrap();
    assert!(again == whole && same == history);
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(place.path());
    part(&checkpoints, Some(3)).unwrap_err();
    let device = Cpu::default();
    let mut net = Net::new(&device);
    let [train, test] = loaders();
    let mut task = Classification::new("digits", test, &[]).unwrap();
    let mut optimizer = recipe().adam(&net);
    let mut other = recipe().trainer(train.batches()).seed(8).checkpoints(checkpoints.clone()).resume(true);
    let message = other.fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap_err().to_string();
    assert!(
        message.contains("state.json: the run that was kept is another one: it had seed 7, 1437 items in 15 batches of 100, 2 to a step"),
        "{message}"
    );
}

/// The parameters are gone after some steps; what was kept before them is as good as ever.
#[test]
fn the_last_checkpoint_is_good() {
    let place = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(place.path()).every(1);
    let device = Cpu::seed_from_u64(1);
    let mut net = Net::new(&device);
    let [train, test] = loaders();
    let mut task = Classification::new("digits", test, &[]).unwrap();
    let mut optimizer = Sgd::new(&net, SgdConfig { lr: 1.0, ..Default::default() });
    // The fifth step takes everything out of the range of numbers.
    let schedule = layercake::schedule::Constant.then(4, layercake::schedule::Exponential { gamma: 1.0 }.times(Huge));
    let mut trainer = Trainer::new(Until::Epochs(2)).schedule(schedule).checkpoints(checkpoints.clone());
    let error = trainer.fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap_err();
    let TrainError::Diverged { epoch: 1, step: 5, cause: Some(cause), .. } = &error else { panic!("{error}") };
    assert!(error.to_string().contains(&format!("in step 5 of epoch 1, where `{}` holds ", cause.path)), "{error}");
    let mut kept = Net::new(&device);
    load_latest(&checkpoints, &mut kept).unwrap();
    assert!(layercake::gradient::first_non_finite(&kept).is_none());
    assert!(std::fs::read_to_string(checkpoints.latest().unwrap().unwrap().join("state.json")).unwrap().contains("\"step\":4,"));
}

struct Huge;

impl layercake::schedule::Schedule for Huge {
    fn lr(&self, _: f64, _: usize) -> f64 {
        f64::MAX
    }
}

network! {
    /// One step of a recurrent network that says which of four letters comes next.
    Cell: { letter: [4], hidden: [6] } -> { scores: [4], next: [6] } {
        from letter, Concat(hidden), mix: Linear(6), Tanh as state, out: Linear(4), output scores, from state, output next,
    }
}

/// Carries the hidden state from batch to batch: truncated backpropagation of one step.
struct Letters {
    hidden: Option<Vec<f32>>,
}

impl Task<Cell> for Letters {
    type Batch = Batch;

    fn loss(&mut self, cell: &mut Cell, batch: Batch, pass: Pass) -> Result<Step, TrainError> {
        let rows = batch.labels.len();
        if pass.batch == 0 {
            self.hidden = None;
        }
        let letters: Vec<f32> = batch.labels.iter().flat_map(|&label| (0..4).map(move |i| f32::from(u8::from(i == label % 4)))).collect();
        let letters: Tensor<(usize, Const<4>), f32, Cpu> = Array::new(vec![rows, 4], letters).on(&pass.device)?;
        let hidden = self.hidden.take().unwrap_or_else(|| vec![0.0; rows * 6]);
        let hidden: Tensor<(usize, Const<6>), f32, Cpu> = Array::new(vec![rows, 6], hidden).on(&pass.device)?;
        let (scores, next) = cell.forward_train(letters, hidden, pass.gradients);
        self.hidden = Some(next.as_vec());
        let targets: Vec<usize> = batch.labels.iter().map(|label| (label + 1) % 4).collect();
        Ok(Step::new(loss::cross_entropy(scores, &targets), rows))
    }

    fn carried(&self) -> Vec<(String, Array<f32>)> {
        let rows = self.hidden.as_ref().map(|hidden| ("hidden".to_owned(), Array::new(vec![hidden.len() / 6, 6], hidden.clone())));
        rows.into_iter().collect()
    }

    fn carry_on(&mut self, carried: Vec<(String, Array<f32>)>) -> Result<(), String> {
        self.hidden = carried.into_iter().next().map(|(_, array)| array.into_numbers());
        Ok(())
    }
}

#[test]
fn what_a_task_carries_goes_on_too() {
    let place = tempfile::tempdir().unwrap();
    let run = |name: &str, stops: &[usize]| {
        let checkpoints = Checkpoints::new(place.path().join(name));
        let part = |stop_at: Option<usize>| {
            let device = Cpu::seed_from_u64(3);
            let mut cell = Cell::new(&device);
            let mut optimizer = Sgd::new(&cell, SgdConfig { lr: 0.1, ..Default::default() });
            let loader = Loader::new(digits().test, 30).drop_last();
            let stop = Stop::new();
            let mut watch = StopAfter { stop: stop.clone(), steps: stop_at.unwrap_or(usize::MAX) };
            let trainer = Trainer::new(Until::Steps(20)).checkpoints(checkpoints.clone()).resume(true).stop(stop);
            let outcome = trainer.callback(&mut watch).fit(&mut cell, &device, &mut optimizer, &mut Letters { hidden: None }, &loader);
            outcome.map(|_| bits(&cell))
        };
        stops.iter().for_each(|&stop| assert!(part(Some(stop)).is_err()));
        part(None).unwrap()
    };
    let whole = run("whole", &[]);
    assert!(run("twice", &[4, 15]) == whole);
}

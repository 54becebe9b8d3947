//! A resumed run ends with the same bits as an uninterrupted one.

use layercake::average::Averaging;
use layercake::optim::{Sgd, SgdConfig};
use layercake::prelude::*;
use layercake::schedule::{Better, OneCycle, ReduceOnPlateau, Schedule as _};
use layercake_train::data::transforms::{HorizontalFlip, RandomCrop};
use layercake_train::data::{Array, Batch, Images, Loader, Normalize, Split, digits};
use layercake_train::run::Recipe;
use layercake_train::{
    Callback, CancellationToken, Checkpoints, Classification, EarlyStopping, Epoch, Metrics, Pass, Progress, Step, Task, TrainError,
    Trainer, Until, load_latest,
};

network! {
    /// A network with running statistics and dropout masks.
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

/// Cancels the run after a number of steps in this process.
pub struct StopAfter {
    pub stop: CancellationToken,
    steps: usize,
}

impl StopAfter {
    pub fn at(step: Option<usize>) -> Self {
        Self { stop: CancellationToken::new(), steps: step.unwrap_or(usize::MAX) }
    }
}

impl<M> Callback<M, Cpu> for StopAfter {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        if progress.step == self.steps {
            self.stop.cancel();
        }
        Ok(())
    }
}

fn loaders() -> [Loader<Images>; 2] {
    let Split { train, test } = digits();
    let normalize = Normalize::measure(&train);
    let train = Loader::new(train, 100).shuffle(7).workers(1);
    let train = train.transform(RandomCrop::new([8, 8]).padding(1)).transform(HorizontalFlip::default()).transform(normalize.clone());
    [train, Loader::new(test, 360).transform(normalize)]
}

/// The part of a run in one process.
fn part(checkpoints: &Checkpoints, stop_at: Option<usize>) -> Result<(Vec<u32>, Vec<Epoch>), TrainError> {
    let [train, test] = loaders();
    let recipe = recipe();
    let device = Cpu::seed_from_u64(recipe.seed);
    let mut net = Net::new(&device);
    let mut task = Classification::new("digits", test, train.data().classes())?;
    let mut optimizer = recipe.adam(&net);
    let mut watch = StopAfter::at(stop_at);
    let stop = watch.stop.clone();
    let trainer = recipe
        .trainer(train.batch_count())
        .checkpoints(checkpoints.clone())
        .resume(true)
        .cancellation(stop)
        .early_stopping(EarlyStopping::new(5));
    let history = trainer.callback(&mut watch).fit(&mut net, &device, &mut optimizer, &mut task, &train)?;
    Ok((bits(&net), history))
}

pub fn bits<M: Model<f32, Cpu>>(net: &M) -> Vec<u32> {
    net.named_tensors().iter().flat_map(|tensor| tensor.to_vec()).map(f32::to_bits).collect()
}

/// The metrics without times.
pub fn timeless(history: &[Epoch]) -> Vec<Epoch> {
    history.iter().map(|epoch| Epoch { items_per_second: 0.0, seconds: 0.0, ..epoch.clone() }).collect()
}

#[test]
fn the_very_same_bits() {
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| Checkpoints::new(place.path().join(name));
    let (whole, history) = part(&folder("whole"), None).unwrap();
    assert_eq!((history.len(), history[2].step), (3, 24), "15 batches of 100, two to a step");

    // Interrupted within an epoch, at its last step (8), and twice.
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
    // Resuming a finished run changes nothing.
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
    let mut other = recipe().trainer(train.batch_count()).seed(8).checkpoints(checkpoints.clone()).resume(true);
    let message = other.fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap_err().to_string();
    assert!(
        message.contains(
            "state.json: the checkpoint belongs to another run: it has seed 7, 1437 items in 15 batches of 100, 2 batches per step"
        ),
        "{message}"
    );
}

/// A run that diverges keeps its last finite checkpoint.
#[test]
fn the_last_checkpoint_is_good() {
    let place = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(place.path()).every(1);
    let device = Cpu::seed_from_u64(1);
    let mut net = Net::new(&device);
    let [train, test] = loaders();
    let mut task = Classification::new("digits", test, &[]).unwrap();
    let mut optimizer = Sgd::new(&net, SgdConfig { lr: 1.0, ..Default::default() });
    // The fifth step overflows the parameters.
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
    /// One step of a recurrent network over four characters.
    Cell: { letter: [4], hidden: [6] } -> { scores: [4], next: [6] } {
        from letter, Concat(hidden), mix: Linear(6), Tanh as state, out: Linear(4), output scores, from state, output next,
    }
}

/// A task that carries the hidden state from batch to batch.
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
        let letters: Tensor<(usize, Const<4>), f32, Cpu> = Array::new(vec![rows, 4], letters).into_tensor(&pass.device)?;
        let hidden = self.hidden.take().unwrap_or_else(|| vec![0.0; rows * 6]);
        let hidden: Tensor<(usize, Const<6>), f32, Cpu> = Array::new(vec![rows, 6], hidden).into_tensor(&pass.device)?;
        let (scores, next) = cell.forward_train(letters, hidden, pass.gradients);
        self.hidden = Some(next.as_vec());
        let targets: Vec<usize> = batch.labels.iter().map(|label| (label + 1) % 4).collect();
        Ok(Step::new(loss::cross_entropy(scores, &targets), rows))
    }

    fn state(&self) -> Vec<(String, Array<f32>)> {
        let rows = self.hidden.as_ref().map(|hidden| ("hidden".to_owned(), Array::new(vec![hidden.len() / 6, 6], hidden.clone())));
        rows.into_iter().collect()
    }

    fn load_state(&mut self, state: Vec<(String, Array<f32>)>, _: &Cpu) -> Result<(), String> {
        self.hidden = state.into_iter().next().map(|(_, array)| array.into_vec());
        Ok(())
    }
}

#[test]
fn task_state_is_resumed() {
    let place = tempfile::tempdir().unwrap();
    let run = |name: &str, stops: &[usize]| {
        let checkpoints = Checkpoints::new(place.path().join(name));
        let part = |stop_at: Option<usize>| {
            let device = Cpu::seed_from_u64(3);
            let mut cell = Cell::new(&device);
            let mut optimizer = Sgd::new(&cell, SgdConfig { lr: 0.1, ..Default::default() });
            let loader = Loader::new(digits().test, 30).drop_last();
            let stop = CancellationToken::new();
            let mut watch = StopAfter { stop: stop.clone(), steps: stop_at.unwrap_or(usize::MAX) };
            let trainer = Trainer::new(Until::Steps(20)).checkpoints(checkpoints.clone()).resume(true).cancellation(stop);
            let outcome = trainer.callback(&mut watch).fit(&mut cell, &device, &mut optimizer, &mut Letters { hidden: None }, &loader);
            outcome.map(|_| bits(&cell))
        };
        stops.iter().for_each(|&stop| assert!(part(Some(stop)).is_err()));
        part(None).unwrap()
    };
    let whole = run("whole", &[]);
    assert!(run("twice", &[4, 15]) == whole);
}

/// A task with random and infinite metrics, which must not depend on interruptions.
struct Drawn {
    task: Classification<Images, 1, 8, 8, 10>,
}

impl Task<Net> for Drawn {
    type Batch = Batch;

    fn loss(&mut self, net: &mut Net, batch: Batch, pass: Pass) -> Result<Step, TrainError> {
        self.task.loss(net, batch, pass)
    }

    fn evaluate(&mut self, net: &Net, device: &Cpu) -> Result<Metrics, TrainError> {
        let drawn: Tensor<Rank1<4>, f32, _> = device.sample_uniform();
        let drawn = f64::from(drawn.as_vec()[0]);
        let metrics = Task::<Net>::evaluate(&mut self.task, net, device)?;
        Ok(metrics.with("drawn", drawn).with("odds", if drawn < 0.5 { f64::NEG_INFINITY } else { f64::INFINITY }))
    }
}

/// 15 batches of 24, and fewer test images.
fn few() -> (Loader<Images>, Loader<Images>) {
    let Split { train, test } = digits();
    let normalize = Normalize::measure(&train);
    let loader = Loader::new(test, 24).shuffle(7).workers(1).transform(RandomCrop::new([8, 8]).padding(1));
    (loader.transform(normalize.clone()), Loader::new(train.subset(&(0..60).collect::<Vec<_>>()), 60).transform(normalize))
}

/// The end of a part of a run, and the step at which it is canceled before.
type Part = (Until, Option<usize>, usize);

/// A run in parts, with everything that depends on metrics.
fn in_parts(place: &std::path::Path, parts: &[Part]) -> (Vec<u32>, Vec<Epoch>) {
    let checkpoints = Checkpoints::new(place.join(format!("{parts:?}").replace(|c: char| !c.is_alphanumeric(), "_"))).every(3);
    let mut outcome = None;
    for &(until, stop_at, patience) in parts {
        let (train, test) = few();
        let device = Cpu::seed_from_u64(7);
        let mut net = Net::new(&device);
        let mut task = Drawn { task: Classification::new("digits", test, train.data().classes()).unwrap() };
        let mut optimizer = recipe().adam(&net);
        let stop = CancellationToken::new();
        let mut watch = StopAfter { stop: stop.clone(), steps: stop_at.unwrap_or(usize::MAX) };
        let plateau = ReduceOnPlateau { patience: 0, factor: 0.7, ..ReduceOnPlateau::new(0.0) };
        let trainer = Trainer::new(until).seed(7).accumulate(2).average(Averaging::Swa).schedule(OneCycle::new(200));
        let trainer = trainer.plateau("test_odds", plateau).early_stopping(EarlyStopping::on("test_drawn", Better::Lower, patience));
        let mut trainer = trainer.checkpoints(checkpoints.clone()).resume(true).cancellation(stop).callback(&mut watch);
        let done = trainer.fit(&mut net, &device, &mut optimizer, &mut task, &train);
        outcome = match (stop_at, done) {
            (None, done) => Some((bits(&net), timeless(&done.unwrap()))),
            (Some(at), done) => {
                let Err(TrainError::Interrupted { step, .. }) = done else { panic!("stopped after {at}: {done:?}") };
                assert_eq!(step, at);
                None
            }
        };
    }
    outcome.expect("the last part comes to an end")
}

/// Partial epochs (an epoch has 8 steps), more steps, more epochs, more patience: bits and metrics are those of an uninterrupted run.
#[test]
fn every_way_to_stop_and_go_on() {
    use Until::{Epochs, Steps};
    let place = tempfile::tempdir().unwrap();
    let many = usize::MAX;
    let same = |whole: &[Part], cut: &[&[Part]]| {
        let whole = in_parts(place.path(), whole);
        for parts in cut {
            let (parameters, history) = in_parts(place.path(), parts);
            assert!(parameters == whole.0, "other bits after {parts:?}");
            // Compared as text, since NaN is not equal to itself.
            assert_eq!(format!("{history:?}"), format!("{:?}", whole.1), "{parts:?}");
        }
    };
    let end = [(Steps(27), None, many)];
    same(
        &end,
        &[
            &[(Steps(5), None, many), end[0]],
            &[(Steps(5), None, many), (Steps(5), None, many), (Steps(13), None, many), end[0]],
            &[(Steps(8), None, many), (Steps(16), None, many), end[0]],
            &[(Steps(27), Some(27), many), end[0]],
            &[(Steps(27), Some(3), many), (Steps(20), Some(17), many), (Steps(20), None, many), end[0]],
            &[(Epochs(2), None, many), (Steps(19), None, many), end[0]],
            &[end[0], end[0]],
        ],
    );
    let end = [(Epochs(4), None, many)];
    same(
        &end,
        &[
            &[(Epochs(1), None, many), (Epochs(3), None, many), end[0]],
            &[(Epochs(4), Some(8), many), (Epochs(4), Some(9), many), end[0]],
            &[(Steps(11), None, many), (Steps(21), Some(18), many), end[0]],
            &[(Epochs(2), Some(1), many), (Epochs(2), None, many), end[0]],
            // No patience: the run ends early.
            &[(Epochs(4), None, 0), (Epochs(4), None, 1), end[0]],
            &[(Epochs(4), Some(5), 0), (Epochs(4), None, 0), end[0]],
        ],
    );
}

/// A checkpoint after the requested end is an error.
#[test]
fn beyond_the_end() {
    let place = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(place.path());
    part(&checkpoints, Some(20)).unwrap_err();
    for until in [Until::Epochs(1), Until::Epochs(2), Until::Steps(19)] {
        let [train, test] = loaders();
        let device = Cpu::seed_from_u64(7);
        let mut net = Net::new(&device);
        let mut task = Classification::new("digits", test, &[]).unwrap();
        let mut optimizer = recipe().adam(&net);
        let mut trainer = Trainer::new(until).seed(7).accumulate(2).checkpoints(checkpoints.clone()).resume(true);
        let message = trainer.fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap_err().to_string();
        assert!(message.ends_with("the checkpoint is at step 20 of epoch 3, after the requested end of the run"), "{until:?}: {message}");
    }
}

/// Any change of a checkpoint is detected before it is used.
#[test]
fn a_damaged_checkpoint_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(place.path());
    part(&checkpoints, Some(3)).unwrap_err();
    let folder = checkpoints.latest().unwrap().unwrap();
    let mut names: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(
        names,
        ["average.safetensors", "checkpoint.json", "model.safetensors", "optimizer.safetensors", "state.json", "task_state.safetensors"]
    );
    for name in &names {
        let path = folder.join(name);
        let good = std::fs::read(&path).unwrap();
        let mut spoiled = good.clone();
        let middle = spoiled.len() - 2;
        spoiled[middle] ^= 1;
        std::fs::write(&path, spoiled).unwrap();
        let Err(error) = part(&checkpoints, None) else { panic!("{name} is damaged") };
        let message = error.to_string();
        assert!(message.contains(name), "{name}: {message}");
        assert!(load_latest(&checkpoints, &mut Net::new(&Cpu::default())).is_err(), "{name}");
        std::fs::remove_file(&path).unwrap();
        assert!(part(&checkpoints, None).is_err(), "{name} is missing");
        std::fs::write(&path, good).unwrap();
    }
    part(&checkpoints, None).unwrap();
}

/// Checkpoints of version 1, without checksums, are resumed with the same bits.
#[test]
fn a_checkpoint_without_checksums_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| Checkpoints::new(place.path().join(name));
    let (whole, _) = part(&folder("whole"), None).unwrap();
    let checkpoints = folder("old");
    part(&checkpoints, Some(11)).unwrap_err();
    let latest = checkpoints.latest().unwrap().unwrap();
    std::fs::remove_file(latest.join("checkpoint.json")).unwrap();
    let Err(error) = part(&checkpoints, None) else { panic!("the second version has checksums") };
    let message = error.to_string();
    assert!(message.contains("checkpoint.json: "), "{message}");
    // Remove what version 1 did not have.
    let path = latest.join("state.json");
    let mut state: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for key in ["version", "partial", "best"] {
        state.as_object_mut().unwrap().remove(key);
    }
    state["running"].as_object_mut().unwrap().remove("weights");
    let epoch = state["history"][0].clone();
    let mut flat = serde_json::Map::new();
    for key in ["epoch", "step", "lr", "seconds"] {
        flat.insert(key.to_owned(), epoch[key].clone());
    }
    for part in ["train", "test"] {
        for (name, value) in epoch[part].as_object().unwrap() {
            flat.insert(format!("{part}_{name}"), value.clone());
        }
    }
    flat.insert("images_per_second".to_owned(), epoch["items_per_second"].clone());
    state["history"][0] = flat.into();
    std::fs::write(&path, state.to_string()).unwrap();
    assert!(part(&checkpoints, None).unwrap().0 == whole);
}

/// Two runs cannot share a checkpoint folder; removing the folder ends the run with an error.
#[test]
fn the_folder_of_checkpoints_is_its_own() {
    struct Meddle<'a>(&'a Checkpoints, &'a str);
    impl<M> Callback<M, Cpu> for Meddle<'_> {
        fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
            if progress.step == 2 {
                match self.1 {
                    "enter" => {
                        let message = part(self.0, None).unwrap_err().to_string();
                        assert!(message.contains(&format!(": in use by process {}; ", std::process::id())), "{message}");
                    }
                    "remove" => std::fs::remove_dir_all(self.0.folder()).unwrap(),
                    _ => {
                        std::fs::remove_dir_all(self.0.folder()).unwrap();
                        std::fs::create_dir(self.0.folder()).unwrap();
                    }
                }
            }
            Ok(())
        }
    }
    let place = tempfile::tempdir().unwrap();
    for what in ["enter", "remove", "replace"] {
        let checkpoints = Checkpoints::new(place.path().join(what));
        let [train, test] = loaders();
        let device = Cpu::seed_from_u64(7);
        let mut net = Net::new(&device);
        let mut task = Classification::new("digits", test, &[]).unwrap();
        let mut optimizer = recipe().adam(&net);
        let mut meddle = Meddle(&checkpoints, what);
        let mut trainer = Trainer::new(Until::Steps(4)).checkpoints(checkpoints.clone()).callback(&mut meddle);
        let outcome = trainer.fit(&mut net, &device, &mut optimizer, &mut task, &train);
        match what {
            "enter" => assert_eq!(outcome.unwrap().len(), 1),
            _ => {
                let message = outcome.unwrap_err().to_string();
                assert!(message.ends_with("the folder was removed or replaced during the run"), "{message}");
            }
        }
    }
}

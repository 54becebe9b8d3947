//! Selection of the best weights by validation data.

use layercake::average::Averaging;
use layercake::optim::{Sgd, SgdConfig};
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::{Images, Loader, Normalize, Split, digits};
use layercake_train::run::{Recipe, RunConfig, RunFolder};
use layercake_train::{
    Callback, CancellationToken, Checkpoints, Classification, EarlyStopping, Epoch, Progress, TrainError, Trainer, TrainingEnd, Until,
    WithValidation, evaluate, hold_out,
};

network! { Net: [1, 8, 8] -> [10] { Flatten, fc: Linear(10) } }

type Task = WithValidation<Classification<Images, 1, 8, 8, 10>>;

/// Training images, and a task with validation images held out of them.
fn data() -> (Loader<Images>, Task) {
    let Split { train, test } = digits();
    let [rest, held] = hold_out(train.len(), 120, 3).unwrap();
    let (train, held) = (train.subset(&rest), train.subset(&held));
    let normalize = Normalize::measure(&train);
    let measured = |images: Images| Classification::new("digits", Loader::new(images, 50).transform(normalize.clone()), &[]).unwrap();
    let task = WithValidation { task: measured(test), validation: Some(measured(held)) };
    (Loader::new(train, 60).shuffle(3).transform(normalize), task)
}

/// A growing learning rate, so that the weights get better first and worse later.
struct Growing;

impl layercake::schedule::Schedule for Growing {
    fn lr(&self, _: f64, step: usize) -> f64 {
        0.002 * 1.12f64.powi(step as i32)
    }
}

/// Records the end of the run, and cancels it after a step.
#[derive(Default)]
struct Watch {
    ending: Option<(usize, usize, bool, Option<String>)>,
    stop: Option<(CancellationToken, usize)>,
}

impl<M> Callback<M, Cpu> for Watch {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        if let Some((stop, _)) = self.stop.as_ref().filter(|(_, at)| *at == progress.step) {
            stop.cancel();
        }
        Ok(())
    }

    fn on_end(&mut self, ending: &TrainingEnd<'_>, _: &M) -> Result<(), TrainError> {
        let TrainingEnd { history, weights_epoch, stopped_early, selected_by } = *ending;
        self.ending = Some((history.len(), weights_epoch, stopped_early, selected_by.map(str::to_owned)));
        Ok(())
    }
}

type Wish = dyn for<'a> Fn(Trainer<'a, Net>) -> Trainer<'a, Net>;

/// The weights, the epochs, and the record of the end.
fn run(wish: &Wish, stop_at: Option<usize>) -> Result<(Net, Vec<Epoch>, Watch), TrainError> {
    let (train, mut task) = data();
    let device = Cpu::seed_from_u64(3);
    let mut net = Net::new(&device);
    let mut optimizer = Sgd::new(&net, SgdConfig::default());
    let stop = CancellationToken::new();
    let mut watch = Watch { stop: stop_at.map(|at| (stop.clone(), at)), ..Default::default() };
    let trainer = wish(Trainer::new(Until::Epochs(6)).seed(3).schedule(Growing).cancellation(stop));
    let history = trainer.callback(&mut watch).fit(&mut net, &device, &mut optimizer, &mut task, &train)?;
    Ok((net, history, watch))
}

fn bits(net: &Net) -> Vec<u32> {
    net.named_tensors().iter().flat_map(|tensor| tensor.to_vec()).map(f32::to_bits).collect()
}

fn test_loss(net: &Net) -> f64 {
    let (_, task) = data();
    evaluate(net, &Cpu::default(), &task.task.test).unwrap().loss()
}

/// The epoch with the lowest validation loss, counted from 1.
fn best(history: &[Epoch]) -> usize {
    let loss = |epoch: &Epoch| epoch.validation.get("loss").unwrap();
    history.iter().min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap().epoch
}

#[test]
fn the_best_weights_come_back() {
    let (last, history, plain) = run(&|trainer| trainer, None).unwrap();
    let epoch = best(&history);
    assert!((2..6).contains(&epoch), "it gets better, and then worse: {history:?}");
    assert_eq!(plain.ending, Some((6, 6, false, None)));
    assert_eq!(test_loss(&last), history[5].test.get("loss").unwrap(), "by default the last weights are kept");

    let (chosen, same, watch) = run(&|trainer| trainer.restore_best("loss", Better::Lower), None).unwrap();
    assert_eq!(watch.ending, Some((6, epoch, false, Some("validation_loss".to_owned()))));
    assert_eq!(test_loss(&chosen), same[epoch - 1].test.get("loss").unwrap());
    assert!(bits(&chosen) != bits(&last));

    let (averaged, history, _) =
        run(&|trainer| trainer.average(Averaging::Ema { decay: 0.5 }).restore_best("loss", Better::Lower), None).unwrap();
    assert_eq!(test_loss(&averaged), history[best(&history) - 1].test.get("loss").unwrap(), "the averaged weights");
}

#[test]
fn early_stopping_says_which_weights_are_left() {
    let stopping = || EarlyStopping::new(0);
    let (last, history, watch) = run(&move |trainer| trainer.early_stopping(stopping()), None).unwrap();
    let epoch = best(&history);
    assert_eq!((history.len(), watch.ending), (epoch + 1, Some((epoch + 1, epoch + 1, true, None))));
    assert_eq!(test_loss(&last), history[epoch].test.get("loss").unwrap(), "the last weights are kept");
    let (chosen, history, watch) =
        run(&move |trainer| trainer.early_stopping(stopping()).restore_best("loss", Better::Lower), None).unwrap();
    assert_eq!(watch.ending, Some((epoch + 1, epoch, true, Some("validation_loss".to_owned()))));
    assert_eq!(test_loss(&chosen), history[epoch - 1].test.get("loss").unwrap());
}

/// The best weights are kept across interruptions and resumed finished runs.
#[test]
fn interrupted_or_longer() {
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| Checkpoints::new(place.path().join(name));
    let (whole, history, _) = run(&|trainer| trainer.restore_best("loss", Better::Lower), None).unwrap();
    let steps = history[0].step;
    for stops in [vec![1], vec![steps * best(&history)], vec![steps * best(&history) + 2, 5 * steps + 1]] {
        let checkpoints = folder(&format!("{stops:?}"));
        let wish: Box<Wish> =
            Box::new(move |trainer| trainer.restore_best("loss", Better::Lower).checkpoints(checkpoints.clone()).resume(true));
        stops.iter().for_each(|&stop| assert!(matches!(run(&*wish, Some(stop)), Err(TrainError::Interrupted { .. }))));
        assert!(bits(&run(&*wish, None).unwrap().0) == bits(&whole), "{stops:?}");
        // Resuming a finished run returns the same result.
        assert!(bits(&run(&*wish, None).unwrap().0) == bits(&whole), "{stops:?}");
    }
    let checkpoints = folder("plain");
    let kept = checkpoints.clone();
    assert!(run(&move |trainer| trainer.checkpoints(kept.clone()), Some(2 * steps + 1)).is_err());
    let wish: Box<Wish> =
        Box::new(move |trainer| trainer.restore_best("loss", Better::Lower).checkpoints(checkpoints.clone()).resume(true));
    let message = run(&*wish, None).err().unwrap().to_string();
    assert!(message.contains("the checkpoint does not contain the weights of epoch "), "{message}");
}

/// The run folder contains the final weights and their metrics.
#[test]
fn the_run_folder_has_them() {
    let place = tempfile::tempdir().unwrap();
    let config = RunConfig {
        layercake: "0".to_owned(),
        model: "net".to_owned(),
        source: layercake_train::data::KnownDataset::Digits.into(),
        data_dir: None,
        device: "cpu".to_owned(),
        threads: 1,
        recipe: Recipe { epochs: 6, ..Default::default() },
        normalize: None,
        classes: Vec::new(),
        agent: None,
        transfer: None,
        command: Vec::new(),
        variant: None,
        own: None,
        text: None,
    };
    let mut folder = RunFolder::create(place.path(), config).unwrap();
    let (train, mut task) = data();
    let device = Cpu::seed_from_u64(3);
    let mut net = Net::new(&device);
    let mut optimizer = Sgd::new(&net, SgdConfig::default());
    let mut trainer = Trainer::new(Until::Epochs(6)).seed(3).schedule(Growing).restore_best("loss", Better::Lower);
    trainer = trainer.pictures(place.path()).callback(&mut folder);
    let history = trainer.fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap();
    drop(trainer);
    let summary = folder.finish(650).unwrap();
    let epoch = best(&history);
    assert_eq!((summary.epochs, summary.weights_of_epoch, summary.stopped_early), (6, epoch, false));
    assert_eq!(summary.metrics.get("test_loss"), history[epoch - 1].test.get("loss"));
    assert_eq!(summary.metrics.get("validation_loss"), history[epoch - 1].validation.get("loss"));
    assert!(["AVX-512", "AVX2", "plain"].contains(&summary.instruction_set.as_str()) || cfg!(not(target_arch = "x86_64")), "{summary:?}");
    let mut kept = Net::new(&device);
    layercake::io::load_safetensors(&mut kept, place.path().join("model.safetensors")).unwrap();
    assert!(bits(&kept) == bits(&net));
    // The picture shows these weights.
    let picture = std::fs::read_to_string(place.path().join("confusion.svg")).unwrap();
    let accuracy = history[epoch - 1].test.get("accuracy").unwrap();
    assert!(picture.contains(&format!("test accuracy {:.2} %", 100.0 * accuracy)), "{accuracy}");
    let lines = std::fs::read_to_string(place.path().join("metrics.jsonl")).unwrap();
    assert!(lines.lines().all(|line| line.contains("\"validation_loss\":")), "{lines}");
}

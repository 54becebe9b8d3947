//! What the trainer warns of.

use std::cell::RefCell;

use layercake::optim::{Adam, AdamConfig, Sgd, SgdConfig};
use layercake::prelude::*;
use layercake_train::data::{Loader, Normalize, Split, digits};
use layercake_train::health::{LayerHealth, Symptom, Warning, warnings};
use layercake_train::{Callback, Checkpoints, Classification, Epoch, Metrics, TrainError, Trainer, Until};

network! {
    /// Ten layers whose gradients vanish.
    Sigmoids: [1, 8, 8] -> [10] {
        Flatten, Repeat(10) { Linear(64), Sigmoid }, scores: Linear(10),
    }
    Relus: [1, 8, 8] -> [10] { Flatten, hidden: Linear(64), ReLU, scores: Linear(10) }
}

/// The warnings that callbacks hear.
#[derive(Default)]
struct Heard(RefCell<Vec<Warning>>);

impl<M, D> Callback<M, D> for &Heard {
    fn on_warning(&mut self, warning: &Warning) -> Result<(), TrainError> {
        self.0.borrow_mut().push(warning.clone());
        Ok(())
    }
}

impl Heard {
    fn texts(&self) -> Vec<(Symptom, String)> {
        self.0.borrow().iter().map(|warning| (warning.symptom(), warning.to_string())).collect()
    }
}

fn loaders() -> (Loader<layercake_train::data::Images>, Classification<layercake_train::data::Images, 1, 8, 8, 10>) {
    let Split { train, test } = digits();
    let (normalize, classes) = (Normalize::measure(&train), train.classes().to_vec());
    let task = Classification::new("digits", Loader::new(test, 360).transform(normalize.clone()), &classes).unwrap();
    (Loader::new(train, 32).shuffle(1).transform(normalize), task)
}

/// One warning, at the end of the first epoch.
#[test]
fn gradients_vanish() {
    let (train, mut task) = loaders();
    let device = Cpu::seed_from_u64(1);
    let mut net = Sigmoids::new(&device);
    let mut optimizer = Sgd::new(&net, SgdConfig { lr: 0.1, ..Default::default() });
    let heard = Heard::default();
    let mut callback = &heard;
    let mut trainer = Trainer::new(Until::Epochs(2)).callback(&mut callback);
    let history = trainer.fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap();
    let texts = heard.texts();
    let [(Symptom::VanishingGradients, text)] = &texts[..] else { panic!("{texts:?}") };
    assert!(
        text.contains("the gradients vanish: that of `repeat_1.0.linear_1` is ") && text.contains(", that of the last layer `scores` "),
        "{text}"
    );
    // Once for each layer with weights, and for each activation.
    assert_eq!(history[0].layers.len(), 11 + 10);
    assert_eq!((history[0].chance_loss, history[1].chance_loss), (Some(10.0_f64.ln()), None));
}

/// Weights that are far too large: the first loss, and dead units after the huge steps that follow.
#[test]
fn a_bad_start() {
    let (train, mut task) = loaders();
    let device = Cpu::seed_from_u64(1);
    let mut net = Relus::new(&device);
    let large = net.scores.weight.as_vec().iter().map(|weight| 1000.0 * weight).collect::<Vec<f32>>();
    net.scores.weight.copy_from(&large);
    let mut optimizer = Sgd::new(&net, SgdConfig { lr: 10.0, ..Default::default() });
    let heard = Heard::default();
    let mut callback = &heard;
    let mut trainer = Trainer::new(Until::Epochs(1)).callback(&mut callback);
    let history = trainer.fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap();
    let texts = heard.texts();
    let symptoms: Vec<Symptom> = texts.iter().map(|(symptom, _)| *symptom).collect();
    assert_eq!(symptoms, [Symptom::FirstLoss, Symptom::WorseThanChance, Symptom::DeadUnits, Symptom::ExplodingGradients], "{texts:?}");
    let expected =
        format!("the loss of the first batch is {:.3}, but a model that knows nothing has about 2.303", history[0].first_loss.unwrap());
    assert!(texts[0].1.starts_with(&expected), "{}", texts[0].1);
    assert!(texts[2].1.contains("of the units of `relu_1` are dead"), "{}", texts[2].1);
    assert!(texts[3].1.starts_with("the gradients explode: that of `hidden` is "), "{}", texts[3].1);
}

/// A run that learns well hears nothing, and what is measured is in the history.
#[test]
fn a_healthy_run() {
    let (train, mut task) = loaders();
    let device = Cpu::seed_from_u64(1);
    let mut net = Relus::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 1e-3, ..Default::default() });
    let heard = Heard::default();
    let mut callback = &heard;
    let mut trainer = Trainer::new(Until::Epochs(5)).callback(&mut callback);
    let history = trainer.fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap();
    assert_eq!(heard.texts(), []);
    let names: Vec<&str> = history[4].layers.iter().map(|layer| &*layer.layer).collect();
    assert_eq!(names, ["hidden", "scores", "relu_1"]);
    assert!(history[4].layers[0].update.is_some_and(|update| (1e-4..1e-2).contains(&update)), "{:?}", history[4].layers);
}

/// What was said before an interruption is not said again, and the history is the same.
#[test]
fn said_once_in_a_resumed_run() {
    let place = tempfile::tempdir().unwrap();
    let run = |epochs: usize, resume: bool| {
        let (train, mut task) = loaders();
        let device = Cpu::seed_from_u64(1);
        let mut net = Sigmoids::new(&device);
        let mut optimizer = Sgd::new(&net, SgdConfig { lr: 0.1, ..Default::default() });
        let heard = Heard::default();
        let mut callback = &heard;
        let checkpoints = Checkpoints::new(place.path().join(if resume || epochs == 1 { "parts" } else { "whole" }));
        let trainer = Trainer::new(Until::Epochs(epochs)).checkpoints(checkpoints).resume(resume);
        let history = trainer.callback(&mut callback).fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap();
        (history, heard.texts().len())
    };
    let whole = run(2, false);
    assert_eq!((run(1, false).1, run(2, true).1), (1, 0));
    let resumed = run(2, true).0;
    assert_eq!(resumed[1].layers, whole.0[1].layers);
    assert_eq!(resumed[0].first_loss, whole.0[0].first_loss);
}

fn layer(layer: &str, gradient: f64, update: f64) -> LayerHealth {
    LayerHealth { layer: layer.to_owned(), gradient: Some(gradient), update: Some(update), ..LayerHealth::default() }
}

/// A run of these epochs, with a training loss of 1, 0.9, .. unless it is changed.
fn history(epochs: usize, change: impl Fn(&mut Epoch)) -> Vec<Epoch> {
    let epoch = |number: usize| {
        let loss = 0.9_f64.powi(number as i32 - 1);
        let mut epoch = Epoch {
            epoch: number,
            lr: 0.1,
            train: Metrics::new().with("loss", loss),
            test: Metrics::new().with("loss", loss),
            gradient_norm: Some(1.0),
            chance_loss: (number == 1).then_some(2.0),
            layers: vec![layer("a", 0.1, 1e-3), layer("b", 0.1, 1e-3), layer("c", 0.1, 1e-3)],
            ..Epoch::default()
        };
        change(&mut epoch);
        epoch
    };
    (1..=epochs).map(epoch).collect()
}

#[track_caller]
fn says(history: &[Epoch], symptom: Symptom, epoch: usize, text: &str) {
    let found: Vec<_> = warnings(history).iter().map(|warning| (warning.symptom(), warning.epoch(), warning.to_string())).collect();
    assert_eq!(found, [(symptom, epoch, text.to_owned())]);
}

#[test]
fn every_symptom() {
    assert_eq!(warnings(&history(20, |_| {})), []);
    let first = |loss| history(3, move |epoch| epoch.first_loss = (epoch.epoch == 1).then_some(loss));
    says(
        &first(4.1),
        Symptom::FirstLoss,
        1,
        "the loss of the first batch is 4.100, but a model that knows nothing has about 2.000: check the initial values and the normalization of the inputs",
    );
    says(
        &first(0.9),
        Symptom::FirstLoss,
        1,
        "the loss of the first batch is 0.900, but a model that knows nothing has about 2.000: check that the inputs do not contain the targets, unless the parameters are trained already",
    );
    assert_eq!(warnings(&first(3.9)), []);

    let lost = history(3, |epoch| {
        if epoch.epoch == 2 {
            epoch.train.set("loss", 4.1)
        }
    });
    says(
        &lost,
        Symptom::WorseThanChance,
        2,
        "the training loss is 4.100, but a model that knows nothing has 2.000. Lower the learning rate, or clip the gradients",
    );

    let dead = |share| {
        history(3, move |epoch| epoch.layers.push(LayerHealth { layer: "relu".to_owned(), dead: Some(share), ..Default::default() }))
    };
    says(
        &dead(0.95),
        Symptom::DeadUnits,
        1,
        "95 % of the units of `relu` are dead: 0 for all of the test items that were tried. Lower the learning rate, or use LeakyReLU",
    );
    assert_eq!(warnings(&dead(0.85)), []);

    let gradient = |size| history(3, move |epoch| epoch.layers[1].gradient = Some(size));
    says(
        &gradient(1e-6),
        Symptom::VanishingGradients,
        1,
        "the gradients vanish: that of `b` is 1.0e-6 of its weight, that of the last layer `c` 1.0e-1. Use ReLU, normalization, residual connections or other initial values",
    );
    says(
        &gradient(2e3),
        Symptom::ExplodingGradients,
        1,
        "the gradients explode: that of `b` is 2.0e3 of its weight, that of the last layer `c` 1.0e-1. Use other initial values, normalization or gradient clipping",
    );
    assert_eq!(warnings(&gradient(1e-4)), []);
    says(
        &history(5, |epoch| epoch.gradient_norm = Some(if epoch.epoch == 4 { 150.0 } else { 1.0 })),
        Symptom::ExplodingGradients,
        4,
        "the gradients explode: their norm is 150.000, and was 1.000 (median of 3 epochs). Lower the learning rate or clip the gradients",
    );

    let steps = |from: usize, until: usize, ratio| {
        history(8, move |epoch| {
            if ratio > 0.01 && epoch.epoch < 5 {
                epoch.train.set("loss", 1.0);
            }
            if (from..until).contains(&epoch.epoch) {
                epoch.layers.iter_mut().take(2).for_each(|layer| layer.update = Some(ratio));
            }
        })
    };
    says(
        &steps(1, 9, 0.05),
        Symptom::UpdateRatio,
        4,
        "the steps are large: 5.0e-2 of the weight in `a`, the median of the layers; usual are 1e-5 to 1e-2. Lower the learning rate",
    );
    says(
        &steps(2, 9, 1e-6),
        Symptom::UpdateRatio,
        4,
        "the steps are small: 1.0e-6 of the weight in `b`, the median of the layers; usual are 1e-5 to 1e-2. Raise the learning rate",
    );
    assert_eq!(warnings(&steps(1, 4, 0.05)), [], "two epochs besides the first");
    assert_eq!(
        warnings(&history(8, |epoch| {
            epoch.lr = 0.1_f64.powi(epoch.epoch as i32);
            epoch.layers[1].update = Some(1e-9);
            epoch.layers[0].update = Some(1e-9)
        })),
        []
    );

    let stuck = |loss| {
        history(8, move |epoch| {
            if epoch.epoch > 1 {
                epoch.train.set("loss", loss)
            }
        })
    };
    says(
        &stuck(0.95),
        Symptom::Plateau,
        7,
        "the training loss has stopped falling: 0.950 to 0.950 in the last 5 epochs, at a learning rate of 0.1. Change the learning rate",
    );
    assert_eq!(warnings(&stuck(0.3)), [], "that model has learned");

    let over = |part: fn(&mut Epoch) -> &mut Metrics| {
        history(8, move |epoch| {
            let number = epoch.epoch;
            part(epoch).set("loss", if number < 4 { 1.0 / number as f64 } else { 0.5 });
        })
    };
    let says_over = |history: &[Epoch], part: &str| {
        says(
            history,
            Symptom::Overfitting,
            6,
            &format!(
                "overfitting: the {part} loss was 0.333 after epoch 3 and is 0.500, while the training loss fell from 0.810 to 0.590. \
                 Stop early, or use more data, augmentation, dropout or weight decay"
            ),
        );
    };
    says_over(&over(|epoch| &mut epoch.test), "test");
    says_over(&over(|epoch| &mut epoch.validation), "validation");
}

//! A network of the model zoo as part of a custom model: the encoder of the variational autoencoder with a new classification head.
//!
//! This is a variational information bottleneck (Alemi et al., 2017): the code between encoder and head is noisy, and the loss penalizes
//! its information. It keeps only the few bits that distinguish the digits.

use std::f32::consts::LN_2;

use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_models::networks::MlpEncoder;
use layercake_train::data::{Batch, Images, KnownDataset, Loader, Split};
use layercake_train::{Metrics, Pass, ProgressReport, Step, TrainError, Trainer, Until, accuracy, task_fn};

/// The number of dimensions of the code.
const CODE: usize = 8;
/// The weight of the code's information in the loss.
const PRICE: f32 = 0.02;
const EPOCHS: usize = 16;

network! {
    /// Maps a code to the logits of the ten digits.
    Head: [CODE] -> [10] { fc1: Linear(32), ReLU, fc2: Linear(10) }
}

#[derive(Clone, Debug, Model)]
struct Bottleneck<E: Dtype = f32, D: Storage<E> = Cpu> {
    /// The zoo's encoder, with the outputs `mean` and `logvar`.
    encoder: MlpEncoder<CODE, E, D>,
    head: Head<E, D>,
}

impl Bottleneck {
    /// Computes the training loss, with a code sampled from the encoder's distribution.
    fn loss(&mut self, batch: Batch, pass: Pass) -> Result<Step, TrainError> {
        let Batch { images, labels } = batch;
        let (mean, logvar) = self.encoder.forward_train(images.into_tensor(&pass.device)?, pass.gradients);
        let nats = loss::gaussian_kl(mean.retaped::<OwnedTape<_, _>>(), logvar.retaped::<OwnedTape<_, _>>()).mean();
        let bits = nats.as_vec()[0] / LN_2;
        let noise = pass.device.sample_normal_like(mean.shape());
        let scores = self.head.forward_mut((logvar * 0.5).exp() * noise + mean);
        let accuracy = accuracy(&scores.as_vec(), &labels);
        let loss = loss::cross_entropy(scores, &labels) + nats * PRICE;
        Ok(Step::new(loss, labels.len()).with_metric("accuracy", accuracy).with_metric("bits", bits.into()))
    }

    /// Computes the test accuracy without noise: the code is the mean.
    fn accuracy(&self, test: &Loader<Images>, device: &Cpu) -> Result<Metrics, TrainError> {
        let Batch { images, labels } = test.epoch(1).next().expect("all images are one batch")?;
        let (mean, _) = self.encoder.forward(images.into_tensor(device)?);
        Ok(Metrics::new().with("accuracy", accuracy(&self.head.forward(mean).as_vec(), &labels)))
    }
}

fn main() -> Result<(), TrainError> {
    // Load the built-in digits, resized to 28x28 as in MNIST.
    let Split { train, test } = KnownDataset::Digits.load(None, MlpEncoder::<CODE>::INPUT)?;
    let (train, test) = (Loader::new(train, 32).shuffle(1), Loader::new(test, 360));

    let device = Cpu::seed_from_u64(1);
    let mut model = Bottleneck::new(&device);
    println!("{}\n", model.parameter_table());

    let mut optimizer = Adam::new(&model, AdamConfig { lr: 1e-3, ..Default::default() });
    let mut task = task_fn(|model: &mut Bottleneck, batch: Batch, pass: Pass| model.loss(batch, pass))
        .with_evaluation(|model: &Bottleneck, device: &Cpu| model.accuracy(&test, device));
    let mut report = ProgressReport::new("digits through a bottleneck", EPOCHS, train.batch_count());
    let mut trainer = Trainer::new(Until::Epochs(EPOCHS)).seed(1).callback(&mut report);
    let history = trainer.fit(&mut model, &device, &mut optimizer, &mut task, &train)?;

    let Some(last) = history.last() else { unreachable!("there are {EPOCHS} epochs") };
    let bits = last.train.get("bits").unwrap_or(f64::NAN);
    println!("\na code contains {bits:.1} bits of information; a digit needs {:.1}", 10f64.log2());
    assert!(last.test.get("accuracy") > Some(0.93), "the test accuracy is too low");
    assert!(bits > 10f64.log2() && bits < 16.0, "the code contains the digit and little else");
    Ok(())
}

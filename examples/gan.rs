//! A generative adversarial network (Goodfellow et al., 2014): a generator creates digits from noise, a discriminator distinguishes them
//! from real ones, and each has its own optimizer.
//!
//! A classifier trained on real digits (the judge) evaluates the generated samples. The steps are those of PyTorch's DCGAN tutorial.

use layercake::average::Averaging;
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::{Batch, Images as Digits, Loader, Normalize, Split, digits};
use layercake_train::run::image_grid;
use layercake_train::{Classification, InTurn, Metrics, Pass, Player, Step, Task, TrainError, Trainer, Until, argmax};

network! {
    /// Maps noise to pixels in -1..1.
    Generator: [16] -> [1, 8, 8] {
        fc1: Linear(128, bias = false), bn1: BatchNorm1d, ReLU,
        fc2: Linear(256, bias = false), bn2: BatchNorm1d, ReLU,
        fc3: Linear(64), Tanh, Reshape(1, 8, 8),
    }

    /// Maps pixels to the logit of the probability that the image is real.
    Discriminator: [1, 8, 8] -> [1] {
        Flatten,
        fc1: Linear(256), LeakyReLU(negative_slope = 0.2), Dropout(0.3),
        fc2: Linear(128), LeakyReLU(negative_slope = 0.2), Dropout(0.3),
        fc3: Linear(1),
    }

    /// Maps pixels to the logits of the ten digits.
    Judge: [1, 8, 8] -> [10] {
        conv1: Conv2d(16, kernel = 3, padding = 1), BatchNorm2d, ReLU,
        conv2: Conv2d(32, kernel = 3, padding = 1), BatchNorm2d, ReLU, MaxPool2d(2),
        Flatten, fc1: Linear(64), ReLU, Dropout(0.2), fc2: Linear(10),
    }
}

/// Both networks.
#[derive(Clone, Debug, Model)]
struct Gan<E: Dtype = f32, D: Storage<E> = Cpu> {
    generator: Generator<E, D>,
    discriminator: Discriminator<E, D>,
}

const BATCH: usize = 64;
const EPOCHS: usize = 150;

type Images = Tensor<(usize, Const<1>, Const<8>, Const<8>), f32, Cpu>;
type Noise = Tensor<(usize, Const<16>), f32, Cpu>;
type Odds = Tensor<(usize, Const<1>), f32, Cpu, OwnedTape<f32, Cpu>>;

/// Binary cross entropy with a constant target: 1 for real, 0 for generated.
fn loss_of(odds: Odds, target: f32) -> Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>> {
    let target = odds.device().zeros_like(odds.shape()) + target;
    loss::bce_with_logits(odds, target)
}

/// The fraction of images that the judge classifies with a probability above 0.9, and the counts of their digits.
fn judged(judge: &Judge, images: Images) -> (f64, [usize; 10]) {
    let count = images.shape().0;
    let chances = judge.forward(images).softmax::<Axis<1>>().as_vec();
    let mut counts = [0; 10];
    for (row, digit) in chances.chunks(10).zip(argmax(&chances, 10)) {
        counts[digit] += usize::from(row[digit] > 0.9);
    }
    (counts.iter().sum::<usize>() as f64 / count as f64, counts)
}

/// The game of the two networks, judged on always the same noise.
struct Game {
    judge: Judge,
    shown: Noise,
}

impl Task<Gan> for Game {
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, gan: &mut Gan, batch: Batch, pass: Pass) -> Result<Step, TrainError> {
        let noise: Noise = pass.device.sample_normal_like(&(BATCH, Const));
        let loss = if pass.player == "discriminator" {
            // The generated images have no tape, so the generator gets no gradient.
            let made = gan.generator.forward_mut(noise.leaky_traced()).retaped::<NoneTape>();
            let on_real = loss_of(gan.discriminator.forward_train(batch.images.into_tensor(&pass.device)?, pass.gradients), 0.9);
            loss_of(gan.discriminator.forward_mut(made.retaped::<OwnedTape<_, _>>()), 0.0) + on_real
        } else {
            // The gradient passes through the discriminator, whose parameters do not change.
            loss_of(gan.discriminator.forward_mut(gan.generator.forward_train(noise, pass.gradients)), 1.0)
        };
        Ok(Step::new(loss, BATCH))
    }

    fn evaluate(&mut self, gan: &Gan, _: &Cpu) -> Result<Metrics, TrainError> {
        let (sure, counts) = judged(&self.judge, gan.generator.forward(self.shown.clone()));
        Ok(Metrics::new().with("sure", sure).with("digits", counts.iter().filter(|&&count| count >= 10).count() as f64))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Split { train, test } = digits();
    let classes = train.classes().to_vec();
    let to_tanh = Normalize { mean: vec![0.5], std: vec![0.5] };
    let real = Loader::new(train, BATCH).shuffle(1).drop_last().transform(to_tanh.clone());
    let test = Loader::new(test, 360).transform(to_tanh);

    let device = Cpu::seed_from_u64(1);
    let judge = trained_judge(&device, &real, test.clone(), &classes)?;
    let (sure_of_real, _) = judged(&judge, test.epoch(1).next().expect("a batch")?.images.into_tensor(&device)?);

    let mut gan = Gan::new(&device);
    let adam = || Adam::new(&gan, AdamConfig { lr: 1e-3, betas: [0.5, 0.999], ..Default::default() });
    let mut optimizers = InTurn::new(&gan, [Player::new("discriminator", adam()), Player::new("generator", adam())])?;
    let noise = |images: usize| -> Noise { device.sample_normal_like(&(images, Const)) };
    let mut game = Game { judge, shown: noise(500) };
    let (sure_before, _) = judged(&game.judge, gan.generator.forward(game.shown.clone()));
    // Samples are generated with the exponential moving average of the weights.
    let mut trainer = Trainer::new(Until::Epochs(EPOCHS)).seed(1).average(Averaging::Ema { decay: 0.995 });
    let history = trainer.fit(&mut gan, &device, &mut optimizers, &mut game, &real)?;
    for epoch in history.iter().filter(|epoch| epoch.epoch % 30 == 0) {
        println!("epoch {:3}: {}; {}", epoch.epoch, epoch.train, epoch.test);
    }

    let file = std::env::temp_dir().join("layercake-gan.png");
    let pixels: Vec<f32> = gan.generator.forward(noise(100)).as_vec().iter().map(|pixel| (pixel + 1.0) / 2.0).collect();
    image_grid(&pixels, [1, 8, 8], 10).enlarged(4).save(&file)?;
    println!("samples: {}", file.display());

    let (sure, counts) = judged(&game.judge, gan.generator.forward(game.shown.clone()));
    let covered = counts.iter().filter(|&&count| count >= 10).count();
    println!("confident judgments: {:.0} % of the real test images, {:.0} % of the samples", 100.0 * sure_of_real, 100.0 * sure);
    assert!(sure_before < 0.1 && sure > 0.6 * sure_of_real, "most samples are digits: {sure}, before training {sure_before}");
    assert!(covered >= 8, "most digits occur: {counts:?}");
    Ok(())
}

/// Trains a classifier of real digits.
fn trained_judge(device: &Cpu, real: &Loader<Digits>, test: Loader<Digits>, classes: &[String]) -> Result<Judge, TrainError> {
    let mut judge = Judge::new(device);
    let mut optimizer = Adam::new(&judge, AdamConfig { lr: 3e-3, ..Default::default() });
    let mut task = Classification::new("judge", test, classes)?;
    let history = Trainer::new(Until::Epochs(8)).fit(&mut judge, device, &mut optimizer, &mut task, real)?;
    println!("judge: {}", history[7].test);
    assert!(history[7].test.get("accuracy") > Some(0.95), "the judge must be accurate");
    Ok(judge)
}

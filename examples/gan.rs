//! A generative adversarial network (Goodfellow et al., 2014): a generator creates digits from noise, a discriminator distinguishes them
//! from real ones, and each has its own optimizer.
//!
//! A classifier trained on real digits (the judge) evaluates the generated samples. The training loop is that of PyTorch's DCGAN tutorial.

use layercake::average::{AveragedModel, Averaging};
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::{Images as Digits, Loader, Normalize, Split, digits};
use layercake_train::run::image_grid;
use layercake_train::{Classification, TrainError, Trainer, Until, argmax};

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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Split { train, test } = digits();
    let classes = train.classes().to_vec();
    let to_tanh = Normalize { mean: vec![0.5], std: vec![0.5] };
    let real = Loader::new(train, BATCH).shuffle(1).drop_last().transform(to_tanh.clone());
    let test = Loader::new(test, 360).transform(to_tanh);

    let device = Cpu::seed_from_u64(1);
    let judge = trained_judge(&device, &real, test.clone(), &classes)?;
    let (sure_of_real, _) = judged(&judge, test.epoch(1).next().expect("a batch")?.images.into_tensor(&device)?);

    let (mut generator, mut discriminator) = (Generator::new(&device), Discriminator::new(&device));
    let adam = AdamConfig { lr: 1e-3, betas: [0.5, 0.999], ..Default::default() };
    let (mut makes, mut tells) = (Adam::new(&generator, adam), Adam::new(&discriminator, adam));
    let (mut by_g, mut by_d) = (generator.alloc_grads(), discriminator.alloc_grads());
    let noise = |images: usize| -> Noise { device.sample_normal_like(&(images, Const)) };
    // Samples are generated with the exponential moving average of the generator's weights.
    let mut average = AveragedModel::new(&generator, Averaging::Ema { decay: 0.995 });
    let shown = noise(500);
    let (sure_before, _) = judged(&judge, generator.forward(shown.clone()));

    for epoch in 1..=EPOCHS {
        let [mut loss_d, mut loss_g] = [0.0; 2];
        for batch in real.epoch(epoch) {
            let images = batch?.images.into_tensor(&device)?;

            // Train the discriminator. The gradients of both losses accumulate. The generated images have no tape, so the generator gets no
            // gradient.
            let on_real = loss_of(discriminator.forward_train(images, by_d), 0.9);
            let made = generator.forward_mut(noise(BATCH).leaky_traced()).retaped::<NoneTape>();
            loss_d += on_real.array();
            let on_made = loss_of(discriminator.forward_train(made, on_real.backward()), 0.0);
            loss_d += on_made.array();
            by_d = on_made.backward();
            tells.step(&mut discriminator, &mut by_d)?;
            discriminator.zero_grads(&mut by_d);

            // Train the generator: its gradient passes through the discriminator, whose parameters do not change.
            let loss = loss_of(discriminator.forward_mut(generator.forward_train(noise(BATCH), by_g)), 1.0);
            loss_g += loss.array();
            by_g = loss.backward();
            makes.step(&mut generator, &mut by_g)?;
            generator.zero_grads(&mut by_g);
            average.update(&generator);
        }
        if epoch % 30 == 0 {
            let batches = real.batch_count() as f32;
            let (sure, counts) = judged(&judge, average.model.forward(shown.clone()));
            let [loss_d, loss_g, sure] = [loss_d / batches, loss_g / batches, 100.0 * sure as f32];
            println!("epoch {epoch:3}: losses {loss_d:.2} and {loss_g:.2}; confident judgments {sure:.0} %, by digit {counts:?}");
        }
    }

    let file = std::env::temp_dir().join("layercake-gan.png");
    let pixels: Vec<f32> = average.model.forward(noise(100)).as_vec().iter().map(|pixel| (pixel + 1.0) / 2.0).collect();
    image_grid(&pixels, [1, 8, 8], 10).enlarged(4).save(&file)?;
    println!("samples: {}", file.display());

    let (sure, counts) = judged(&judge, average.model.forward(shown));
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

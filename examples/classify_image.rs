//! A program that carries its network with it: the weights are compiled in, and no file is needed but the image.
//!
//!     cargo run --release -p layercake-examples --example classify_image -- photo-of-a-digit.jpg
//!
//! Without an image it reads `data/seven.png`. With `--train` it trains the network on the digits that come with `layercake-train`, and
//! writes the weights that the next build compiles in.

use std::path::Path;
use std::process::ExitCode;

use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake::schedule::Cosine;
use layercake_train::data::readers::{Channels, read_image};
use layercake_train::data::transforms::RandomCrop;
use layercake_train::data::{Array, DataError, Image, KnownDataset, Loader, Split};
use layercake_train::{Classification, ProgressReport, TrainError, Trainer, Until, evaluate};

network! {
    /// From white ink on black, framed as MNIST's digits are, to a score for each digit.
    Digits: [1, 28, 28] -> [10] {
        conv1: Conv2d(8, kernel = 5, stride = 2), ReLU,
        conv2: Conv2d(16, kernel = 3, stride = 2), ReLU,
        Flatten, fc1: Linear(28), ReLU, fc2: Linear(10),
    }
}

// The program grows by as much.
const _: () = assert!(Digits::PARAMS * size_of::<f32>() < 60_000);

const WEIGHTS: &[u8] = include_bytes!("data/digits.safetensors");
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
const SIDE: usize = Digits::INPUT[1];

fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    let done = match argument.as_deref() {
        Some("--train") => train(),
        Some(image) => classify(Path::new(image)).map(drop),
        None => check(),
    };
    let Err(error) = done else { return ExitCode::SUCCESS };
    // It names the file, what was expected and what was found.
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

fn network() -> Result<(Digits, Cpu), TrainError> {
    let device = Cpu::default();
    let mut net = Digits::new(&device);
    io::load_safetensors_bytes(&mut net, WEIGHTS, "data/digits.safetensors (compiled in)")?;
    Ok((net, device))
}

/// Says which digit an image shows, and how sure that is.
fn classify(path: &Path) -> Result<usize, TrainError> {
    let image = prepared(&read_image(path, Channels::Gray)?);
    let (net, device) = network()?;
    let scores = net.forward(Array::new(vec![1, 1, SIDE, SIDE], image).into_tensor(&device)?);
    let chances = scores.softmax::<Axis<1>>().as_vec();
    let mut digits: Vec<usize> = (0..10).collect();
    digits.sort_by(|&a, &b| chances[b].total_cmp(&chances[a]));
    let said: Vec<String> = digits[..3].iter().map(|&digit| format!("{digit} ({:.1} %)", 100.0 * chances[digit])).collect();
    println!("{}: {}", path.display(), said.join(", "));
    Ok(digits[0])
}

/// Any gray image as the network knows them: of its size, and light ink on a dark ground.
fn prepared(image: &Image) -> Vec<f32> {
    let scaled = image.resized([SIDE; 2]).pixels;
    // A digit is thin: whatever most pixels are is the ground.
    let is_paper = scaled.iter().sum::<f32>() > 0.5 * scaled.len() as f32;
    scaled.into_iter().map(|pixel| if is_paper { 1.0 - pixel } else { pixel }).collect()
}

/// What the tests run: the weights are good, an image is recognized, what is no image is refused.
fn check() -> Result<(), TrainError> {
    let (net, device) = network()?;
    let test = KnownDataset::Digits.load(None, Digits::INPUT)?.test;
    let accuracy = evaluate(&net, &device, &Loader::new(test, 360))?.accuracy();
    println!("{} bytes of weights; {:.1} % of the test digits are right", WEIGHTS.len(), 100.0 * accuracy);
    assert!(accuracy > 0.96, "run this with --train");

    assert_eq!(classify(&Path::new(FOLDER).join("seven.png"))?, 7);

    let Err(refused) = classify(&Path::new(FOLDER).join("digits.safetensors")) else { panic!("that is no image") };
    println!("{refused}");
    assert!(matches!(refused, TrainError::Data(DataError::Content { .. })));
    Ok(())
}

/// Trains the network, with the digits moved about a little, and writes its weights.
fn train() -> Result<(), TrainError> {
    const EPOCHS: usize = 60;
    let Split { train, test } = KnownDataset::Digits.load(None, Digits::INPUT)?;
    let classes = train.classes().to_vec();
    let train = Loader::new(train, 32).shuffle(1).transform(RandomCrop::new([SIDE; 2]).padding(2));
    let device = Cpu::seed_from_u64(1);
    let mut net = Digits::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 3e-3, ..Default::default() });
    let mut task = Classification::new("digits", Loader::new(test, 360), &classes)?;
    let mut report = ProgressReport::new("training on the built-in digits", EPOCHS, train.batch_count());
    let schedule = Cosine { steps: EPOCHS * train.batch_count(), least: 0.0 };
    let mut trainer = Trainer::new(Until::Epochs(EPOCHS)).seed(1).schedule(schedule).callback(&mut report);
    trainer.fit(&mut net, &device, &mut optimizer, &mut task, &train)?;
    io::save_safetensors(&net, Path::new(FOLDER).join("digits.safetensors"))?;
    println!("written: the next build carries these weights");
    Ok(())
}

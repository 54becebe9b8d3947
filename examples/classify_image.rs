//! Classifies an image file with weights that are compiled into the program.
//!
//!     cargo run --release -p layercake-examples --example classify_image -- photo-of-a-digit.jpg
//!
//! Without an argument, it checks the weights and classifies `data/seven.png`. With `--train`, it trains the network on the built-in digits
//! of `layercake-train` and writes the weights for the next build.

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
    /// Maps an image in MNIST's format (white on black) to the logits of the ten digits.
    Digits: [1, 28, 28] -> [10] {
        conv1: Conv2d(8, kernel = 5, stride = 2), ReLU,
        conv2: Conv2d(16, kernel = 3, stride = 2), ReLU,
        Flatten, fc1: Linear(28), ReLU, fc2: Linear(10),
    }
}

// A limit on the size of the weights, checked at compile time.
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
    // The error message names the file, what was expected, and what was found.
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

fn network() -> Result<(Digits, Cpu), TrainError> {
    let device = Cpu::default();
    let mut net = Digits::new(&device);
    io::load_safetensors_bytes(&mut net, WEIGHTS, "data/digits.safetensors (compiled in)")?;
    Ok((net, device))
}

/// Prints the three most likely digits of an image with their probabilities.
fn classify(path: &Path) -> Result<usize, TrainError> {
    let image = prepared(&read_image(path, Channels::Gray)?);
    let (net, device) = network()?;
    let scores = net.forward(Array::new(vec![1, 1, SIDE, SIDE], image).into_tensor(&device)?);
    let chances = scores.softmax::<Axis<1>>().as_vec();
    let mut digits: Vec<usize> = (0..10).collect();
    digits.sort_by(|&a, &b| chances[b].total_cmp(&chances[a]));
    let shown: Vec<String> = digits[..3].iter().map(|&digit| format!("{digit} ({:.1} %)", 100.0 * chances[digit])).collect();
    println!("{}: {}", path.display(), shown.join(", "));
    Ok(digits[0])
}

/// Converts a gray image to the network's input: resizes it, and inverts a dark digit on a light background.
fn prepared(image: &Image) -> Vec<f32> {
    let scaled = image.resized([SIDE; 2]).pixels;
    // Most pixels belong to the background.
    let is_paper = scaled.iter().sum::<f32>() > 0.5 * scaled.len() as f32;
    scaled.into_iter().map(|pixel| if is_paper { 1.0 - pixel } else { pixel }).collect()
}

/// Checks the weights, classifies an example image, and shows the error for a file that is not an image.
fn check() -> Result<(), TrainError> {
    let (net, device) = network()?;
    let test = KnownDataset::Digits.load(None, Digits::INPUT)?.test;
    let accuracy = evaluate(&net, &device, &Loader::new(test, 360))?.accuracy();
    println!("{} bytes of weights; test accuracy {:.1} %", WEIGHTS.len(), 100.0 * accuracy);
    assert!(accuracy > 0.96, "run this with --train");

    assert_eq!(classify(&Path::new(FOLDER).join("seven.png"))?, 7);

    let Err(refused) = classify(&Path::new(FOLDER).join("digits.safetensors")) else { panic!("the file is not an image") };
    println!("{refused}");
    assert!(matches!(refused, TrainError::Data(DataError::Content { .. })));
    Ok(())
}

/// Trains the network with random shifts as augmentation, and writes the weights.
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
    let schedule = Cosine { steps: EPOCHS * train.batch_count(), min_lr: 0.0 };
    let mut trainer = Trainer::new(Until::Epochs(EPOCHS)).seed(1).schedule(schedule).callback(&mut report);
    trainer.fit(&mut net, &device, &mut optimizer, &mut task, &train)?;
    io::save_safetensors(&net, Path::new(FOLDER).join("digits.safetensors"))?;
    println!("weights written; rebuild to use them");
    Ok(())
}

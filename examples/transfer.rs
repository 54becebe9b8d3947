//! Transfer learning: a network trained on five classes is fine-tuned to five other classes with few examples.
//!
//! The first network is trained on the first five classes of a data set. Its body is loaded into a network with a new head. This network is
//! trained on twenty images of each of the other classes: first only the head, with the body frozen, then all parameters with a lower
//! learning rate.
//!
//! The data set is Fashion-MNIST if the environment variable LAYERCAKE_DATA names a folder that contains `fashion-mnist`, otherwise the
//! built-in digits.

use std::ops::Range;
use std::path::PathBuf;

use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::{DataError, Images, KnownDataset, Loader, Split};
use layercake_train::{Classification, Classifier, TrainError, Trainer, Until};

network! {
    block body() {
        conv1: Conv2d(16, kernel = 5, stride = 2), ReLU,
        conv2: Conv2d(32, kernel = 3, stride = 2), ReLU,
        Flatten,
    }

    /// The network that is trained first.
    Source: [1, 28, 28] -> [5] { body: body(), first: Linear(64), ReLU, scores: Linear(5) }

    /// The same body with another head.
    Target: [1, 28, 28] -> [5] { body: body(), head: Linear(64), ReLU, classes: Linear(5) }
}

/// Selects at most `most` images of each of these classes and relabels them from 0.
fn only(images: &Images, classes: Range<usize>, most: usize) -> Result<Images, DataError> {
    let of = |class| (0..images.len()).filter(move |&i| images.labels()[i] == class).take(most);
    let chosen = images.subset(&classes.clone().flat_map(of).collect::<Vec<_>>());
    let labels = chosen.labels().iter().map(|label| label - classes.start).collect();
    Images::new("a part", chosen.shape(), chosen.pixels().to_vec(), labels, chosen.classes()[classes].to_vec())
}

/// The training and test images of some classes.
struct Lesson {
    train: Loader<Images>,
    test: Loader<Images>,
    classes: Vec<String>,
}

impl Lesson {
    fn new(all: &Split, classes: Range<usize>, most: usize) -> Result<Self, DataError> {
        let train = only(&all.train, classes.clone(), most)?;
        let (names, batch) = (train.classes().to_vec(), if most < 100 { 10 } else { 32 });
        let test = Loader::new(only(&all.test, classes, 500)?, 250);
        Ok(Self { train: Loader::new(train, batch).shuffle(1), test, classes: names })
    }

    /// Trains a network for a number of epochs and returns its test accuracy.
    fn learn<N>(&self, net: &mut N, optimizer: &mut Adam, epochs: usize) -> Result<f64, TrainError>
    where
        N: Classifier<1, 28, 28, 5, Cpu> + Clone,
    {
        let mut task = Classification::new("transfer", self.test.clone(), &self.classes)?;
        let device = Cpu::default();
        let history = Trainer::new(Until::Epochs(epochs)).fit(net, &device, optimizer, &mut task, &self.train)?;
        Ok(history.last().and_then(|epoch| epoch.test.get("accuracy")).unwrap_or_default())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::var_os("LAYERCAKE_DATA").map(PathBuf::from);
    let set = if folder.is_some() { KnownDataset::FashionMnist } else { KnownDataset::Digits };
    if folder.is_none() {
        eprintln!("SKIPPED: Fashion-MNIST, since LAYERCAKE_DATA is not set. Using the built-in digits.");
    }
    let all = set.load(folder.as_deref(), Source::INPUT)?;
    let (much, little) = (Lesson::new(&all, 0..5, 1000)?, Lesson::new(&all, 5..10, 20)?);
    let adam = |lr| AdamConfig { lr, ..Default::default() };

    let device = Cpu::seed_from_u64(1);
    let mut source = Source::new(&device);
    let mut optimizer = Adam::new(&source, adam(2e-3));
    let accuracy = much.learn(&mut source, &mut optimizer, 5)?;
    println!("{} images of {:?}: {:.1} %", much.train.data().len(), much.classes, 100.0 * accuracy);
    let file = std::env::temp_dir().join("layercake-transfer.safetensors");
    io::save_safetensors(&source, &file)?;

    // Load the tensors with a matching name and shape; the report lists the others.
    let mut target = Target::new(&device);
    let report = io::load_matching(&mut target, &file)?;
    println!("\n{report}\n");
    assert_eq!(report.missing, ["head.weight", "head.bias", "classes.weight", "classes.bias"]);
    assert_eq!(report.unused, ["first.bias", "first.weight", "scores.bias", "scores.weight"]);

    println!("{} images of {:?}:", little.train.data().len(), little.classes);
    let mut fresh = Target::new(&device);
    let mut optimizer = Adam::new(&fresh, adam(2e-3));
    let alone = little.learn(&mut fresh, &mut optimizer, 20)?;
    println!("  {:.1} % from scratch", 100.0 * alone);

    let mut optimizer = Adam::new(&target, adam(2e-3));
    optimizer.freeze(&target, "body")?;
    let head = little.learn(&mut target, &mut optimizer, 10)?;
    assert_eq!(target.body_conv1.weight.as_vec(), source.body_conv1.weight.as_vec(), "frozen parameters do not change");
    println!("  {:.1} % with the head trained on the frozen body", 100.0 * head);

    optimizer.unfreeze(&target, "body")?;
    optimizer.cfg.lr = 5e-4;
    let all = little.learn(&mut target, &mut optimizer, 10)?;
    println!("  {:.1} % after fine-tuning all parameters", 100.0 * all);
    let bar = if folder.is_some() { 0.84 } else { 0.94 };
    assert!(head > 0.8 && all > bar, "the accuracy after transfer is too low: {head}, then {all}");
    Ok(())
}

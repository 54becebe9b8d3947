//! A few training steps of each trainable model on synthetic data: every loss falls, every metric is finite.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use layercake::dfdx::nn::BuildModule;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::loss::{CrossEntropy, Hinge};
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::readers::{Channels, MaskFolder, Text};
use layercake_train::data::{Collate, Dataset, Images, Loader, Normalize};
use layercake_train::{Classification, Classifier, Criterion, Task, Trainer, Until};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{SHAPE, pixel_cnn, segmentation, text, vae};
use crate::LeNet5;
use crate::networks::*;

/// Images that are easy to classify: each class `k` has a different bright row.
fn images(shape: [usize; 3]) -> Images {
    let mut random = StdRng::seed_from_u64(1);
    let [_, height, width] = shape;
    let labels: Vec<usize> = (0..16).map(|i| i % 10).collect();
    let bright = |label: usize, pixel: usize| (pixel / width) % height == 2 + 2 * label;
    let pixels = labels.iter().flat_map(|&label| (0..shape.iter().product()).map(move |pixel| bright(label, pixel)));
    let pixels = pixels.map(|bright| if bright { random.gen_range(200..=255) } else { random.gen_range(0..60) }).collect();
    Images::new("made here", shape, pixels, labels, (0..10).map(|class| class.to_string()).collect()).unwrap()
}

/// Trains for a few epochs of a few batches.
fn learns<N, T, S>(name: &str, mut task: T, data: &Loader<S>) -> String
where
    N: BuildModule<Cpu, f32> + TensorCollection<f32, Cpu> + Clone,
    S: Dataset,
    S::Item: Collate<Batch = T::Batch>,
    T: Task<N, Cpu>,
{
    let device = Cpu::seed_from_u64(1);
    let mut net = N::build(&device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 2e-3, ..Default::default() });
    let history = Trainer::new(Until::Epochs(4)).fit(&mut net, &device, &mut optimizer, &mut task, data).unwrap();
    let losses: Vec<f64> = history.iter().map(|epoch| epoch.train.get("loss").unwrap()).collect();
    println!("{name}: {losses:.3?}");
    assert!(losses[3] < 0.97 * losses[0], "{name}: {losses:?}");
    let metrics: Vec<(&str, f64)> = history[3].test.iter().collect();
    assert!(!metrics.is_empty() && metrics.iter().all(|(_, value)| value.is_finite()), "{name}: {metrics:?}");
    name.to_owned()
}

fn classifies<N, const C: usize, const H: usize, const W: usize>(name: &str, criterion: Criterion) -> String
where
    N: BuildModule<Cpu, f32> + Classifier<C, H, W, 10, Cpu> + Clone,
{
    let images = images([C, H, W]);
    let loader = Loader::new(images.clone(), 4).shuffle(1).transform(Normalize::measure(&images));
    let mut task = Classification::<Images, C, H, W, 10>::new(name, loader.clone(), images.classes()).unwrap();
    task.criterion = criterion;
    learns::<N, _, _>(name, task, &loader)
}

fn encodes<N, const Z: usize>(name: &str) -> String
where
    N: BuildModule<Cpu, f32> + vae::Autoencoder<Z, Cpu> + Clone,
{
    let loader = Loader::new(images(SHAPE), 4).shuffle(1);
    learns::<N, _, _>(name, vae::NegativeElbo::<Z> { test: loader.clone() }, &loader)
}

fn predicts_pixels<N: BuildModule<Cpu, f32> + pixel_cnn::Autoregressive<Cpu> + Clone>(name: &str) -> String {
    let loader = pixel_cnn::binarize(Loader::new(images(SHAPE), 4).shuffle(1));
    learns::<N, _, _>(name, pixel_cnn::NegativeLogLikelihood { test: loader.clone() }, &loader)
}

/// A picture of 90 x 120 pixels.
fn save(path: &Path, color: png::ColorType, pixels: &[u8]) {
    let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), 120, 90);
    encoder.set_color(color);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
}

/// StreetSegmentation of two classes: sky above, road below.
fn streets() -> String {
    let folder = tempfile::tempdir().unwrap();
    let (pictures, masks) = (folder.path().join("images"), folder.path().join("masks"));
    for place in [&pictures, &masks] {
        fs::create_dir(place).unwrap();
    }
    for i in 0..4 {
        let horizon = 30 + 10 * i;
        let rows = |above: &[u8], below: &[u8]| [above.repeat(120 * horizon), below.repeat(120 * (90 - horizon))].concat();
        save(&pictures.join(format!("{i}.png")), png::ColorType::Rgb, &rows(&[200, 120, 100], &[50, 120, 100]));
        save(&masks.join(format!("{i}.png")), png::ColorType::Grayscale, &rows(&[0], &[3]));
    }
    let classes = (0..11).map(|class| class.to_string()).collect();
    let set = MaskFolder::open(&pictures, &masks, Channels::Rgb, classes).unwrap();
    let loader = Loader::new(set.clone(), 2).shuffle(1);
    let task = segmentation::Segmentation { test: loader.clone(), pictures: set, criterion: CrossEntropy::default() };
    learns::<StreetUNet, _, _>("unet", task, &loader)
}

/// The same 65 characters, repeated.
fn characters() -> String {
    let row: String = (' '..).take(65).collect();
    let text = Text::new(&row.repeat(20));
    let streams = || text::streams_of(text.clone(), (4, 16)).unwrap();
    learns::<CharLstm, _, _>("char_lstm", text::NextCharacter::new(streams()), &streams())
}

#[test]
fn every_task_learns() {
    let plain = Criterion::default;
    let learned = [
        classifies::<LeNet5, 1, 28, 28>("lenet5", plain()),
        classifies::<LinearGray, 1, 28, 28>("linear_svm", Criterion::Hinge(Hinge::default())),
        classifies::<LinearGray, 1, 28, 28>("softmax", plain()),
        classifies::<Vgg8, 3, 32, 32>("vgg8", plain()),
        classifies::<Vgg8Gray, 1, 28, 28>("vgg8", plain()),
        classifies::<ResNet20, 3, 32, 32>("resnet20", plain()),
        classifies::<ResNet20Gray, 1, 28, 28>("resnet20", plain()),
        encodes::<MlpVae, 20>("vae"),
        encodes::<MlpVae2, 2>("vae2"),
        encodes::<ConvVae, 20>("conv_vae"),
        encodes::<ConvVae2, 2>("conv_vae2"),
        predicts_pixels::<PixelCnn>("pixelcnn"),
        predicts_pixels::<GatedPixelCnn>("gated_pixelcnn"),
        predicts_pixels::<ClassGatedPixelCnn>("class_gated_pixelcnn"),
        streets(),
        characters(),
    ];
    // Nearest neighbors and tables of values have no training steps, agents make their own data, mlp learns from the user's, and localizer runs a graph; they have separate tests.
    let apart = ["knn", "mlp", "localizer", "gridworld", "dqn", "reinforce", "actor_critic"];
    let zoo = crate::zoo();
    let trainable = zoo.iter().map(|model| model.name()).filter(|&name| !apart.contains(&name) && !crate::zoo::is_graph_only(name));
    assert_eq!(learned.iter().map(String::as_str).collect::<BTreeSet<_>>(), trainable.collect());
}

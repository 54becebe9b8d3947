//! A few training steps of each trainable model on synthetic data: every loss falls, every metric is finite.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use layercake::GraphModel;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::ir::Graph;
use layercake::loss::Hinge;
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::readers::{Channels, MaskFolder, Text, Windows};
use layercake_train::data::{Collate, Dataset, Images, Loader, Normalize};
use layercake_train::{Classification, Criterion, Goal, Supervised, Task, Trainer, Until};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::machine::Machine;
use super::{SHAPE, autoencoder, pixel_cnn, segmentation, text, vae};
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
fn learns<T, S>(name: &str, graph: &Graph, task: T, data: &Loader<S>) -> String
where
    S: Dataset,
    S::Item: Collate<Batch = T::Batch>,
    T: Task<GraphModel, Cpu>,
{
    let device = Cpu::seed_from_u64(1);
    net_learns(name, device.build(graph).unwrap(), &device, task, data)
}

fn net_learns<N, T, S>(name: &str, mut net: N, device: &Cpu, mut task: T, data: &Loader<S>) -> String
where
    N: TensorCollection<f32, Cpu> + Clone,
    S: Dataset,
    S::Item: Collate<Batch = T::Batch>,
    T: Task<N, Cpu>,
{
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 2e-3, ..Default::default() });
    let history = Trainer::new(Until::Epochs(4)).fit(&mut net, device, &mut optimizer, &mut task, data).unwrap();
    let losses: Vec<f64> = history.iter().map(|epoch| epoch.train.get("loss").unwrap()).collect();
    println!("{name}: {losses:.3?}");
    assert!(losses[3] < 0.97 * losses[0], "{name}: {losses:?}");
    let metrics: Vec<(&str, f64)> = history[3].test.iter().collect();
    assert!(!metrics.is_empty() && metrics.iter().all(|(_, value)| value.is_finite()), "{name}: {metrics:?}");
    name.to_owned()
}

fn classifies(name: &str, graph: &Graph, criterion: Criterion) -> String {
    let images = images(graph.inputs()[0].shape.dims().try_into().unwrap());
    let loader = Loader::new(images.clone(), 4).shuffle(1).transform(Normalize::measure(&images));
    let mut task = Supervised::new(Goal::Classes(images.classes().to_vec()), loader.clone());
    task.criterion = criterion;
    learns(name, graph, task, &loader)
}

fn squares(name: &str, graph: &Graph) -> String {
    let images = images(SHAPE);
    learns(name, graph, autoencoder::Autoencoding::on(images.clone()), &Loader::new(images, 4).shuffle(1))
}

fn encodes(name: &str, graph: &Graph) -> String {
    let loader = Loader::new(images(SHAPE), 4).shuffle(1);
    learns(name, graph, vae::NegativeElbo { test: loader.clone() }, &loader)
}

fn predicts_pixels(name: &str, graph: &Graph) -> String {
    let loader = pixel_cnn::binarize(Loader::new(images(SHAPE), 4).shuffle(1));
    learns(name, graph, pixel_cnn::NegativeLogLikelihood { test: loader.clone() }, &loader)
}

/// A picture of 90 x 120 pixels.
fn save(path: &Path, color: png::ColorType, pixels: &[u8]) {
    let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), 120, 90);
    encoder.set_color(color);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
}

/// StreetSegmentation of two classes: sky above, road below.
fn streets(name: &str, graph: &Graph) -> String {
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
    let task = segmentation::Segmentation::new(loader.clone(), set, segmentation::without_unlabeled());
    learns(name, graph, task, &loader)
}

/// The same 65 characters, repeated.
fn characters() -> String {
    let row: String = (' '..).take(65).collect();
    let text = Text::new(&row.repeat(20));
    let streams = || text::streams_of(text.clone(), (4, 64)).unwrap();
    learns("char_lstm", CharLstm::<f32, Cpu>::GRAPH, text::NextCharacter::new(streams()), &streams())
}

/// The same characters in windows.
fn attends_to_characters() -> String {
    let row: String = (' '..).take(65).collect();
    let text = Text::new(&row.repeat(4));
    let device = Cpu::seed_from_u64(1);
    let task = text::transformer::NextCharacter::new(text.clone()).unwrap();
    let windows = Loader::new(Windows::new(text, 128, 40).unwrap(), 4);
    let net = device.build(CharTransformer::<f32, Cpu>::GRAPH).unwrap();
    net_learns("char_transformer", net, &device, task, &windows)
}

fn pixels_with_deviations() -> String {
    let data = images([1, 28, 28]);
    learns("gaussian_vae", GaussianVae::<f32, Cpu>::GRAPH, vae::GaussianElbo::on(data.clone()), &Loader::new(data, 4).shuffle(1))
}

#[test]
fn every_task_learns() {
    let plain = Criterion::default;
    let learned = [
        classifies("lenet5", LeNet5::GRAPH, plain()),
        classifies("linear_svm", LinearGray::GRAPH, Criterion::Hinge(Hinge::default())),
        classifies("softmax", LinearGray::GRAPH, plain()),
        classifies("maxout", MaxoutNet::GRAPH, plain()),
        classifies("vgg8", Vgg8::GRAPH, plain()),
        classifies("vgg8", Vgg8Gray::GRAPH, plain()),
        classifies("resnet20", ResNet20::GRAPH, plain()),
        classifies("resnet20", ResNet20Gray::GRAPH, plain()),
        classifies("row_classifier", RowRnn::GRAPH, plain()),
        classifies("row_classifier", RowLstm::GRAPH, plain()),
        classifies("row_classifier", RowGru::GRAPH, plain()),
        squares("autoencoder", Autoencoder::GRAPH),
        encodes("vae", MlpVae::GRAPH),
        encodes("vae2", MlpVae2::GRAPH),
        encodes("conv_vae", ConvVae::GRAPH),
        encodes("conv_vae2", ConvVae2::GRAPH),
        predicts_pixels("pixelcnn", PixelCnn::GRAPH),
        predicts_pixels("gated_pixelcnn", GatedPixelCnn::GRAPH),
        predicts_pixels("class_gated_pixelcnn", ClassGatedPixelCnn::GRAPH),
        streets("unet", StreetUNet::GRAPH),
        streets("segnet", StreetSegNet::GRAPH),
        streets("segnet_nearest", StreetSegNetNearest::GRAPH),
        streets("segnet_nails", StreetSegNetNails::GRAPH),
        streets("segnet_transposed", StreetSegNetTransposed::GRAPH),
        streets("fcn", StreetFcn::GRAPH),
        characters(),
        attends_to_characters(),
        pixels_with_deviations(),
    ];
    // Nearest neighbors and tables of values have no training steps, agents make their own data, mlp learns from the user's, localizer draws canvases, moons and
    // curve train several networks, seq2seq draws sums, captioner draws strips, and dcgan, frame_labeler and detectors consist of two networks; they have separate tests.
    let made = ["localizer", "moons", "curve", "seq2seq", "captioner", "frame_labeler", "dcgan"];
    let detectors = ["sliding_window", "rcnn", "fast_rcnn", "faster_rcnn"];
    let apart = [&["knn", "mlp", "gridworld", "dqn", "reinforce", "actor_critic"][..], &made, &detectors].concat();
    let zoo = crate::zoo();
    let trainable = zoo.iter().map(|model| model.name()).filter(|&name| !apart.contains(&name) && !crate::zoo::is_graph_only(name));
    assert_eq!(learned.iter().map(String::as_str).collect::<BTreeSet<_>>(), trainable.collect());
}

/// The zoo trains graphs; a network trained as it was declared has the same bits.
#[test]
fn as_declared() {
    let device = Cpu::seed_from_u64(1);
    let images = images([1, 28, 28]);
    let data = Loader::new(images.clone(), 4).shuffle(1).transform(Normalize::measure(&images));
    let config = AdamConfig { lr: 2e-3, ..Default::default() };

    let (mut declared, mut task) = (LeNet5::new(&device), Classification::new("images", data.clone(), images.classes()).unwrap());
    let mut optimizer = Adam::new(&declared, config);
    let expected = Trainer::new(Until::Epochs(2)).fit(&mut declared, &device, &mut optimizer, &mut task, &data).unwrap();

    let mut graph = Cpu::seed_from_u64(1).build(LeNet5::<f32, Cpu>::GRAPH).unwrap();
    let mut task = Supervised::new(Goal::Classes(images.classes().to_vec()), data.clone());
    let mut optimizer = Adam::new(&graph, config);
    let found = Trainer::new(Until::Epochs(2)).fit(&mut graph, &device, &mut optimizer, &mut task, &data).unwrap();

    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(expected.train.get("loss"), found.train.get("loss"));
        for metric in ["loss", "accuracy"] {
            assert_eq!(expected.test.get(metric), found.test.get(metric), "{metric}");
        }
    }
    for (expected, found) in declared.named_tensors().iter().zip(graph.named_tensors()) {
        assert_eq!((expected.path(), expected.to_vec()), (found.path(), found.to_vec()));
    }
}

//! `layercake explain`: each method draws, and what is wrong is named.

use std::path::{Path, PathBuf};

use layercake::io::save_safetensors;
use layercake::prelude::*;
use layercake_models::{ExplainMethod, ExplainOptions, ExplainSettings, explain, zoo};
use layercake_train::data::KnownDataset;
use layercake_train::data::readers::{Channels, read_image};
use layercake_train::run::image_grid;

use crate::support::Place;

/// A file with a network's initial parameters.
fn checkpoint(place: &Place, model: &str) -> PathBuf {
    let path = place.path(&format!("{model}.safetensors"));
    let graph = find(model).graph_on(KnownDataset::Digits).unwrap().clone();
    save_safetensors(&GraphModel::new(graph, &Cpu::seed_from_u64(1)), &path).unwrap();
    path
}

fn find(model: &str) -> Box<dyn layercake_models::ZooModel> {
    zoo().into_iter().find(|other| other.name() == model).unwrap()
}

fn options(checkpoint: &Path, method: ExplainMethod, out: PathBuf) -> ExplainOptions {
    ExplainOptions {
        checkpoint: checkpoint.to_owned(),
        method,
        image: None,
        index: None,
        dataset: None,
        data_dir: None,
        normalize: None,
        class: None,
        layer: None,
        channel: None,
        at: None,
        settings: ExplainSettings::default(),
        out: (method != ExplainMethod::Units).then_some(out),
    }
}

/// The options with what the method needs, and few steps.
fn complete(mut options: ExplainOptions, layer: &str) -> ExplainOptions {
    use ExplainMethod as M;
    let method = options.method;
    if matches!(method, M::Dream | M::Inversion | M::Activations | M::Patches) {
        options.layer = Some(layer.to_owned());
    }
    if matches!(method, M::Fool | M::Ascent) {
        options.class = Some(3);
    }
    if matches!(method, M::IntegratedGradients | M::Fool | M::Ascent | M::Dream | M::Inversion) {
        options.settings.iterations = Some(2);
    }
    if method == M::SmoothGrad {
        options.settings.samples = Some(2);
    }
    if matches!(method, M::Neighbors | M::Pca | M::Tsne) {
        options.settings.samples = Some(80);
    }
    if method == M::Tsne {
        options.settings.iterations = Some(20);
    }
    options
}

#[test]
fn every_method_draws() {
    let place = Place::new();
    // LeNet-5 has no ReLU.
    let files = ["lenet5", "vgg8"].map(|model| (find(model), checkpoint(&place, model)));
    for method in ExplainMethod::ALL {
        let (model, file) = &files[usize::from(matches!(method, ExplainMethod::GuidedBackprop | ExplainMethod::Deconvolution))];
        let out = place.path(&format!("{method}.png"));
        let found =
            explain(&**model, &complete(options(file, method, out.clone()), "conv1")).unwrap_or_else(|error| panic!("{method}: {error}"));
        if method == ExplainMethod::Units {
            assert!(found.file.is_none() && found.text.lines().count() == 6 && found.text.contains("tanh_4"), "{}", found.text);
            continue;
        }
        assert_eq!(found.file.as_deref(), Some(out.as_path()));
        let picture = read_image(&out, Channels::Rgb).unwrap();
        let colors = picture.pixels.iter().map(|x| x.to_bits()).collect::<std::collections::BTreeSet<_>>().len();
        assert!(picture.size().iter().all(|side| *side > 100) && colors > 10, "{method}: {:?}, {colors} values", picture.size());
        assert!(found.text.contains("of ") || found.text.contains("away from") || found.text.contains("steps to"), "{}", found.text);
    }
    // The map of a unit of the first layer is dark where the unit does not see.
    let out = place.path("unit.png");
    let unit = ExplainOptions {
        layer: Some("conv1".to_owned()),
        channel: Some(4),
        at: Some([0, 0]),
        ..options(&files[0].1, ExplainMethod::Saliency, out.clone())
    };
    let found = explain(&*files[0].0, &unit).unwrap();
    assert!(found.text.starts_with("saliency of channel 4 of conv1 at 0,0: picture, labeled"), "{}", found.text);
    let picture = read_image(&out, Channels::Rgb).unwrap();
    let [_, width] = picture.size();
    // The right half: the corner is lit, the rest has the darkest color.
    let red = |y: usize, x: usize| (255.0 * picture.pixels[y * width + x]).round() as u8;
    assert_ne!(red(8, width / 2 + 12), 68);
    assert_eq!([red(100, width - 20), red(8, width - 20), red(200, width / 2 + 12)], [68; 3]);
}

/// No option is read and then ignored: what a method does not take is an error that names it.
#[test]
fn options_without_effect_are_errors() {
    let place = Place::new();
    let file = checkpoint(&place, "lenet5");
    type Give = fn(&mut ExplainOptions);
    let settings: [(&str, Give); 17] = [
        ("--iterations", |o| o.settings.iterations = Some(1)),
        ("--lr", |o| o.settings.lr = Some(0.07)),
        ("--epsilon", |o| o.settings.epsilon = Some(0.2)),
        ("--confidence", |o| o.settings.confidence = Some(0.0)),
        ("--samples", |o| o.settings.samples = Some(50)),
        ("--stdevs", |o| o.settings.stdevs = Some(0.1)),
        ("--window", |o| o.settings.window = Some(9)),
        ("--stride", |o| o.settings.stride = Some(1)),
        ("--l2", |o| o.settings.l2 = Some(0.9)),
        ("--blur-every", |o| o.settings.blur_every = Some(1)),
        ("--small-values", |o| o.settings.small_values = Some(80.0)),
        ("--small-gradients", |o| o.settings.small_gradients = Some(80.0)),
        ("--jitter", |o| o.settings.jitter = Some(3)),
        ("--octaves", |o| o.settings.octaves = Some(2)),
        ("--tv", |o| o.settings.tv = Some(1.0)),
        ("--perplexity", |o| o.settings.perplexity = Some(5.0)),
        ("--seed", |o| o.settings.seed = Some(9)),
    ];
    let model = find("lenet5");
    let picture = place.path("picture.png");
    image_grid(&(0..784).map(|i| (i % 29) as f32 / 28.0).collect::<Vec<_>>(), [1, 28, 28], 1).save(&picture).unwrap();
    let mut taken = 0;
    for method in ExplainMethod::ALL {
        let mut base = complete(options(&file, method, place.path("base.png")), "conv1");
        base.normalize = Some((vec![0.1], vec![0.3]));
        base.image = Some(picture.clone());
        if explain(&*model, &base).is_err() {
            base.image = None;
        }
        for (name, give) in settings {
            let mut given = base.clone();
            give(&mut given);
            given.out = given.out.map(|_| place.path("given.png"));
            match explain(&*model, &given) {
                Err(error) => assert_eq!(error.to_string(), format!("`{name}` has no effect on `--method {method}`")),
                Ok(_) => {
                    taken += 1;
                    explain(&*model, &base).unwrap();
                    let files = ["base.png", "given.png"].map(|name| std::fs::read(place.path(name)).unwrap());
                    assert!(files[0] != files[1], "`{name}` changes nothing of {method}");
                }
            }
        }
    }
    assert_eq!(taken, 36);
}

#[test]
fn mistakes_are_named() {
    let place = Place::new();
    let (lenet, text) = (checkpoint(&place, "lenet5"), place.path("text.txt"));
    std::fs::write(&text, "no picture").unwrap();
    let start = format!("explain lenet5 --checkpoint {} --out a.png", lenet.display());
    let cases = [
        ("--method saliency --class 10", "class 10 of `LeNet5` does not exist: its output has 10 classes, counted from 0"),
        ("--method saliency --layer conv3 --channel 1", "`LeNet5` has no layer `conv3`; did you mean `conv1`, `conv2`?"),
        ("--method saliency --layer conv1 --channel 6", "channel 6 of `conv1` does not exist: it has 6, counted from 0"),
        (
            "--method saliency --layer conv1 --channel 5 --at 28,0",
            "position [28, 0] of `conv1` does not exist: the sizes behind the channels are [28, 28]",
        ),
        ("--method saliency --layer conv1", "`--layer` needs `--channel`"),
        ("--method saliency --at 1,1", "`--at` needs `--layer` and `--channel`"),
        ("--method saliency --class 1 --layer conv1 --channel 0", "`--class` and `--layer` are two targets; give one of them"),
        ("--method saliency --index 360", "`--index 360`: there are 360 test images, counted from 0"),
        ("--method ascent", "`--method ascent` needs `--class`, or `--layer` and `--channel`"),
        ("--method fool", "`--method fool` needs `--class`"),
        ("--method dream", "`--method dream` needs `--layer`; `layercake summary` lists the layers"),
        ("--method guided-backprop", "`LeNet5` has no ReLU before the target; guided backpropagation differs from the gradient only there"),
        ("--method patches --layer fc1", "`fc1` gives [120] for each sample; a search for patches needs [channels, height, width]"),
        ("--method filters --class 1", "`--class` has no effect on `--method filters`"),
        ("--method saliency --mean 0.1,0.2 --std 1,1", "`--mean` and `--std` need a number for each of 1 channels, and deviations above 0"),
        ("--method tsne --samples 20", "`perplexity` is 30; expected at least 1 and less than the number of points, 20"),
        ("--method pca --samples 1", "2 components of 1 points with 84 dimensions; expected from 1 to the smaller of the two"),
        ("--method neighbors --samples 1", "`--method neighbors` needs at least 2 test images"),
        (
            "--method neighbors --index 4 --seed 1",
            "`--seed` has no effect: the picture is chosen, and all test images are compared with it",
        ),
        ("--method tsne --layer conv9", "`LeNet5` has no layer `conv9`; did you mean `conv1`, `conv2`?"),
        ("--method tsne --index 1", "`--index` has no effect on `--method tsne`"),
        ("--method saliency --dataset mnist", "the data set `mnist` is read from files"),
        ("--method saliency --image text.txt", "text.txt: "),
    ];
    for (rest, expected) in cases {
        let output = place.run(&format!("{start} {rest}"));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with(&format!("error: {expected}")) && stderr.lines().count() == 1, "{rest}: {stderr}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    }
    assert!(!place.path("a.png").exists());
    place.fails(
        &format!("explain lenet5 --checkpoint {} --method saliency", lenet.display()),
        1,
        "error: `--method saliency` needs `--out FILE.png`",
    );
    for (model, reason) in [
        ("char_lstm", "it does not take one picture [channels, height, width]"),
        ("siamese", "it does not take one picture [channels, height, width]"),
        ("dqn", "it acts in an environment and has no data set of pictures"),
        ("knn", "it is not a network"),
    ] {
        let command = format!("explain {model} --checkpoint {} --method saliency --out a.png", lenet.display());
        place.fails(&command, 1, &format!("error: `{model}` cannot be explained: {reason}"));
    }
}

#[test]
fn a_picture_from_a_file() {
    let place = Place::new();
    let lenet = checkpoint(&place, "lenet5");
    let start = format!("explain lenet5 --checkpoint {} --mean 0.1 --std 0.3", lenet.display());
    let drawn = place.works(&format!("{start} --method ascent --class 2 --l2 0.1 --iterations 3 --out two.png"));
    assert!(drawn.starts_with("ascent of ") && drawn.ends_with("two.png\n"), "{drawn}");
    let found = place.works(&format!("{start} --method grad-cam --layer conv1 --image two.png --out cam.png"));
    assert!(found.starts_with("grad-cam of ") && found.contains(" at conv1: picture, taken for "), "{found}");
    // A dream keeps the picture's own size: as much as the layer takes.
    place.works(&format!("{start} --method dream --layer conv1 --image two.png --iterations 1 --out dream.png"));
    let [before, after] = ["two.png", "dream.png"].map(|name| read_image(&place.path(name), Channels::Gray).unwrap().size());
    assert!(after[0] >= before[0] && after[1] > 2 * before[1] - 10, "{before:?} and {after:?}");
}

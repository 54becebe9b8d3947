//! Features in place of pixels: a histogram of hues and one of oriented gradients.
//!
//! A linear classifier has one template of pixels for each class, so that an object in another place or color is missed. A histogram of oriented gradients tells where there are edges of which direction, and a
//! histogram of hues how much there is of which color, wherever it is. The same support vector machine (hinge loss) learns from each. Without a folder of data the pictures are
//! digits, every second one in black on white, which a template of pixels cannot follow.

use layercake::ir::{Builder, INFER, Shape, ops::Linear};
use layercake::optim::{AdamConfig, WeightDecay};
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::{Image, Images, KnownDataset, Split};
use layercake_train::features::{Hog, hog, hue_histogram};
use layercake_train::run::{Figure, Plot};

use super::{Data, Fit, Report, StudyOptions, change, evaluate, fit};

network! {
    /// The machine for pixels; for features it has as many inputs as there are.
    pub Machine: [3072] -> [10] { fc: Linear(10) }
}

/// What a picture becomes.
type Features = fn(&Image) -> Vec<f32>;

const CELLS: Hog = Hog { orientations: 9, cell: 8, block: 2 };

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    let mut split = options.images(KnownDataset::Cifar10, [3, 32, 32], options.size([200, 360], [10_000, 2_000]))?;
    if options.data_dir.is_none() {
        split = Split { train: half_inverted(&split.train), test: half_inverted(&split.test) };
    }
    let kinds: [(&str, Features); 4] = [
        ("pixels", |image| image.pixels.clone()),
        ("hues", |image| hue_histogram(image, 10)),
        ("oriented gradients", |image| hog(image, &CELLS)),
        ("both", |image| [hog(image, &CELLS), hue_histogram(image, 10)].concat()),
    ];
    let mut accuracies = Vec::new();
    let table = report.table(
        &format!("A linear support vector machine on {} pictures:", split.train.len()),
        &["features", "numbers", "training accuracy (%)", "test accuracy (%)"],
    );
    for (name, features) in kinds {
        let [train, test] = data(&split, features);
        let count = train.shape[0];
        let mut builder = Builder::new("Machine");
        let input = builder.input("input", Shape::new(&[count]))?;
        let scores = builder.add("fc", Linear { in_features: INFER, out_features: 10, bias: true }, &[input])?;
        let mut net = GraphModel::try_new(builder.try_finish(&[("output", scores)])?, &options.device(1))?;
        let rule = AdamConfig { lr: 1e-3, weight_decay: Some(WeightDecay::Decoupled(0.1)), ..Default::default() };
        let step = change(&net, rule);
        fit(&mut net, &train, Fit { batch: 50, epochs: options.size(30, 15), order: 0, hinge: true }, options, step)?;
        let [seen, new] = [&train, &test].map(|data| evaluate(&net, data).map(|found| 100.0 * found[1]));
        accuracies.push((name, new?));
        table.row([name.into(), count.into(), seen?.into(), accuracies[accuracies.len() - 1].1.into()]);
    }
    let (pixels, both) = (accuracies[0].1, accuracies[3].1);
    report.claim(
        "Both features are at least 4 points better than pixels",
        format!("{both:.1} % instead of {pixels:.1} %"),
        both >= pixels + 4.0,
    );
    let plot = Plot::new("", ["test accuracy (%)", ""]).rows("", accuracies);
    report.picture(
        "",
        "Bars of test accuracies: both features together are best.",
        &Figure::new("One linear classifier, four kinds of features").height(210.0).plot(plot),
    );
    Ok(report)
}

fn half_inverted(images: &Images) -> Images {
    let mut number = 0;
    images.map([3, 32, 32], |picture| {
        number += 1;
        picture.iter().map(|byte| if number % 2 == 0 { 255 - byte } else { *byte }).collect()
    })
}

/// The features of all pictures, each of mean 0 and deviation 1 on the training pictures.
fn data(split: &Split, features: Features) -> [Data; 2] {
    let of = |images: &Images| -> Vec<Vec<f32>> {
        (0..images.len()).map(|i| features(&Image::from_bytes(images.shape(), images.image(i)))).collect()
    };
    let [train, test] = [&split.train, &split.test].map(of);
    let count = train[0].len();
    let mean =
        |at: usize, power: i32, middle: f32| train.iter().map(|row| (row[at] - middle).powi(power)).sum::<f32>() / train.len() as f32;
    let scales: Vec<(f32, f32)> =
        (0..count).map(|at| mean(at, 1, 0.0)).enumerate().map(|(at, middle)| (middle, mean(at, 2, middle).sqrt().max(1e-3))).collect();
    let made = |rows: Vec<Vec<f32>>, labels: &[usize]| Data {
        shape: vec![count],
        inputs: rows.iter().flat_map(|row| row.iter().zip(&scales).map(|(x, (middle, deviation))| (x - middle) / deviation)).collect(),
        labels: labels.to_vec(),
    };
    [made(train, split.train.labels()), made(test, split.test.labels())]
}

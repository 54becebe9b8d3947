//! Nearest neighbors: regions of k and of the distance, and what a distance of pixels means.
//!
//! With one neighbor each odd point has an island; three and five smooth the border, and L1 and L2 draw it differently. A picture that is shifted, tinted or has a blot can have one and the same
//! distance to the original, though only one of them looks wrong. And dimensions without meaning drown those that have one.

use layercake_train::TrainError;
use layercake_train::data::{Image, Images, KnownDataset};
use layercake_train::neighbors::{Distance, NearestNeighbors};
use layercake_train::run::{Canvas, Field, Figure, Plot};
use rand::Rng;
use rand::rngs::StdRng;
use rand_distr::StandardNormal;

use super::{Report, StudyOptions};

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    regions(&mut report, options)?;
    distances(&mut report, options)?;
    dimensions(&mut report, options)?;
    Ok(report)
}

/// Points in bytes, for the classes 0, 1, 2: the first two coordinates lie around a center, the others are noise.
fn points(random: &mut StdRng, count: usize, dimensions: usize) -> Result<Images, TrainError> {
    let centers = [[80.0, 90.0], [170.0, 100.0], [120.0, 180.0]];
    let labels: Vec<usize> = (0..count).map(|i| i % 3).collect();
    let mut bytes = Vec::new();
    for &label in &labels {
        let mut normal =
            |middle: f64, deviation: f64| (middle + deviation * random.sample::<f64, _>(StandardNormal)).clamp(0.0, 255.0) as u8;
        bytes.extend(centers[label].map(|center| normal(center, 32.0)));
        bytes.extend((2..dimensions).map(|_| normal(128.0, 45.0)));
    }
    let names = ["a", "b", "c"].map(str::to_owned).to_vec();
    Ok(Images::new("points", [1, 1, dimensions], bytes, labels, names)?)
}

fn regions(report: &mut Report, options: &StudyOptions) -> Result<(), TrainError> {
    let known = points(&mut options.random(1), 60, 2)?;
    let cells = 64;
    let places: Vec<u8> = (0..cells * cells).flat_map(|i| [(i % cells * 4) as u8, (i / cells * 4) as u8]).collect();
    let grid = Images::new("grid", [1, 1, 2], places, vec![0; cells * cells], vec!["any".to_owned()])?;
    let mut figure = Figure::new("Classes of the plane, by k nearest neighbors").columns(3).height(200.0);
    let table = report.table("Places of the plane whose class differs from that of one neighbor (%):", &["distance", "k = 3", "k = 5"]);
    for (title, distance) in [("L1", Distance::L1), ("L2", Distance::L2)] {
        let (neighbors, mut first, mut row) = (NearestNeighbors::new(known.clone(), distance), Vec::new(), vec![title.into()]);
        for k in [1, 3, 5] {
            let classes: Vec<usize> = neighbors.nearest(&grid, k).iter().map(|nearest| voted(nearest)).collect();
            if k == 1 {
                first.clone_from(&classes);
            } else {
                let other = classes.iter().zip(&first).filter(|(a, b)| a != b).count();
                row.push((100.0 * other as f64 / classes.len() as f64).into());
            }
            let field = Field::of([cells; 2], 0.0..252.0, 0.0..252.0, |x, y| {
                classes[(y / 4.0).round() as usize * cells + (x / 4.0).round() as usize] as f64
            });
            let mut plot = Plot::new(&format!("{title}, k = {k}"), ["first coordinate", ""]).regions(field);
            for (class, name) in known.classes().iter().enumerate() {
                let own = (0..known.len())
                    .filter(|&i| known.labels()[i] == class)
                    .map(|i| (f64::from(known.image(i)[0]), f64::from(known.image(i)[1])));
                plot = plot.points(&format!("class {name}"), own.collect::<Vec<_>>());
            }
            figure = figure.plot(plot);
        }
        table.row(row);
    }
    report.picture("regions", "Six maps of the plane: islands with one neighbor, smoother borders with three and five.", &figure);
    Ok(())
}

/// The most frequent class, of equals that of the nearest.
fn voted(nearest: &[usize]) -> usize {
    let votes = |class: &usize| nearest.iter().filter(|other| *other == class).count();
    *nearest.iter().rev().max_by_key(|class| votes(class)).expect("k is at least 1")
}

/// A picture with three changes of one L2 distance.
fn distances(report: &mut Report, options: &StudyOptions) -> Result<(), TrainError> {
    let photo = options.images(KnownDataset::Cifar10, [3, 32, 32], [1, 1])?.train;
    let original = Image::from_bytes([3, 32, 32], photo.image(0));
    let changed = |change: &dyn Fn(usize, usize, usize) -> f32| Image {
        shape: [3, 32, 32],
        pixels: (0..3072).map(|i| change(i / 1024, i / 32 % 32, i % 32)).collect(),
    };
    let at = |c: usize, y: usize, x: usize| original.pixels[c * 1024 + y * 32 + x];
    let shifted = changed(&|c, y, x| at(c, y, x.saturating_sub(1)));
    let distance = |other: &Image| original.pixels.iter().zip(&other.pixels).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
    let goal = distance(&shifted);
    // The strength of a change that has this distance, by halving.
    let fitted = |change: &dyn Fn(f32) -> Image| {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..40 {
            let middle = f32::midpoint(low, high);
            if distance(&change(middle)) < goal { low = middle } else { high = middle }
        }
        change(high)
    };
    let tinted = fitted(&|tint| changed(&|c, y, x| at(c, y, x) * (1.0 - if c == 2 { tint } else { 0.2 * tint })));
    let blotted = fitted(&|size| {
        changed(&|c, y, x| {
            let inside = 23.0 * size - (y as f32 - 14.0).hypot(x as f32 - 15.0);
            at(c, y, x) * (1.0 - inside.clamp(0.0, 1.0))
        })
    });
    let pictures = [("original", &original), ("shifted by a pixel", &shifted), ("tinted", &tinted), ("with a blot", &blotted)];
    let table = report.table("Distances of pictures from the original, with pixels from 0 to 1:", &["picture", "L2", "L1"]);
    let mut figure = Figure::new("Three changes of one L2 distance").columns(4).height(150.0);
    for (name, picture) in pictures {
        let l1 = original.pixels.iter().zip(&picture.pixels).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>();
        table.row([name.into(), distance(picture).into(), l1.into()]);
        figure = figure.plot(Plot::new(name, ["", ""]).across(0.0..32.0).up(0.0..32.0).picture(
            Canvas::from_image(picture),
            0.0..32.0,
            0.0..32.0,
        ));
    }
    let found = [&tinted, &blotted].map(|picture| distance(picture) / goal);
    report.claim(
        "A shift, a tint and a blot have distances equal to 1 %",
        format!("{found:.4?} times that of the shift"),
        found.iter().all(|ratio| (ratio - 1.0).abs() < 0.01),
    );
    report.picture("distances", "A photo, and the same shifted, tinted and with a blot: all three are equally far from it.", &figure);
    Ok(())
}

fn dimensions(report: &mut Report, options: &StudyOptions) -> Result<(), TrainError> {
    let counts = [2, 4, 8, 16, 32, 64, 128];
    let mut line = Vec::new();
    let table = report.table("Accuracy of five neighbors (L2) on new points:", &["dimensions", "accuracy (%)"]);
    for count in counts {
        let random = &mut options.random(2);
        let (known, new) = (points(random, 300, count)?, points(random, options.size(300, 1500), count)?);
        let accuracy = 100.0 * NearestNeighbors::new(known, Distance::L2).accuracies(&new, &[5])[0];
        table.row([count.into(), accuracy.into()]);
        line.push((count as f64, accuracy));
    }
    report.claim(
        "Accuracy falls as dimensions without meaning are added",
        format!("from {:.0} % with 2 to {:.0} % with 128", line[0].1, line[6].1),
        line[6].1 < line[0].1 - 10.0,
    );
    let plot = Plot::new("", ["dimensions, of which two have a meaning", "accuracy (%)"]).logarithmic([true, false]).line("", line);
    report.picture(
        "dimensions",
        "Accuracy falls from two dimensions to 128.",
        &Figure::new("Dimensions without meaning").height(240.0).plot(plot),
    );
    Ok(())
}

//! Decision regions, and the regions in which a network is linear.

use std::path::Path;

use layercake_train::TrainError;
use layercake_train::data::{Sample, Target};
use layercake_train::run::Canvas;

use super::compared::{Candidate, outputs};
use super::places;
use super::regions::{Region, bound, layers, regions};
use crate::tasks::machine::Machine;

/// The part of the plane that is drawn: left, right, bottom, top.
const VIEW: [f64; 4] = [-1.75, 2.75, -1.3, 1.8];
/// Pixels for a unit of length.
const SCALE: f64 = 60.0;
/// Pixels for the side of a cell, in which the network is asked once.
const CELL: usize = 3;
const COLUMNS: usize = 3;
const CLASSES: [[u8; 3]; 2] = [[0, 114, 178], [213, 94, 0]];
/// How many training points are drawn.
const SHOWN: usize = 300;
/// The networks whose linear regions are drawn.
const LINEAR: [&str; 3] = ["1x2", "1x10", "2x20"];

/// `regions.png` and `linear_regions.png`.
pub(super) fn draw<D: Machine>(candidates: &[Candidate<D::Net>], device: &D, train: &[Sample], folder: &Path) -> Result<(), TrainError> {
    let mut pictures = Vec::new();
    for candidate in candidates {
        let share = candidate.metrics.get("accuracy").unwrap_or(f64::NAN);
        pictures.push(decisions(&candidate.net, device, train)?.captioned(&format!("{} {:.1} %", candidate.name, 100.0 * share)));
    }
    Canvas::grid(&pictures, COLUMNS).save(&folder.join("regions.png"))?;
    let mut pictures = Vec::new();
    for candidate in candidates.iter().filter(|candidate| LINEAR.contains(&candidate.name)) {
        let layers = layers(&candidate.net)?;
        let found = regions(&layers, VIEW);
        let caption = format!("{}: {}, at most {}", candidate.name, found.len(), bound(&layers));
        pictures.push(parts(&found).captioned(&caption));
    }
    Canvas::grid(&pictures, COLUMNS).save(&folder.join("linear_regions.png"))
}

/// Height and width of a picture of the plane.
fn size() -> [usize; 2] {
    [VIEW[3] - VIEW[2], VIEW[1] - VIEW[0]].map(|length| (length * SCALE) as usize / CELL * CELL)
}

/// The point of the plane at a row and column of the picture.
fn point([row, column]: [f64; 2]) -> [f64; 2] {
    [VIEW[0] + column / SCALE, VIEW[3] - row / SCALE]
}

/// The row and column of a point of the plane.
fn place([x, y]: [f64; 2]) -> [f64; 2] {
    [(VIEW[3] - y) * SCALE, (x - VIEW[0]) * SCALE]
}

/// A color towards white; `share` is what is left of it.
fn pale(color: [u8; 3], share: f64) -> [u8; 3] {
    color.map(|byte| (255.0 - (255.0 - f64::from(byte)) * share).round() as u8)
}

/// The class in each cell, the paler the less sure, with training points.
fn decisions<D: Machine>(net: &D::Net, device: &D, train: &[Sample]) -> Result<Canvas, TrainError> {
    let [height, width] = size();
    let columns = width / CELL;
    let middle = |i: usize| (i * CELL) as f64 + CELL as f64 / 2.0;
    let cells: Vec<[f32; 2]> =
        (0..height / CELL * columns).map(|i| point([middle(i / columns), middle(i % columns)]).map(|x| x as f32)).collect();
    let scores = outputs(net, device, &cells)?;
    let color = |row: &[f32; 2]| {
        let class = usize::from(row[1] > row[0]);
        // From 0 on the boundary to 1: the difference of the probabilities.
        let sure = f64::from((row[1] - row[0]).abs() / 2.0).tanh();
        pale(CLASSES[class], 0.12 + 0.4 * sure)
    };
    let bytes = scores.as_chunks().0.iter().flat_map(color).collect();
    let mut canvas = Canvas::from_rgb([height / CELL, columns], bytes).enlarged(CELL);
    // Points of both classes over the whole range.
    for (at, sample) in places::<2>(train).iter().zip(train).step_by(train.len().div_ceil(SHOWN)) {
        let Target::Class(class) = sample.target else { continue };
        let center = place(at.map(f64::from));
        canvas.disk(center, 3.2, [255; 3]);
        canvas.disk(center, 2.4, CLASSES[class]);
    }
    Ok(canvas)
}

/// The regions in colors, with their borders.
fn parts(regions: &[Region]) -> Canvas {
    let [height, width] = size();
    let mut bytes = vec![255; 3 * height * width];
    for (number, region) in regions.iter().enumerate() {
        let color = pale(Canvas::color_of(number), 0.5);
        let places: Vec<[f64; 2]> = region.corners.iter().map(|&corner| place(corner)).collect();
        let range = |axis: usize, most: usize| {
            let (low, high) =
                places.iter().fold((f64::INFINITY, 0.0f64), |(low, high), place| (low.min(place[axis]), high.max(place[axis])));
            low.max(0.0) as usize..(high.ceil() as usize).min(most)
        };
        for row in range(0, height) {
            for column in range(1, width) {
                if region.contains(point([row as f64 + 0.5, column as f64 + 0.5])) {
                    bytes[3 * (row * width + column)..][..3].copy_from_slice(&color);
                }
            }
        }
    }
    let mut canvas = Canvas::from_rgb([height, width], bytes);
    for region in regions {
        for (i, &corner) in region.corners.iter().enumerate() {
            canvas.stroke(place(corner), place(region.corners[(i + 1) % region.corners.len()]), 0.6, [60; 3]);
        }
    }
    canvas
}

//! The fitted curves.

use std::path::Path;

use layercake_train::data::{CURVE_RANGE, Sample};
use layercake_train::run::{Line, draw_fit};
use layercake_train::{Goal, TrainError};

use super::compared::{Candidate, outputs};
use super::{number, places};
use crate::tasks::machine::Machine;
use crate::tasks::save_text;

/// Points of a drawn curve.
const STEPS: usize = 400;

/// `fits.svg`: what each network has made of the training points.
pub(super) fn draw<D: Machine>(
    candidates: &[Candidate<D::Net>],
    device: &D,
    train: &[Sample],
    goal: &Goal,
    folder: &Path,
) -> Result<(), TrainError> {
    // In the units of the data.
    let restored = |number: f32| match goal {
        Goal::Numbers(targets) => targets[0].restored(number),
        Goal::Classes(_) | Goal::Labels(_) => f64::NAN,
    };
    let [low, high] = CURVE_RANGE.map(|edge| edge as f32);
    let across: Vec<[f32; 1]> = (0..=STEPS).map(|i| [low + (high - low) * i as f32 / STEPS as f32]).collect();
    let mut lines: Vec<Line> = Vec::new();
    for candidate in candidates {
        let up = outputs(&candidate.net, device, &across)?;
        let line = across.iter().zip(up).map(|([x], y)| (f64::from(*x), restored(y))).collect();
        lines.push((candidate.name.to_owned(), line));
    }
    let points: Vec<(f64, f64)> =
        places(train).iter().zip(train).map(|([x], sample)| (f64::from(*x), number(sample).map_or(f64::NAN, restored))).collect();
    let svg = draw_fit("Fits of the training points", ["x", "y"], &points, &lines).map_err(TrainError::Test)?;
    save_text(&folder.join("fits.svg"), &svg)
}

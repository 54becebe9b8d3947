//! Learning rates: four shapes of the loss, and five schedules.
//!
//! One network is trained with nine rates, each three times the last. Of these the good rate has the lowest loss at the end; the low one is a hundredth of it, the high one is the largest that ends
//! below 0.8 of the loss of chance, and the too high one is the first that ends no better than chance. (With chance itself as the bar the high rate is 0.729, which stays near chance; this study first had it
//! so, and a schedule that began there diverged.) The schedules begin with the high rate: with a constant rate it stays restless, with a falling one the loss
//! goes on down.

use layercake::optim::SgdConfig;
use layercake::prelude::*;
use layercake::schedule::{Constant, Cosine, Exponential, InverseTime, Schedule, Step};
use layercake_train::TrainError;
use layercake_train::data::KnownDataset;
use layercake_train::run::{Figure, Plot};

use super::{Data, Fit, Report, StudyOptions, fit, scheduled};

network! {
    pub Mlp: [1, 28, 28] -> [10] { Flatten, fc1: Linear(100), ReLU, fc2: Linear(100), ReLU, scores: Linear(10) }
}

/// The loss of equal scores for ten classes.
const CHANCE: f64 = std::f64::consts::LN_10;

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    let [train, _] = options.data(KnownDataset::Mnist, [1, 28, 28], options.size([600, 1], [4000, 1]))?;
    let how = Fit { batch: 20, epochs: options.size(4, 5), order: 0, hinge: false };
    let steps = train.len().div_ceil(how.batch) * how.epochs;
    let rates: Vec<f64> = (0..9).map(|i| 0.001 * 3f64.powi(i)).collect();
    let mut losses = Vec::new();
    let table =
        report.table(&format!("The loss of the last of {} epochs, by rate (chance: {CHANCE:.3}):", how.epochs), &["learning rate", "loss"]);
    for &lr in &rates {
        let found = learn(&train, how, options, lr, &Constant)?;
        table.row([lr.into(), end(&found, steps).into()]);
        losses.push(found);
    }
    let ends: Vec<f64> = losses.iter().map(|losses| end(losses, steps)).collect();
    let good = (0..9).min_by(|&a, &b| ends[a].total_cmp(&ends[b])).expect("nine rates");
    let high = (0..9).rev().find(|&i| ends[i] < 0.8 * CHANCE).unwrap_or(good);
    let low = good.saturating_sub(4);
    // A loss that is not finite any more is that of the last steps too.
    let too_high = (high + 1..9).find(|&i| ends[i].is_nan() || ends[i] > 0.95 * CHANCE);
    let found = format!("{} ends at {:.3}, {} at {:.3}", rates[low], ends[low], rates[good], ends[good]);
    report.claim("A rate far below the good one is slower", found, ends[low] > 1.5 * ends[good]);
    let found = format!("{:.3} ends at {:.3}", rates[high], ends[high]);
    report.claim("A higher rate than the good one levels off above it", found, high > good && ends[high] > ends[good]);
    let next = too_high.map_or("none of the nine".to_owned(), |i| format!("{:.3}, which ends at {:.3}", rates[i], ends[i]));
    report.claim("A still higher one is no better than chance", next, too_high.is_some());

    let mut plot = Plot::new("", ["step", "loss, mean of 20 steps"]).logarithmic([false, true]).up(0.01..30.0);
    for (name, i) in [("too low", low), ("good", good), ("high", high), ("too high", too_high.unwrap_or(8))] {
        plot = plot.line(&format!("{name}: {:.3}", rates[i]), smooth(&losses[i]));
    }
    report.picture("", "Four curves: the low rate falls slowly, the good one to the lowest loss, the high one levels off, the too high one stays above chance.", &Figure::new("The loss by learning rate").plot(plot));

    let by = |name: &'static str, schedule: Box<dyn Schedule>| (name, schedule);
    let half = steps / 2;
    let schedules = [
        by("constant", Box::new(Constant)),
        by("step", Box::new(Step { step_size: steps.div_ceil(4), gamma: 0.3 })),
        by("exponential", Box::new(Exponential { gamma: 0.01f64.powf(1.0 / steps as f64) })),
        by("1 / (1 + k t)", Box::new(InverseTime { k: 10.0 / half as f64 })),
        by("cosine", Box::new(Cosine { steps, min_lr: 0.0 })),
    ];
    let table =
        report.table(&format!("Schedules from a rate of {:.3}:", rates[high]), &["schedule", "last rate", "loss of the last epoch"]);
    let mut curves = Plot::new("loss", ["step", "loss, mean of 20 steps"]).logarithmic([false, true]).up(0.01..30.0);
    let mut shapes = Plot::new("learning rate", ["step", "rate"]);
    let mut ends = Vec::new();
    for (name, schedule) in schedules {
        let found = learn(&train, how, options, rates[high], &*schedule)?;
        ends.push(end(&found, steps));
        table.row([name.into(), schedule.lr(rates[high], steps - 1).into(), end(&found, steps).into()]);
        curves = curves.line(name, smooth(&found));
        shapes = shapes.line(name, (0..=50).map(|i| i * (steps - 1) / 50).map(|step| (step as f64, schedule.lr(rates[high], step))));
    }
    let better = ends[1..].iter().filter(|end| **end < ends[0] || ends[0].is_nan()).count();
    let found = format!("{better} of 4; {:.4} at best instead of {:.4}", ends[1..].iter().copied().fold(f64::INFINITY, f64::min), ends[0]);
    report.claim("Each falling schedule ends below the constant rate", found, better == 4);
    let figure = Figure::new("Five schedules from the high rate").columns(2).height(270.0).plot(shapes).plot(curves);
    report.picture("schedules", "Left: the rates of five schedules. Right: their losses; the constant rate ends highest.", &figure);
    Ok(report)
}

fn learn(data: &Data, how: Fit, options: &StudyOptions, lr: f64, schedule: &dyn Schedule) -> Result<Vec<f64>, TrainError> {
    let mut net = GraphModel::try_new(Mlp::GRAPH.clone(), &options.device(1))?;
    let step = scheduled(&net, SgdConfig { lr, ..Default::default() }, |step| schedule.lr(1.0, step));
    fit(&mut net, data, how, options, step)
}

/// The mean loss of the last epoch; NaN if the loss was not finite.
fn end(losses: &[f64], steps: usize) -> f64 {
    let last = &losses[losses.len().saturating_sub(steps / 5)..];
    if losses.len() < steps { f64::NAN } else { last.iter().sum::<f64>() / last.len() as f64 }
}

/// Means of twenty steps, against the noise of batches.
fn smooth(losses: &[f64]) -> Vec<(f64, f64)> {
    losses.chunks(20).enumerate().map(|(i, chunk)| (20.0 * i as f64, chunk.iter().sum::<f64>() / chunk.len() as f64)).collect()
}

//! Grid and random search over two settings of which one matters.
//!
//! A network is trained nine times: on a grid of three learning rates and three epsilons of Adam, or with nine random pairs. The epsilon hardly matters, so the grid tries three values of what does,
//! and the random search nine. Where the grid lies is by chance: the ranges of both searches are shifted at random in each repetition. (With one range of which the middle happens to be the best rate, as
//! this study first had it, the grid wins.) The argument is J. Bergstra's and Y. Bengio's, *Random Search for Hyper-Parameter Optimization*, 2012.

use layercake::optim::AdamConfig;
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::KnownDataset;
use layercake_train::run::{Figure, Plot};
use rand::Rng;

use super::{Data, Fit, Report, StudyOptions, change, evaluate, fit};

network! {
    pub Small: [1, 8, 8] -> [10] { Flatten, fc1: Linear(32), ReLU, scores: Linear(10) }
}

/// The ranges, as powers of ten: learning rates and epsilons.
const RATES: [f64; 2] = [-5.0, 1.0];
const EPSILONS: [f64; 2] = [-10.0, -6.0];
/// How far the range of rates is shifted at most: half of the distance in the grid.
const SHIFT: f64 = 1.0;
const SIDE: usize = 3;

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    let repetitions = 20;
    let small = StudyOptions { data_dir: None, ..options.clone() };
    let [train, test] = small.data(KnownDataset::Digits, [1, 8, 8], options.size([200, 200], [600, 360]))?;
    let loss = |[rate, epsilon]: [f64; 2], seed: u64| -> Result<f64, TrainError> {
        let mut net = GraphModel::try_new(Small::GRAPH.clone(), &options.device(seed))?;
        let step = change(&net, AdamConfig { lr: 10f64.powf(rate), eps: 10f64.powf(epsilon), ..Default::default() });
        fit(&mut net, &train, Fit { batch: 20, epochs: 2, order: seed, hinge: false }, options, step)?;
        found(&net, &test)
    };
    // The middles of equal parts of the ranges.
    let middle = |[low, high]: [f64; 2], i: usize| low + (high - low) * (i as f64 + 0.5) / SIDE as f64;
    let mut random = options.random(5);
    let mut bests = [Vec::new(), Vec::new()];
    let mut shown = Vec::new();
    for repetition in 0..repetitions {
        let shift = random.gen_range(-SHIFT..SHIFT);
        let grid: Vec<[f64; 2]> = (0..SIDE * SIDE).map(|i| [shift + middle(RATES, i / SIDE), middle(EPSILONS, i % SIDE)]).collect();
        let mut draw = || [shift + random.gen_range(RATES[0]..RATES[1]), random.gen_range(EPSILONS[0]..EPSILONS[1])];
        let drawn: Vec<[f64; 2]> = grid.iter().map(|_| draw()).collect();
        for (trials, bests) in [&grid, &drawn].into_iter().zip(&mut bests) {
            let losses = trials.iter().map(|trial| loss(*trial, repetition)).collect::<Result<Vec<f64>, _>>()?;
            bests.push(losses.iter().copied().fold(f64::INFINITY, f64::min));
            if repetition == 0 {
                shown.push(trials.iter().copied().zip(losses).collect::<Vec<_>>());
            }
        }
    }
    let mean = |bests: &[f64]| bests.iter().sum::<f64>() / bests.len() as f64;
    let wins = bests[1].iter().zip(&bests[0]).filter(|(random, grid)| random < grid).count();
    let table = report.table(
        &format!("{} trials, {repetitions} repetitions: the lowest test loss", SIDE * SIDE),
        &["search", "learning rates tried", "mean of the best losses", "worst of the best losses"],
    );
    for ((name, values), bests) in [("grid", SIDE), ("random", SIDE * SIDE)].into_iter().zip(&bests) {
        table.row([name.into(), values.into(), mean(bests).into(), bests.iter().copied().fold(0.0, f64::max).into()]);
    }
    report.claim("Random search tries more values of the setting that matters", format!("{} instead of {SIDE}", SIDE * SIDE), true);
    let text = format!("{:.3} instead of {:.3}, better in {wins} of {repetitions} repetitions", mean(&bests[1]), mean(&bests[0]));
    report.claim("It finds a lower loss on average", text, mean(&bests[1]) < mean(&bests[0]));

    let mut figure = Figure::new("Nine trials: the settings above, the loss by the one that matters below").columns(2).height(220.0);
    for (name, trials) in ["grid", "random"].iter().zip(&shown) {
        let plot = Plot::new(name, ["learning rate (power of ten)", "epsilon (power of ten)"])
            .across(RATES[0] - SHIFT..RATES[1] + SHIFT)
            .up(EPSILONS[0]..EPSILONS[1]);
        figure = figure.plot(plot.points("trial", trials.iter().map(|([rate, epsilon], _)| (*rate, *epsilon))));
    }
    for (name, trials) in ["grid", "random"].iter().zip(&shown) {
        let most = shown.iter().flatten().map(|trial| trial.1.min(10.0)).fold(0.0, f64::max);
        let plot =
            Plot::new(name, ["learning rate (power of ten)", "test loss"]).across(RATES[0] - SHIFT..RATES[1] + SHIFT).up(0.0..most * 1.1);
        figure = figure.plot(plot.points("trial", trials.iter().map(|([rate, _], loss)| (*rate, loss.min(10.0)))));
    }
    report.picture(
        "",
        "The grid has three columns of trials, the random search nine different rates, one of them near the lowest loss.",
        &figure,
    );
    Ok(report)
}

/// The test loss; infinite where training diverged.
fn found(net: &GraphModel, test: &Data) -> Result<f64, TrainError> {
    let [loss, _] = evaluate(net, test)?;
    Ok(if loss.is_nan() { f64::INFINITY } else { loss })
}

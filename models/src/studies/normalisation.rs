//! Batch normalization: which learning rates and weights a network can be trained with.
//!
//! One network with and without batch normalization behind each layer, on a grid of learning rates and of scales of its first weights. Normalization takes the scale of the weights out of what flows, so that
//! far more of the grid works. How far the range of rates goes down depends on the length of the training, which is short here. Its price: what it does in training depends on the batch. The smaller the batch, the further the loss with the statistics of the batch is from
//! that with the running statistics, which inference uses.

use layercake::ir::{Init, Op};
use layercake::optim::SgdConfig;
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::KnownDataset;
use layercake_train::run::{Field, Figure, Plot};

use super::{Data, Fit, Report, StudyOptions, change, evaluate, fit, loss_of, replaced};

network! {
    /// With normalization; the other network is the same without it.
    pub Normalized: [1, 28, 28] -> [10] {
        Flatten, hidden: Repeat(4) { fc: Linear(64), norm: BatchNorm1d, act: ReLU }, scores: Linear(10)
    }
}

/// The scales, as powers of ten of He's rule.
const SCALES: [f64; 5] = [-1.0, -0.5, 0.0, 0.5, 1.0];
/// A network works if this share of the test pictures is right.
const WORKS: f64 = 0.7;

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    let [train, test] = options.data(KnownDataset::Mnist, [1, 28, 28], options.size([600, 200], [1000, 500]))?;
    // From 10^-4 to 10^1.
    let rates: Vec<f64> = (0..options.size(6, 11)).map(|i| -4.0 + 5.0 * f64::from(i) / f64::from(options.size(5, 10))).collect();
    let how = |batch| Fit { batch, epochs: options.size(3, 3), order: 0, hinge: false };
    let mut figure = Figure::new("Test accuracy, dark 0 % to bright 100 %").columns(2).height(250.0);
    let mut ranges = Vec::new();
    let table = report.table(
        "The part of the grid that works (over 70 % of the test pictures right):",
        &["network", "of all pairs (%)", "lowest rate, He's weights", "highest rate, He's weights", "ratio"],
    );
    for (name, normalized) in [("without normalization", false), ("batch normalization", true)] {
        let mut accuracies = Vec::new();
        for scale in SCALES {
            for rate in &rates {
                let mut net = network(options, normalized, 10f64.powf(scale))?;
                let step = change(&net, SgdConfig { lr: 10f64.powf(*rate), ..Default::default() });
                fit(&mut net, &train, how(20), options, step)?;
                accuracies.push(evaluate(&net, &test)?[1]);
            }
        }
        let works: Vec<f64> = rates
            .iter()
            .zip(&accuracies[2 * rates.len()..])
            .filter(|(_, accuracy)| **accuracy > WORKS)
            .map(|(rate, _)| 10f64.powf(*rate))
            .collect();
        let (low, high) = (works.first().copied().unwrap_or(f64::NAN), works.last().copied().unwrap_or(f64::NAN));
        let share = accuracies.iter().filter(|accuracy| **accuracy > WORKS).count() as f64 / accuracies.len() as f64;
        table.row([name.into(), (100.0 * share).into(), low.into(), high.into(), (high / low).into()]);
        ranges.push(high / low);
        let field = Field::of([rates.len(), SCALES.len()], -4.0..1.0, -1.0..1.0, |x, y| {
            let column = ((x + 4.0) / 5.0 * (rates.len() - 1) as f64).round() as usize;
            accuracies[((y + 1.0) * 2.0).round() as usize * rates.len() + column]
        });
        let plot = Plot::new(name, ["learning rate (power of ten)", "scale of the weights (power of ten)"]);
        figure = figure.plot(plot.heat(field, [0.0, 1.0]).across(-4.25..1.25).up(-1.25..1.25));
    }
    let found = format!("a ratio of {:.0} instead of {:.0}", ranges[1], ranges[0]);
    report.claim("With normalization it works over at least 10 times the range of rates", found, ranges[1] >= 10.0 * ranges[0]);
    report.picture("grid", "Two maps of accuracies: without normalization a small part is bright, with it most of it.", &figure);
    batches(&mut report, options, &train, &test)?;
    Ok(report)
}

fn network(options: &StudyOptions, normalized: bool, scale: f64) -> Result<GraphModel, TrainError> {
    let graph =
        replaced(Normalized::GRAPH, |node| if matches!(node.op, Op::BatchNorm1d(_)) && !normalized { None } else { Some(node.op) })?;
    let mut net = GraphModel::try_new(graph, &options.device(1))?;
    let init = Init::KaimingNormal { fan: layercake::ir::Fan::In, gain: scale * 2f64.sqrt() };
    layercake::init::apply(&mut net, "*.fc.weight", init).expect("the layers have weights");
    Ok(net)
}

/// Batch sizes from 2 to 128, with the same number of steps.
fn batches(report: &mut Report, options: &StudyOptions, train: &Data, test: &Data) -> Result<(), TrainError> {
    let head =
        ["batch size", "test accuracy (%)", "without normalization (%)", "loss, statistics of the batch", "loss, running statistics"];
    report.table("By batch size, at a learning rate of 0.1 and with the same number of steps; the losses are of training pictures:", &head);
    let (mut lines, mut gaps) = ([Vec::new(), Vec::new()], Vec::new());
    for batch in [2, 4, 8, 32, 128] {
        let epochs = (options.size(1, 2) * batch * 300usize).div_ceil(train.len());
        let mut accuracies = Vec::new();
        let mut losses = [0.0; 2];
        for normalized in [true, false] {
            let mut net = network(options, normalized, 1.0)?;
            let step = change(&net, SgdConfig { lr: 0.1, ..Default::default() });
            fit(&mut net, train, Fit { batch, epochs, order: 0, hinge: false }, options, step)?;
            accuracies.push(100.0 * evaluate(&net, test)?[1]);
            if normalized {
                losses[1] = evaluate(&net, train)?[0];
                let mut probe = net.clone();
                let order: Vec<usize> = (0..train.len() / batch * batch).collect();
                for indices in order.chunks(batch) {
                    let (inputs, labels) = train.batch(indices, &Cpu::default());
                    let gradients = probe.alloc_grads();
                    losses[0] +=
                        f64::from(loss_of(&mut probe, inputs, &labels, gradients, false)?.array()) * batch as f64 / order.len() as f64;
                }
            }
        }
        report.tables[1].row([batch.into(), accuracies[0].into(), accuracies[1].into(), losses[0].into(), losses[1].into()]);
        lines[0].push((batch as f64, losses[0]));
        lines[1].push((batch as f64, losses[1]));
        gaps.push((losses[0] - losses[1]).abs());
    }
    report.claim(
        "The two losses are further apart with batches of 2 than with 128",
        format!("{:.3} and {:.3}", gaps[0], gaps[4]),
        gaps[0] > gaps[4],
    );
    let [batch, running] = lines;
    let plot = Plot::new("", ["batch size", "loss of training pictures"]).logarithmic([true, false]);
    let plot = plot.line("statistics of the batch", batch).line("running statistics", running);
    report.picture(
        "batches",
        "Two losses by batch size, which meet for large batches.",
        &Figure::new("Statistics of the batch, and of training as a whole").height(250.0).plot(plot),
    );
    Ok(())
}

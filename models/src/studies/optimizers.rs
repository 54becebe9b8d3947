//! Eight optimizers on three landscapes, and on LeNet-5.
//!
//! On a ravine plain gradients bounce between the walls, and momentum moves along the bottom. At a saddle plain gradients are almost 0: those that divide by the size of the gradient leave at once. In a
//! bowl whose gradients are noisy the steps never settle at a constant rate. L-BFGS learns the curvature from the gradients and searches along a line: on the ravine it needs a few steps, and in the
//! bowl, whose height it sees without noise, it never goes up. All rates are as in the table; none was chosen by the result, and with this one Nesterov's momentum diverges on the ravine.

use layercake::optim::{AdagradConfig, AdamConfig, Lbfgs, LbfgsConfig, LineSearch, Momentum, RMSpropConfig, SgdConfig};
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::KnownDataset;
use layercake_train::run::{Field, Figure, Plot};
use rand::Rng;
use rand_distr::StandardNormal;

use super::{Change, Fit, Report, StudyOptions, change, fit, loss_of};
use crate::networks::LeNet5;

network! {
    /// The place on a landscape: its weights, for the input 1.
    pub Place: [1] -> [2] { at: Linear(2, bias = false) }
}

const NAMES: [&str; 8] = ["SGD", "momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam", "Adam uncorrected", "L-BFGS"];
const STEPS: usize = 200;

/// A landscape: its name, height and slopes, where a way begins, the deviation of the noise, and the levels of its contours.
type Land = (&'static str, fn(f64, f64) -> f64, fn(f64, f64) -> [f64; 2], [f32; 2], f64, [f64; 6]);

const LANDS: [Land; 3] = [
    ("ravine", |x, y| (x * x + 30.0 * y * y) / 2.0, |x, y| [x, 30.0 * y], [-1.8, 0.6], 0.0, [0.1, 0.5, 1.5, 3.0, 6.0, 12.0]),
    (
        "saddle",
        |x, y| (x * x - y * y) / 2.0 + y.powi(4) / 4.0,
        |x, y| [x, y.powi(3) - y],
        [-1.5, 1e-6],
        0.0,
        [-0.2, -0.1, 0.0, 0.1, 0.5, 1.5],
    ),
    ("noisy bowl", |x, y| (x * x + y * y) / 2.0, |x, y| [x, y], [-1.6, 1.0], 1.0, [0.05, 0.2, 0.5, 1.0, 1.7, 2.6]),
];

/// An optimizer by its number; none for L-BFGS, which takes a function.
fn rule(number: usize, net: &GraphModel, rate: f64) -> Option<Change<'static>> {
    let sgd = |lr, momentum| SgdConfig { lr, momentum, ..Default::default() };
    let adam = AdamConfig { lr: rate, ..Default::default() };
    Some(match number {
        0 => change(net, sgd(rate, None)),
        1 => change(net, sgd(rate, Some(Momentum::Classic(0.9)))),
        2 => change(net, sgd(rate, Some(Momentum::Nesterov(0.9)))),
        3 => change(net, AdagradConfig { lr: rate, ..Default::default() }),
        4 => change(net, RMSpropConfig { lr: rate, ..Default::default() }),
        5 => change(net, adam),
        6 => change(net, AdamConfig { bias_correction: false, ..adam }),
        _ => return None,
    })
}

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    let head = ["optimizer", "ravine: height", "saddle: steps until it is left", "noisy bowl: mean height, last 50 steps"];
    report.table("After 200 steps with a rate of 0.05 (AdaGrad 0.5; L-BFGS with its line search, one iteration a step):", &head);
    let mut left = Vec::new();
    let mut figures = LANDS.each_ref().map(|land| Figure::new(&format!("The first 200 steps: {}", land.0)).columns(4).height(170.0));
    for (number, name) in NAMES.iter().enumerate() {
        let ways = LANDS.each_ref().map(|land| walk(land, number, options));
        let mut row = vec![(*name).into()];
        for (((land, height, .., levels), way), figure) in LANDS.iter().zip(ways).zip(&mut figures) {
            let way = way?;
            let height_at = |&(x, y): &(f64, f64)| height(x, y);
            let leaves = way.iter().position(|&(_, y)| y.abs() > 0.5);
            row.push(match *land {
                "ravine" => height_at(&way[STEPS]).into(),
                "saddle" => leaves.map_or("not left".into(), |step| step.into()),
                _ => (way[STEPS - 49..].iter().map(height_at).sum::<f64>() / 50.0).into(),
            });
            left.extend((*land == "saddle").then_some(leaves));
            let field = Field::of([19, 15], -2.0..2.0, -1.5..1.5, height);
            *figure =
                figure.clone().plot(Plot::new(name, ["x", "y"]).contours(field, *levels).path("", way).across(-2.0..2.0).up(-1.5..1.5));
        }
        report.tables[0].row(row);
    }
    for ((land, ..), figure) in LANDS.iter().zip(&figures) {
        report.picture(&land.replace(' ', "-"), &format!("The ways of eight optimizers over the contours of a {land}."), figure);
    }
    let who: Vec<&str> = NAMES.iter().zip(&left).filter(|(_, left)| left.is_some()).map(|(name, _)| *name).collect();
    report.claim(
        "SGD does not leave the saddle in 200 steps, and those that divide by the gradient do",
        format!("it is left by {}", who.join(", ")),
        left[0].is_none() && left[3..7].iter().all(Option::is_some),
    );
    lenet(&mut report, options)?;
    Ok(report)
}

/// The places after each step.
fn walk((_, height, slope, begin, noise, _): &Land, number: usize, options: &StudyOptions) -> Result<Vec<(f64, f64)>, TrainError> {
    let (device, mut random) = (options.device(0), options.random(3));
    let mut net = GraphModel::try_new(Place::GRAPH.clone(), &device)?;
    net.for_each_tensor_mut(|mut tensor| tensor.copy_from(begin));
    let place =
        |net: &GraphModel| net.tensor_at("at.weight").map(|at| at.to_vec()).map_or((0.0, 0.0), |at| (f64::from(at[0]), f64::from(at[1])));
    let one: Tensor<(usize, Const<1>), f32, Cpu> = device.ones_like(&(1, Const));
    // A loss with the gradient of the landscape, and its height.
    let mut evaluate = |net: &mut GraphModel| -> Result<(f32, Gradients<f32, Cpu>), TrainError> {
        let (x, y) = place(net);
        let slope = slope(x, y).map(|slope| (slope + noise * random.sample::<f64, _>(StandardNormal)) as f32);
        let at: Tensor<(usize, Const<2>), f32, Cpu, _> = net.try_forward_train(one.clone(), net.alloc_grads())?;
        let slope: Tensor<(usize, Const<2>), f32, Cpu> = device.tensor_from_vec(slope.to_vec(), (1, Const));
        Ok((height(x, y) as f32, std::ops::Mul::mul(at, slope).sum::<Rank0, _>().backward()))
    };
    let mut step = rule(number, &net, if number == 3 { 0.5 } else { 0.05 });
    let mut lbfgs = Lbfgs::new(LbfgsConfig { max_iter: 1, max_eval: Some(25), line_search: LineSearch::StrongWolfe, ..Default::default() });
    let mut way = vec![place(&net)];
    for i in 0..STEPS {
        match &mut step {
            Some(step) => {
                let (_, mut gradients) = evaluate(&mut net)?;
                step(&mut net, &mut gradients, i)?;
            }
            None => drop(lbfgs.step(&mut net, &mut evaluate)?),
        }
        way.push(place(&net));
    }
    Ok(way)
}

/// LeNet-5 on digits: the loss by passes over the pictures. L-BFGS takes all pictures at once, and each evaluation is a pass.
fn lenet(report: &mut Report, options: &StudyOptions) -> Result<(), TrainError> {
    let [train, _] = options.data(KnownDataset::Mnist, [1, 28, 28], options.size([200, 1], [2000, 1]))?;
    let epochs = options.size(3, 12);
    let title = format!(
        "LeNet-5 on {} digits: the mean loss in pass {epochs} (rates 0.05 for SGD, 0.01 with momentum, 0.001 for the others, 0.01 for AdaGrad):",
        train.len()
    );
    report.table(&title, &["optimizer", "loss"]);
    let mut plot = Plot::new("", ["passes over the pictures", "mean loss"]).logarithmic([false, true]);
    for (number, name) in NAMES.iter().enumerate() {
        let mut net = GraphModel::try_new(LeNet5::GRAPH.clone(), &options.device(1))?;
        let rate = [0.05, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 1.0][number];
        let line: Vec<(f64, f64)> = match rule(number, &net, rate) {
            Some(step) => {
                let losses = fit(&mut net, &train, Fit { batch: 50, epochs, order: 0, hinge: false }, options, step)?;
                let means = losses.chunks(losses.len() / epochs).map(|losses| losses.iter().sum::<f64>() / losses.len() as f64);
                (1..).map(f64::from).zip(means).collect()
            }
            None => {
                let mut optimizer =
                    Lbfgs::new(LbfgsConfig { max_iter: 1, max_eval: Some(25), line_search: LineSearch::StrongWolfe, ..Default::default() });
                let (inputs, labels) = train.batch(&(0..train.len()).collect::<Vec<_>>(), &Cpu::default());
                let mut line = Vec::new();
                while optimizer.evaluations() < epochs {
                    let loss = optimizer.step(&mut net, |net| {
                        let loss = loss_of(net, inputs.clone(), &labels, net.alloc_grads(), false)?;
                        Ok::<_, TrainError>((loss.array(), loss.backward()))
                    })?;
                    line.push((optimizer.evaluations() as f64, f64::from(loss)));
                }
                line
            }
        };
        report.tables[1].row([(*name).into(), line.last().map_or(f64::NAN, |point| point.1).into()]);
        plot = plot.line(name, line);
    }
    report.picture(
        "lenet",
        "The loss of LeNet-5 by passes over the pictures, for eight optimizers.",
        &Figure::new("LeNet-5: the loss by passes over the pictures").height(340.0).plot(plot),
    );
    Ok(())
}

//! Seven ways to narrow the gap between training and test.
//!
//! One convolutional network learns from two thousand pictures, with three seeds, without help and with one regularizer at a time. Without help it knows its training pictures by heart. The gap is the accuracy on training pictures minus that
//! on test pictures; a smaller gap is no merit by itself, if both fall. A network with dropout may predict as its expected network, which keeps every unit, or by the mean of twenty
//! draws; both are shown. Fractional pooling goes from 16 to 11 in place
//! of 8, since from 16 to 8 its windows are those of max pooling.

use layercake::ir::ops::{DropConnect, FractionalMaxPool2d, Linear};
use layercake::ir::{INFER, Op};
use layercake::optim::{AdamConfig, WeightDecay};
use layercake::prelude::*;
use layercake_train::data::KnownDataset;
use layercake_train::run::{Figure, Plot};
use layercake_train::{TrainError, accuracy, softmax};
use rand::Rng;
use rand::rngs::StdRng;

use super::{Change, Data, Fit, Report, StudyOptions, change, evaluate, fit, replaced};

network! {
    /// With everything that a case may use; each case leaves out the others.
    pub Regularized: [3, 32, 32] -> [10] {
        conv1: Conv2d(16, kernel = 3, stride = 2, padding = 1), norm1: BatchNorm2d, ReLU,
        Residual { conv2: Conv2d(16, kernel = 3, padding = 1), norm2: BatchNorm2d, ReLU, depth: StochasticDepth(0.3) },
        pool: MaxPool2d(2),
        conv3: Conv2d(32, kernel = 3, padding = 1), norm3: BatchNorm2d, ReLU,
        Flatten, fc1: Linear(128), ReLU, drop: Dropout(0.5), fc2: Linear(10),
    }
}

const CASES: [&str; 8] =
    ["none", "L2", "dropout", "DropConnect", "fractional pooling", "stochastic depth", "batch normalization", "augmentation"];
const DRAWS: usize = 20;

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    let [train, test] = options.data(KnownDataset::Cifar10, [3, 32, 32], options.size([100, 200], [2000, 1000]))?;
    let seeds = options.size(1, 3);
    let head = ["regularizer", "training accuracy (%)", "test accuracy (%)", "gap (points)", "test accuracy, mean of 20 draws (%)"];
    report.table(&format!("{} pictures, {seeds} seed(s), Adam at 0.001:", train.len()), &head);
    let mut found = Vec::new();
    for case in CASES {
        let mut sums = [0.0; 3];
        for seed in 0..seeds {
            let mut net = learn(options, &train, case, seed)?;
            let draws = if ["dropout", "DropConnect", "fractional pooling", "stochastic depth"].contains(&case) {
                drawn(&mut net, &test)?
            } else {
                f64::NAN
            };
            for (sum, accuracy) in sums.iter_mut().zip([evaluate(&net, &train)?[1], evaluate(&net, &test)?[1], draws]) {
                *sum += 100.0 * accuracy / f64::from(seeds as u32);
            }
        }
        let [seen, new, draws] = sums;
        let draws = if draws.is_nan() { "no draws".into() } else { draws.into() };
        report.tables[0].row([case.into(), seen.into(), new.into(), (seen - new).into(), draws]);
        found.push((case, seen, new));
    }
    let gap = |i: usize| found[i].1 - found[i].2;
    let smaller: Vec<&str> = (1..CASES.len()).filter(|&i| gap(i) < gap(0)).map(|i| CASES[i]).collect();
    let best = (1..CASES.len()).max_by(|&a, &b| found[a].2.total_cmp(&found[b].2)).expect("there are cases");
    report.claim("Most regularizers narrow the gap", format!("{} of 7: {}", smaller.len(), smaller.join(", ")), smaller.len() >= 4);
    report.claim(
        "The best of them is better on test pictures than none",
        format!("{} with {:.1} % instead of {:.1} %", CASES[best], found[best].2, found[0].2),
        found[best].2 > found[0].2,
    );
    let rows = |of: fn(&(&'static str, f64, f64)) -> f64| found.iter().map(|row| (row.0, of(row))).collect::<Vec<_>>();
    let plot = Plot::new("", ["accuracy (%)", ""]).rows("training", rows(|row| row.1)).rows("test", rows(|row| row.2));
    report.picture(
        "",
        "Two bars for each regularizer: training and test accuracy.",
        &Figure::new("Training and test accuracy by regularizer").height(360.0).plot(plot),
    );
    Ok(report)
}

fn learn(options: &StudyOptions, train: &Data, case: &str, seed: u64) -> Result<GraphModel, TrainError> {
    let graph = replaced(Regularized::GRAPH, |node| match node.op {
        Op::BatchNorm2d(_) if case != "batch normalization" => None,
        Op::StochasticDepth(_) if case != "stochastic depth" => None,
        Op::Dropout(_) if case != "dropout" => None,
        Op::MaxPool2d(_) if case == "fractional pooling" => Some(FractionalMaxPool2d { kernel: [2, 2], output_size: [11, 11] }.into()),
        Op::Linear(fc) if case == "DropConnect" && node.name() == "fc1" => {
            Some(DropConnect { in_features: fc.in_features, out_features: fc.out_features, p: 0.5, bias: fc.bias }.into())
        }
        // It has more inputs behind the larger maps.
        Op::Linear(fc) if case == "fractional pooling" && node.name() == "fc1" => Some(Linear { in_features: INFER, ..fc }.into()),
        op => Some(op),
    })?;
    let mut net = GraphModel::try_new(graph, &options.device(seed))?;
    let weight_decay = (case == "L2").then_some(WeightDecay::L2(0.003));
    let mut step = change(&net, AdamConfig { lr: 1e-3, weight_decay, ..Default::default() });
    let epochs = options.size(4, 15);
    for epoch in 0..epochs as u64 {
        let how = Fit { batch: 50, epochs: 1, order: 100 * seed + epoch, hinge: false };
        let augmented = (case == "augmentation").then(|| shifted(train, &mut options.random(how.order)));
        let again: Change<'_> = Box::new(|net, gradients, number| step(net, gradients, number));
        fit(&mut net, augmented.as_ref().unwrap_or(train), how, options, again)?;
    }
    Ok(net)
}

/// Each picture moved by up to three pixels, and every second one mirrored, at random.
fn shifted(data: &Data, random: &mut StdRng) -> Data {
    let mut inputs = Vec::with_capacity(data.inputs.len());
    for picture in data.inputs.chunks_exact(3 * 32 * 32) {
        let (down, right, mirror) = (random.gen_range(-3..=3i32), random.gen_range(-3..=3i32), random.gen_bool(0.5));
        inputs.extend((0..3 * 32 * 32).map(|i| {
            let (plane, y, x) = (i / 1024, (i / 32 % 32) as i32, (i % 32) as i32);
            let (y, x) = ((y + down).clamp(0, 31), (if mirror { 31 - x } else { x } + right).clamp(0, 31));
            picture[plane * 1024 + (32 * y + x) as usize]
        }));
    }
    Data { inputs, ..data.clone() }
}

/// The accuracy of the mean of twenty predictions in training mode.
fn drawn(net: &mut GraphModel, data: &Data) -> Result<f64, TrainError> {
    let order: Vec<usize> = (0..data.len()).collect();
    let mut sums = vec![0.0; 10 * data.len()];
    for _ in 0..DRAWS {
        for indices in order.chunks(250) {
            let (inputs, _) = data.batch(indices, &Cpu::default());
            let gradients = net.alloc_grads();
            let scores: Vec<DynTensor<f32, Cpu, OwnedTape<f32, Cpu>>> = net.try_forward_train(vec![inputs], gradients)?;
            for (i, row) in scores[0].to_vec().chunks(10).enumerate() {
                softmax(row).iter().zip(&mut sums[10 * (indices[0] + i)..]).for_each(|(p, sum)| *sum += *p as f32);
            }
        }
    }
    Ok(accuracy(&sums, &data.labels))
}

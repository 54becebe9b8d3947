//! Eight activations in one network, units that die, and inputs that are all positive.
//!
//! The same network of four hidden layers is trained with each activation. A sigmoid's slope is at most 1/4, so that four of them leave little of a gradient. A ReLU whose input is negative for every
//! picture has no gradient and stays so: the more the larger the learning rate. Where all inputs of a neuron are positive, as behind a sigmoid, all its weights must move
//! in one direction in each step, and the way to weights of different signs is a zig-zag.

use layercake::hook::{At, Hooks};
use layercake::ir::ops::{Elu, LeakyRelu, Maxout, Prelu, Selu, Sigmoid, Tanh};
use layercake::ir::{INFER, Op};
use layercake::optim::SgdConfig;
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::KnownDataset;
use layercake_train::run::{Figure, Plot};
use rand::Rng;

use super::{Data, Fit, Report, StudyOptions, change, evaluate, fit, replaced};

network! {
    /// With ReLU; the others have another layer in its place, and Maxout two linear functions for each feature instead.
    pub Mlp: [1, 28, 28] -> [10] { Flatten, hidden: Repeat(4) { fc: Linear(64), act: ReLU }, scores: Linear(10) }

    /// One neuron with two weights.
    pub Neuron: [2] -> [1] { fc: Linear(1, bias = false) }
}

const SEEDS: u64 = 3;

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    let [train, test] = options.data(KnownDataset::Mnist, [1, 28, 28], options.size([400, 200], [3000, 1000]))?;
    let how = |order| Fit { batch: 20, epochs: options.size(3, 3), order, hinge: false };
    let kinds: [(&str, Option<Op>); 8] = [
        ("sigmoid", Some(Sigmoid {}.into())),
        ("tanh", Some(Tanh {}.into())),
        ("ReLU", None),
        ("leaky ReLU", Some(LeakyRelu { negative_slope: 0.01 }.into())),
        ("PReLU", Some(Prelu { parameters: 1 }.into())),
        ("ELU", Some(Elu { alpha: 1.0 }.into())),
        ("SELU", Some(Selu {}.into())),
        ("maxout", None),
    ];
    let mut accuracies = Vec::new();
    for (name, act) in kinds {
        let graph = replaced(Mlp::GRAPH, |node| match (&node.op, act) {
            (Op::Relu(_), Some(act)) => Some(act),
            (Op::Relu(_), None) if name == "maxout" => None,
            (Op::Linear(fc), None) if name == "maxout" && fc.out_features == 64 => {
                Some(Maxout { in_features: INFER, out_features: 64, pieces: 2, bias: true }.into())
            }
            (op, _) => Some(*op),
        })?;
        let mut found = Vec::new();
        for seed in 0..SEEDS {
            let mut net = GraphModel::try_new(graph.clone(), &options.device(seed))?;
            let step = change(&net, SgdConfig { lr: 0.05, ..Default::default() });
            fit(&mut net, &train, how(seed), options, step)?;
            found.push(100.0 * evaluate(&net, &test)?[1]);
        }
        accuracies.push((name, found));
    }
    let head = ["activation", "seed 0", "seed 1", "seed 2", "mean"];
    let table = report.table(&format!("Test accuracy (%) after {} epochs of SGD with a learning rate of 0.05:", how(0).epochs), &head);
    let mean = |found: &[f64]| found.iter().sum::<f64>() / found.len() as f64;
    for (name, found) in &accuracies {
        table.row([vec![(*name).into()], found.iter().map(|&x| x.into()).collect(), vec![mean(found).into()]].concat());
    }
    let last = (0..SEEDS as usize).all(|seed| accuracies[1..].iter().all(|(_, found)| found[seed] > accuracies[0].1[seed]));
    report.claim("The sigmoid is last with each of three seeds", format!("{:.1} % on average", mean(&accuracies[0].1)), last);
    let rows = accuracies.iter().map(|(name, found)| (*name, mean(found)));
    let figure =
        Figure::new("Test accuracy by activation, mean of three seeds").plot(Plot::new("", ["test accuracy (%)", ""]).rows("", rows));
    report.picture("accuracy", "Bars of accuracies: the sigmoid is far behind.", &figure);

    let rates = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0];
    let mut dead = Vec::new();
    for lr in rates {
        let mut net = GraphModel::try_new(Mlp::GRAPH.clone(), &options.device(0))?;
        let step = change(&net, SgdConfig { lr, ..Default::default() });
        fit(&mut net, &train, how(0), options, step)?;
        dead.push((lr, 100.0 * dead_share(&net, &test)?));
    }
    let table = report.table("ReLUs that are 0 for every test picture, after training:", &["learning rate", "dead units (%)"]);
    dead.iter().for_each(|&(lr, share)| table.row([lr.into(), share.into()]));
    let grows = dead[rates.len() - 1].1 > dead[0].1 + 10.0;
    report.claim(
        "A larger learning rate leaves more dead units",
        format!("{:.0} % with 0.01, {:.0} % with 3", dead[0].1, dead[rates.len() - 1].1),
        grows,
    );
    let plot = Plot::new("dead ReLUs", ["learning rate", "share (%)"])
        .logarithmic([true, false])
        .up(0.0..100.0)
        .line("dead units", dead.iter().copied());
    let ways = [("all positive", true), ("centered", false)].map(|(name, positive)| (name, way(options, positive)));
    let mut zig_zag =
        Plot::new("the way of two weights", ["first weight", "second weight"]).points("", [(1.0, -1.0)]).text((1.0, -1.0), "goal");
    let mut shares = Vec::new();
    for (name, way) in ways {
        let way = way?;
        let steps = way.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let one = way.windows(2).filter(|pair| (pair[1].0 - pair[0].0) * (pair[1].1 - pair[0].1) > 0.0).count();
        shares.push(one as f64 / steps as f64);
        zig_zag = zig_zag.path(name, way);
    }
    report.claim(
        "With positive inputs both weights move in one direction in every step",
        format!("{:.0} % of the steps, {:.0} % with centered inputs", 100.0 * shares[0], 100.0 * shares[1]),
        shares[0] == 1.0 && shares[1] < 0.8,
    );
    let figure = Figure::new("Dead units, and inputs that are all positive").columns(2).height(270.0).plot(plot).plot(zig_zag);
    report.picture("dead", "Left: dead units by learning rate. Right: the way to the goal is a zig-zag for positive inputs.", &figure);
    Ok(report)
}

/// The share of the units that are 0 for all inputs.
fn dead_share(net: &GraphModel, data: &Data) -> Result<f64, TrainError> {
    let mut hooks = Hooks::new();
    let kept: Vec<_> = (0..4).map(|layer| hooks.keep(At::output(format!("hidden.{layer}.act")))).collect();
    let (inputs, _) = data.batch(&(0..data.len()).collect::<Vec<_>>(), &Cpu::default());
    let _: Vec<DynTensor<f32, Cpu>> = hooks.try_forward(net, vec![inputs])?;
    let values: Vec<Vec<f32>> = kept.iter().filter_map(|kept| Some(kept.value()?.to_vec())).collect();
    // NaN counts as dead.
    let alive = values.iter().map(|values| (0..64).filter(|&unit| values.iter().skip(unit).step_by(64).any(|x| *x > 0.0)).count());
    Ok(1.0 - alive.sum::<usize>() as f64 / 256.0)
}

/// The weights of a neuron after each step, one input a step.
fn way(options: &StudyOptions, positive: bool) -> Result<Vec<(f64, f64)>, TrainError> {
    let (device, mut random) = (options.device(9), options.random(9));
    let mut net = GraphModel::try_new(Neuron::GRAPH.clone(), &device)?;
    net.for_each_tensor_mut(|mut tensor| tensor.copy_from(&[-1.0, 0.6]));
    let mut step = change(&net, SgdConfig { lr: 0.4, ..Default::default() });
    let (mut way, mut gradients) = (vec![(-1.0, 0.6)], net.alloc_grads());
    for i in 0..60 {
        let low = if positive { 0.0 } else { -1.0 };
        let [a, b] = [random.gen_range(low..1.0f32), random.gen_range(low..1.0f32)];
        let x: Tensor<(usize, Const<2>), f32, _> = device.tensor_from_vec(vec![a, b], (1, Const));
        let y: Tensor<(usize, Const<1>), f32, _> = device.tensor_from_vec(vec![a - b], (1, Const));
        gradients = loss::mse(net.try_forward_train(x, gradients)?, y).backward();
        step(&mut net, &mut gradients, i)?;
        net.zero_grads(&mut gradients);
        let weights = net.tensor_at("fc.weight").expect("the layer has weights").to_vec();
        way.push((f64::from(weights[0]), f64::from(weights[1])));
    }
    Ok(way)
}

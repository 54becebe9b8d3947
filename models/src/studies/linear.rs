//! What a linear classifier learns: templates, margins and borders.
//!
//! A linear layer has one template for each class; its score is the product of template and picture. With the hinge loss (a support vector machine) a picture costs nothing once the right score is
//! ahead by the margin, so twice the weights cost as little. Softmax is never content: twice the weights lower its loss. Weight decay widens the margin, and the border gives way
//! to single points less.

use layercake::optim::{AdamConfig, SgdConfig, WeightDecay};
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::KnownDataset;
use layercake_train::run::{Field, Figure, Plot, filter_grid};
use rand::Rng;

use super::{Data, Fit, Report, StudyOptions, change, fit};
use crate::networks::LinearColor;

network! {
    /// Points of a plane in two classes.
    pub Border: [2] -> [2] { fc: Linear(2) }
}

type Scores = Tensor<(usize, usize), f32, Cpu>;

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    let [train, test] = options.data(KnownDataset::Cifar10, [3, 32, 32], options.size([500, 200], [10_000, 2_000]))?;
    let mut nets = Vec::new();
    report.table(&format!("{} pictures, ten classes:", train.len()), &["loss", "test accuracy (%)"]);
    for (name, hinge) in [("hinge", true), ("softmax", false)] {
        let mut net = GraphModel::try_new(LinearColor::GRAPH.clone(), &options.device(1))?;
        let rule = AdamConfig { lr: 3e-4, weight_decay: Some(WeightDecay::Decoupled(0.3)), ..Default::default() };
        let how = Fit { batch: 50, epochs: options.size(20, 12), order: 0, hinge };
        let step = change(&net, rule);
        fit(&mut net, &train, how, options, step)?;
        report.tables[0].row([name.into(), (100.0 * super::evaluate(&net, &test)?[1]).into()]);
        let weights = net.tensor_at("fc.weight").expect("the layer has weights").to_vec();
        let picture = filter_grid(&weights, [3, 32, 32], 5);
        let plot = Plot::new("", ["pixels", ""]).across(0.0..169.0).up(0.0..67.0).picture(picture, 0.0..169.0, 0.0..67.0);
        let caption = "Ten templates as pictures, in which some classes can be guessed by their colors.";
        report.picture(
            &format!("templates-{name}"),
            caption,
            &Figure::new(&format!("The templates of ten classes: {name}")).height(250.0).plot(plot),
        );
        nets.push(net);
    }
    // Twice the weights of the machine, where every margin is kept.
    let all: Vec<usize> = (0..train.len()).collect();
    let (inputs, labels) = train.batch(&all, &Cpu::default());
    let scores: Scores = nets[0]
        .try_forward::<_, Vec<DynTensor<f32, Cpu>>>(vec![inputs])?
        .remove(0)
        .try_into_tensor()
        .expect("on the CPU")
        .expect("rows of scores");
    let scores = scores.as_vec();
    let margin = |i: usize| {
        let row = &scores[10 * i..][..10];
        let others = row.iter().enumerate().filter(|(class, _)| *class != labels[i]).map(|(_, score)| *score);
        row[labels[i]] - others.fold(f32::NEG_INFINITY, f32::max)
    };
    let kept: Vec<usize> = all.into_iter().filter(|&i| margin(i) >= 1.0).collect();
    let classes: Vec<usize> = kept.iter().map(|&i| labels[i]).collect();
    let losses = [1.0, 2.0].map(|times| {
        let rows = kept.iter().flat_map(|&i| scores[10 * i..][..10].iter().map(|score| times * score)).collect();
        let rows: Scores = Cpu::default().tensor_from_vec(rows, (kept.len(), 10));
        [loss::hinge(rows.clone(), &classes).array(), loss::cross_entropy(rows, &classes).array()]
    });
    let table = report.table(
        &format!("The {} pictures whose margin the hinge loss is content with:", kept.len()),
        &["scores", "hinge loss", "cross entropy"],
    );
    for (name, [hinge, entropy]) in ["W x + b", "2 (W x + b)"].into_iter().zip(losses) {
        table.row([name.into(), f64::from(hinge).into(), f64::from(entropy).into()]);
    }
    let [[hinge, entropy], [hinge2, entropy2]] = losses;
    report.claim("Twice the scores: the hinge loss is equal", format!("{hinge} and {hinge2}"), !kept.is_empty() && hinge == hinge2);
    report.claim("Twice the scores: the loss of softmax is lower", format!("{entropy:.4} and {entropy2:.4}"), entropy2 < entropy);
    borders(&mut report, options)?;
    Ok(report)
}

/// Two clouds of points, with one point of the first class near the second.
fn borders(report: &mut Report, options: &StudyOptions) -> Result<(), TrainError> {
    let mut random = options.random(7);
    let mut points = Data { shape: vec![2], inputs: vec![0.1, 0.6], labels: vec![0] };
    for i in 0..40 {
        let class = i % 2;
        let side = if class == 0 { -1.2 } else { 1.2 };
        points.inputs.extend([side + random.gen_range(-0.7..0.7f32), side / 2.0 + random.gen_range(-0.9..0.9)]);
        points.labels.push(class);
    }
    let points = &points;
    let mut figure = Figure::new("The border of a support vector machine, by weight decay").columns(2).height(235.0);
    let mut margins = Vec::new();
    for decay in [0.0, 0.01, 0.1, 1.0] {
        let mut net = GraphModel::try_new(Border::GRAPH.clone(), &options.device(2))?;
        let rule = SgdConfig { lr: 0.05, weight_decay: Some(WeightDecay::L2(decay)), ..Default::default() };
        let step = change(&net, rule);
        fit(&mut net, points, Fit { batch: 41, epochs: 3000, order: 0, hinge: true }, options, step)?;
        let [w, b] = ["fc.weight", "fc.bias"].map(|path| net.tensor_at(path).expect("the layer has it").to_vec());
        let line = [w[2] - w[0], w[3] - w[1], b[1] - b[0]].map(f64::from);
        let margin = 2.0 / line[0].hypot(line[1]);
        margins.push(margin);
        let field = Field::of([61, 41], -2.2..2.2, -1.8..1.8, |x, y| f64::from(line[0] * x + line[1] * y + line[2] > 0.0));
        let of = |class: usize| {
            (0..points.len())
                .filter(move |&i| points.labels[i] == class)
                .map(|i| (f64::from(points.inputs[2 * i]), f64::from(points.inputs[2 * i + 1])))
                .collect::<Vec<_>>()
        };
        figure = figure.plot(
            Plot::new(&format!("decay {decay}: margin {margin:.2}"), ["first coordinate", "second"])
                .regions(field)
                .points("class 1", of(0))
                .points("class 2", of(1)),
        );
    }
    let grows = margins.windows(2).all(|pair| pair[0] <= pair[1]);
    report.claim("The margin grows with the weight decay", format!("{margins:.2?}"), grows);
    report.picture(
        "borders",
        "Two clouds of points: without decay the border bends to a single point, with decay it lies between the clouds.",
        &figure,
    );
    Ok(())
}

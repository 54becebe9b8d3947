//! The scale of the first weights, through ten layers.
//!
//! Normal inputs run through ten layers of 500 units. With weights of deviation 0.01 the activations vanish, with deviation 1 a tanh saturates, so that its gradients vanish. Xavier's rule
//! (1 / sqrt(inputs)) keeps a tanh alive; it still shrinks by more than a factor of 2 in ten layers, since tanh makes every number smaller. A ReLU loses half of its numbers, for
//! which He's rule (sqrt(2 / inputs)) makes up, and Xavier's does not.

use layercake::hook::{At, Hooks};
use layercake::ir::{Fan, Init};
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::run::{Figure, Plot};

use super::{Report, StudyOptions};

network! {
    /// Ten layers with tanh.
    pub TanhTen: [500] -> [500] { layers: Repeat(10) { fc: Linear(500, bias = false), act: Tanh } }

    /// Ten layers with ReLU.
    pub ReluTen: [500] -> [500] { layers: Repeat(10) { fc: Linear(500, bias = false), act: ReLU } }
}

const LAYERS: usize = 10;

/// What flows through the activations of a network: their outputs, and the gradients of these.
struct Flow {
    values: Vec<Vec<f32>>,
    gradients: Vec<Vec<f32>>,
}

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let normal = |std: f64| Init::Normal { mean: 0.0, std };
    let (xavier, he) = (Init::XavierNormal { gain: 1.0 }, Init::KaimingNormal { fan: Fan::In, gain: 2f64.sqrt() });
    let cases = [
        ("tanh, 0.01", TanhTen::GRAPH, normal(0.01)),
        ("tanh, 1", TanhTen::GRAPH, normal(1.0)),
        ("tanh, Xavier", TanhTen::GRAPH, xavier),
        ("ReLU, Xavier", ReluTen::GRAPH, xavier),
        ("ReLU, He", ReluTen::GRAPH, he),
    ];
    let mut flows = Vec::new();
    for (i, (_, graph, init)) in cases.iter().enumerate() {
        let mut net = GraphModel::try_new((*graph).clone(), &options.device(i as u64))?;
        layercake::init::apply(&mut net, "*.weight", *init).expect("each layer has weights");
        flows.push(flow(&net, options)?);
    }
    let deviations: Vec<Vec<f64>> = flows.iter().map(|flow| flow.values.iter().map(|values| deviation(values)).collect()).collect();
    let slopes: Vec<Vec<f64>> = flows.iter().map(|flow| flow.gradients.iter().map(|values| deviation(values)).collect()).collect();

    let mut report = Report::default();
    let last = |case: usize| deviations[case][LAYERS - 1];
    let range = |case: usize| {
        let (low, high) = deviations[case].iter().fold((f64::INFINITY, 0.0f64), |(low, high), &x| (low.min(x), high.max(x)));
        high / low
    };
    let saturated = flows[1].values[0].iter().filter(|x| x.abs() > 0.99).count() as f64 / flows[1].values[0].len() as f64;
    report.claim(
        "With 0.01 the deviation of the activations falls under 1e-3",
        format!("{:.1e} after ten layers", last(0)),
        last(0) < 1e-3,
    );
    report.claim("With 1 a tanh saturates", format!("{:.0} % of its outputs are beyond 0.99", 100.0 * saturated), saturated > 0.8);
    report.claim("With He's rule ReLU stays within a factor of 2", format!("{:.2}", range(4)), range(4) < 2.0);
    report.claim("With Xavier's rule tanh stays within a factor of 3 (not of 2)", format!("{:.2}", range(2)), range(2) < 3.0);
    report.claim("Xavier's rule is not enough for ReLU: a factor over 10", format!("{:.1}", range(3)), range(3) > 10.0);

    let table = report.table(
        "Deviation of the activations, and of their gradients (the last is set to 1):",
        &["network, weights", "layer 1", "layer 5", "layer 10", "gradient at layer 1"],
    );
    for (i, (name, ..)) in cases.iter().enumerate() {
        let [one, five, ten] = [0, 4, 9].map(|layer| deviations[i][layer].into());
        table.row([(*name).into(), one, five, ten, slopes[i][0].into()]);
    }
    let lines = |name: &str, up: &str, numbers: &[Vec<f64>]| {
        let plot = Plot::new(name, ["layer", up]).logarithmic([false, true]);
        cases
            .iter()
            .zip(numbers)
            .fold(plot, |plot, ((name, ..), numbers)| plot.line(name, (1..).map(f64::from).zip(numbers.iter().copied())))
    };
    let figure = Figure::new("Signals through ten layers, by the scale of the weights").columns(2).height(270.0);
    let figure =
        figure.plot(lines("activations", "standard deviation", &deviations)).plot(lines("gradients", "standard deviation", &slopes));
    report.picture("", "Lines by layer: with 0.01 the activations fall by orders of magnitude, with Xavier or He they stay.", &figure);
    let mut figure = Figure::new("Activations at three layers: share of values").columns(3).height(128.0);
    for ((name, ..), flow) in cases.iter().zip(&flows) {
        for layer in [0, 4, 9] {
            let range = if name.starts_with("tanh") { -1.0..1.0 } else { 0.0..3.0 };
            let bars = histogram(&flow.values[layer], &range);
            figure = figure.plot(Plot::new(&format!("{name}: layer {}", layer + 1), ["", ""]).across(range).up(0.0..1.0).bars("", bars));
        }
    }
    report.picture(
        "histograms",
        "Histograms: a spike at 0 with 0.01, spikes at -1 and 1 with deviation 1, and spread values with Xavier and He.",
        &figure,
    );
    Ok(report)
}

/// Runs inputs through a network, and gradients of deviation 1 back.
fn flow(net: &GraphModel, options: &StudyOptions) -> Result<Flow, TrainError> {
    let device = options.device(100);
    let draw = || -> Tensor<(usize, Const<500>), f32, Cpu> { device.sample_normal_like(&(options.size(50, 400), Const)) };
    let (x, back) = (draw(), draw());
    let mut hooks = Hooks::new();
    let kept: Vec<_> = (0..LAYERS).map(|layer| hooks.keep(At::output(format!("layers.{layer}.act")))).collect();
    let output: Tensor<(usize, Const<500>), f32, Cpu, _> = hooks.try_forward_eval(net, x.leaky_traced())?;
    let _ = std::ops::Mul::mul(output, back).sum::<Rank0, _>().backward();
    let values = kept.iter().filter_map(|kept| Some(kept.value()?.to_vec())).collect();
    let gradients = kept.iter().filter_map(|kept| Some(kept.gradient()?.to_vec())).collect();
    Ok(Flow { values, gradients })
}

fn deviation(numbers: &[f32]) -> f64 {
    let mean = |numbers: &mut dyn Iterator<Item = f64>, count: usize| numbers.sum::<f64>() / count as f64;
    let middle = mean(&mut numbers.iter().map(|&x| f64::from(x)), numbers.len());
    mean(&mut numbers.iter().map(|&x| (f64::from(x) - middle).powi(2)), numbers.len()).sqrt()
}

fn histogram(numbers: &[f32], range: &std::ops::Range<f64>) -> Vec<(f64, f64, f64)> {
    let wide = (range.end - range.start) / 20.0;
    let mut counts = [0usize; 20];
    for &x in numbers {
        counts[(((f64::from(x) - range.start) / wide).clamp(0.0, 19.0)) as usize] += 1;
    }
    let bar = |(i, &count): (usize, &usize)| {
        (range.start + i as f64 * wide, range.start + (i + 1) as f64 * wide, count as f64 / numbers.len() as f64)
    };
    counts.iter().enumerate().map(bar).collect()
}

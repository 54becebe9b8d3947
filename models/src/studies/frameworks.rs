//! One network in four ways: plain loops, tensors, modules, a declaration.
//!
//! A hundred inputs, a layer of a thousand units with ReLU and ten outputs learn random targets by plain gradient steps. By hand every derivative is a loop; dfdx's tensors record what is computed and
//! find the derivatives; its modules hold the weights; `network!` states the layers, and the compiler checks their sizes. In PyTorch the last three are:
//!
//! ```python
//! loss = (F.relu(x @ w1.T + b1) @ w2.T + b2 - y).square().mean(); loss.backward()   # tensors
//! net = nn.Sequential(nn.Linear(100, 1000), nn.ReLU(), nn.Linear(1000, 10))          # modules
//! class Net(nn.Module): ...                                                          # a declaration, whose sizes are checked when it runs
//! ```

use layercake::dfdx::nn::builders;
use layercake::dfdx::optim::{Sgd, SgdConfig};
use layercake::dfdx::tensor_ops::{BroadcastTo, TryMatMul};
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::run::{Figure, Plot};
use rand::Rng;
use rand_distr::StandardNormal;

use super::{Report, StudyOptions};

const INPUTS: usize = 100;
const HIDDEN: usize = 1000;
const OUTPUTS: usize = 10;
const BATCH: usize = 64;
const RATE: f32 = 0.1;

network! {
    pub TwoLayers: [INPUTS] -> [OUTPUTS] { fc1: Linear(HIDDEN), ReLU, fc2: Linear(OUTPUTS) }
}

/// The inputs, the targets, and the weights and biases of both layers.
type Start = (Vec<f32>, Vec<f32>, [Vec<f32>; 4]);

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut random = options.random(1);
    let mut normal =
        |count: usize, scale: f32| -> Vec<f32> { (0..count).map(|_| scale * random.sample::<f32, _>(StandardNormal)).collect() };
    let parameters = [normal(HIDDEN * INPUTS, 0.1), normal(HIDDEN, 0.1), normal(OUTPUTS * HIDDEN, 0.03), normal(OUTPUTS, 0.1)];
    let start: Start = (normal(BATCH * INPUTS, 1.0), normal(BATCH * OUTPUTS, 1.0), parameters);
    let steps = options.size(5, 100);
    let runs = [
        ("plain loops", by_hand(&start, steps)),
        ("tensors", by_tensors(&start, steps)),
        ("modules", by_modules(&start, steps)),
        ("network!", by_declaration(&start, steps)?),
    ];
    let mut report = Report::default();
    let table =
        report.table(&format!("The loss in {steps} steps:"), &["way", "first", "last", "largest relative difference from plain loops"]);
    let mut most = 0f32;
    for (name, losses) in &runs {
        let off = losses.iter().zip(&runs[0].1).map(|(a, b)| ((a - b) / b).abs()).fold(0.0, f32::max);
        most = most.max(off);
        table.row([(*name).into(), f64::from(losses[0]).into(), f64::from(losses[steps - 1]).into(), f64::from(off).into()]);
    }
    report.claim(&format!("All four have the same losses to 1e-5 over {steps} steps"), format!("{most:.1e}"), most < 1e-5);
    let plot = runs.iter().enumerate().fold(Plot::new("", ["step", "loss"]).logarithmic([false, true]), |plot, (i, (name, losses))| {
        plot.line(name, losses.iter().enumerate().skip(i * steps / 5).map(|(step, loss)| (step as f64, f64::from(*loss))))
    });
    report.picture(
        "",
        "Four curves on each other; each begins later than the one before.",
        &Figure::new("One curve in four ways (each begins later, to be seen)").height(250.0).plot(plot),
    );
    Ok(report)
}

/// `out [rows, width] += a [rows, inner] times b [inner, width]`, each with a stride for its rows and one for its columns.
fn add_product(
    out: &mut [f32],
    (a, a_strides): (&[f32], [usize; 2]),
    (b, b_strides): (&[f32], [usize; 2]),
    [rows, inner, width]: [usize; 3],
) {
    for i in 0..rows {
        for k in 0..inner {
            let factor = a[i * a_strides[0] + k * a_strides[1]];
            for j in 0..width {
                out[i * width + j] += factor * b[k * b_strides[0] + j * b_strides[1]];
            }
        }
    }
}

fn by_hand((x, y, parameters): &Start, steps: usize) -> Vec<f32> {
    let [mut w1, mut b1, mut w2, mut b2] = parameters.clone();
    let step = |_| {
        let (mut hidden, mut out) = (b1.repeat(BATCH), b2.repeat(BATCH));
        add_product(&mut hidden, (x, [INPUTS, 1]), (&w1, [1, INPUTS]), [BATCH, INPUTS, HIDDEN]);
        hidden.iter_mut().for_each(|h| *h = h.max(0.0));
        add_product(&mut out, (&hidden, [HIDDEN, 1]), (&w2, [1, HIDDEN]), [BATCH, HIDDEN, OUTPUTS]);
        let count = (BATCH * OUTPUTS) as f32;
        let loss = out.iter().zip(y).map(|(out, y)| (out - y) * (out - y)).sum::<f32>() / count;
        let slope: Vec<f32> = out.iter().zip(y).map(|(out, y)| 2.0 * (out - y) / count).collect();
        let mut back = vec![0.0; BATCH * HIDDEN];
        add_product(&mut back, (&slope, [OUTPUTS, 1]), (&w2, [HIDDEN, 1]), [BATCH, OUTPUTS, HIDDEN]);
        back.iter_mut().zip(&hidden).for_each(|(back, h)| *back *= f32::from(u8::from(*h > 0.0)));
        for (w, b, slope, input, [outputs, inputs]) in
            [(&mut w2, &mut b2, &slope, &hidden, [OUTPUTS, HIDDEN]), (&mut w1, &mut b1, &back, x, [HIDDEN, INPUTS])]
        {
            let scaled: Vec<f32> = slope.iter().map(|slope| -RATE * slope).collect();
            add_product(w, (&scaled, [1, outputs]), (input, [inputs, 1]), [outputs, BATCH, inputs]);
            scaled.chunks(outputs).for_each(|row| b.iter_mut().zip(row).for_each(|(b, step)| *b += step));
        }
        loss
    };
    (0..steps).map(step).collect()
}

type Matrix<const ROWS: usize, const COLUMNS: usize> = Tensor<(Const<ROWS>, Const<COLUMNS>), f32, Cpu>;

fn data(start: &Start) -> (Matrix<BATCH, INPUTS>, Matrix<BATCH, OUTPUTS>) {
    let device = Cpu::default();
    (device.tensor(start.0.clone()), device.tensor(start.1.clone()))
}

fn by_tensors(start: &Start, steps: usize) -> Vec<f32> {
    let (device, (x, y)) = (Cpu::default(), data(start));
    let [w1, b1, w2, b2] = start.2.clone();
    let (mut w1, mut w2): (Matrix<HIDDEN, INPUTS>, Matrix<OUTPUTS, HIDDEN>) = (device.tensor(w1), device.tensor(w2));
    let (mut b1, mut b2): (Tensor<Rank1<HIDDEN>, f32, _>, Tensor<Rank1<OUTPUTS>, f32, _>) = (device.tensor(b1), device.tensor(b2));
    let step = |_| {
        let (w1_t, w2_t) =
            (w1.leaky_trace().permute::<Rank2<INPUTS, HIDDEN>, _>(), w2.leaky_trace().permute::<Rank2<HIDDEN, OUTPUTS>, _>());
        let hidden = x.leaky_trace().matmul(w1_t) + b1.leaky_trace().broadcast();
        let out = hidden.relu().matmul(w2_t) + b2.leaky_trace().broadcast();
        let loss = (out - y.clone()).square().mean();
        let value = loss.array();
        let gradients = loss.backward();
        w1 = w1.clone() - gradients.get(&w1) * RATE;
        b1 = b1.clone() - gradients.get(&b1) * RATE;
        w2 = w2.clone() - gradients.get(&w2) * RATE;
        b2 = b2.clone() - gradients.get(&b2) * RATE;
        value
    };
    (0..steps).map(step).collect()
}

fn by_modules(start: &Start, steps: usize) -> Vec<f32> {
    let (device, (x, y)) = (Cpu::default(), data(start));
    let mut net = device.build_module::<(builders::Linear<INPUTS, HIDDEN>, builders::ReLU, builders::Linear<HIDDEN, OUTPUTS>), f32>();
    let [w1, b1, w2, b2] = start.2.clone();
    (net.0.weight, net.0.bias, net.2.weight, net.2.bias) = (device.tensor(w1), device.tensor(b1), device.tensor(w2), device.tensor(b2));
    let mut optimizer = Sgd::new(&net, SgdConfig { lr: f64::from(RATE), momentum: None, weight_decay: None });
    let step = |_| {
        let loss = (net.forward_mut(x.trace(net.alloc_grads())) - y.clone()).square().mean();
        let value = loss.array();
        optimizer.update(&mut net, &loss.backward()).expect("each parameter has a gradient");
        value
    };
    (0..steps).map(step).collect()
}

fn by_declaration(start: &Start, steps: usize) -> Result<Vec<f32>, TrainError> {
    let (device, (x, y)) = (Cpu::default(), data(start));
    let mut net = GraphModel::try_new(TwoLayers::GRAPH.clone(), &device)?;
    let mut parameters = start.2.iter();
    net.for_each_tensor_mut(|mut tensor| tensor.copy_from(parameters.next().expect("four parameters")));
    let mut optimizer = layercake::optim::Sgd::new(&net, layercake::optim::SgdConfig { lr: f64::from(RATE), ..Default::default() });
    let mut losses = Vec::new();
    for _ in 0..steps {
        let loss = loss::mse(net.try_forward_train(x.clone(), net.alloc_grads())?, y.clone());
        losses.push(loss.array());
        optimizer.step(&mut net, &mut loss.backward())?;
    }
    Ok(losses)
}

//! The gradient through the steps of a recurrent network.
//!
//! A gradient that goes back through a step is multiplied by the transposed weights of the state. If all singular values of these are one number, here by orthogonal weights, the gradient of an
//! input so many steps back is that number to the power of the steps: it vanishes below 1 and explodes above. The states are 0 here, where tanh has slope 1; with inputs, tanh
//! saturates and holds an explosion back. Clipping scales a gradient that is too long, and keeps its direction; it cannot bring back one that vanished.

use layercake::hook::{At, Hooks};
use layercake::ir::Init;
use layercake::optim::{clip_grad_norm, grad_norm};
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::run::{Figure, Plot};

use super::{Report, StudyOptions};

network! {
    /// Fifty steps of 32 states.
    pub Unrolled: [50, 8] -> [32] { rnn: RNN(32, bias = false, output = last) }
}

const STEPS: usize = 50;
type Inputs = Tensor<(usize, Const<STEPS>, Const<8>), f32, Cpu>;

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    let head =
        ["singular values", "gradient 1 step back", "49 steps back", "by the power law", "factor per step", "with inputs, 49 steps back"];
    report.table("Norm of the gradient of an input, with the last state's as 1:", &head);
    let mut plots = [("states of 0", 0.0), ("with random inputs", 0.3)]
        .map(|(name, scale)| (Plot::new(name, ["steps back", "norm of the gradient"]).logarithmic([false, true]), scale));
    let mut factors = Vec::new();
    let values = [0.5, 0.8, 1.0, 1.2, 1.5];
    for value in values {
        let mut ends = Vec::new();
        for (plot, scale) in &mut plots {
            let norms = norms(options, value, *scale)?;
            let factor = (norms[STEPS - 1] / norms[0]).powf(1.0 / (STEPS - 1) as f64);
            ends.push((norms[0], norms[STEPS - 1], factor));
            *plot = plot.clone().line(&format!("{value}"), norms.into_iter().enumerate().map(|(back, norm)| (back as f64, norm)));
        }
        let (near, far, factor) = ends[0];
        let law = near * value.powi(STEPS as i32 - 1);
        report.tables[0].row([value.into(), near.into(), far.into(), law.into(), factor.into(), ends[1].1.into()]);
        factors.push(factor);
    }
    let holds = factors.iter().zip(values).all(|(factor, value)| (factor / value - 1.0).abs() < 0.01);
    report.claim(
        "The gradient falls, stays and explodes by the power law",
        format!("factors of {factors:.3?} per step for singular values of {values:?}"),
        holds,
    );

    // All parameters' gradients of an exploding network, before and after clipping.
    let mut net = network(options, 1.5)?;
    let x: Inputs = options.device(1).sample_normal_like(&(1, Const, Const));
    let output: Tensor<(usize, Const<32>), f32, Cpu, _> = net.try_forward_train(x * 1e-6, net.alloc_grads())?;
    let mut gradients = (output.sum::<Rank0, _>() * 1e3).backward();
    let before = clip_grad_norm(&net, &mut gradients, 5.0);
    let after = grad_norm(&net, &mut gradients);
    report.claim(
        "Clipping to a norm of 5 leaves a gradient of that norm",
        format!("{before:.1e} becomes {after:.3}"),
        before > 5.0 && (after - 5.0).abs() < 1e-3,
    );
    let [(zero, _), (random, _)] = plots;
    let figure = Figure::new("Gradients through fifty steps, by the singular values of the weights")
        .columns(2)
        .height(280.0)
        .plot(zero)
        .plot(random);
    report.picture("", "Straight lines on a logarithmic scale for states of 0: down below 1, level at 1, up above 1. With inputs, those above 1 level off.", &figure);
    Ok(report)
}

fn network(options: &StudyOptions, value: f64) -> Result<GraphModel, TrainError> {
    let mut net = GraphModel::try_new(Unrolled::GRAPH.clone(), &options.device(0))?;
    layercake::init::apply(&mut net, "*.weight_hh_l0", Init::Orthogonal { gain: value }).expect("the layer has such weights");
    layercake::init::apply(&mut net, "*.weight_ih_l0", Init::Orthogonal { gain: 1.0 }).expect("the layer has such weights");
    Ok(net)
}

/// The norm of the gradient of each input, from the last to the first.
fn norms(options: &StudyOptions, value: f64, scale: f32) -> Result<Vec<f64>, TrainError> {
    let (device, net) = (options.device(2), network(options, value)?);
    let x: Inputs = device.sample_normal_like(&(1, Const, Const));
    let back: Tensor<(usize, Const<32>), f32, Cpu> = device.sample_normal_like(&(1, Const));
    let long = back.clone().square().sum::<Rank0, _>().sqrt().array();
    let mut hooks = Hooks::new();
    let input = hooks.keep(At::input("rnn"));
    let output: Tensor<(usize, Const<32>), f32, Cpu, _> = hooks.try_forward_eval(&net, (x * scale).leaky_traced())?;
    let _ = (std::ops::Mul::mul(output, back).sum::<Rank0, _>() / long).backward();
    let gradient = input.gradient().expect("the output depends on the input").to_vec();
    let norm = |step: &[f32]| step.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    Ok(gradient.chunks(8).rev().map(norm).collect())
}

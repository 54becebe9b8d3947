//! A saturated sigmoid with squared error, and with cross entropy.
//!
//! One neuron is to learn to answer 0 to the input 1. With squared error the gradient has the slope of the sigmoid as a factor, which is almost 0 where the neuron is surely wrong:
//! it learns slowest where it has most to learn. With cross entropy that factor cancels. (The experiment is that of M. Nielsen's *Neural Networks and Deep Learning*, chapter 3.)

use layercake::optim::{Sgd, SgdConfig};
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::run::{Figure, Plot};

use super::{Report, StudyOptions};

network! {
    pub Neuron: [1] -> { answer: [1], score: [1] } { fc: Linear(1) as score, Sigmoid, output answer, from score, output score }
}

type Number<T> = Tensor<(usize, Const<1>), f32, Cpu, T>;

/// The answers over the epochs, and the first gradient of the weight.
struct Run {
    answers: Vec<f64>,
    gradient: f64,
}

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let epochs = options.size(400, 1000);
    let mut report = Report::default();
    let head = ["first weight and bias", "first answer", "loss", "first gradient", "epochs to an answer below 0.2"];
    report.table("The input is 1, the target 0, the learning rate 0.15:", &head);
    let mut figure = Figure::new("The answer of a neuron that is to become 0").columns(3).height(230.0);
    let mut last = Vec::new();
    for (title, [weight, bias]) in [("good start", [0.6, 0.9]), ("bad start", [2.0, 2.0]), ("worse start", [3.0, 3.0])] {
        let mut plot = Plot::new(title, ["epoch", "answer"]).up(0.0..1.0);
        let runs = [("squared error", false), ("cross entropy", true)]
            .map(|(name, entropy)| (name, learn(options, [weight, bias], entropy, epochs)));
        last.clear();
        for (name, run) in runs {
            let run = run?;
            let reached = run.answers.iter().position(|&answer| answer < 0.2);
            let shown = reached.map_or_else(|| format!("over {epochs}"), |epoch| epoch.to_string());
            let answer = run.answers[0];
            report.tables[0].row([format!("{weight} and {bias}").into(), answer.into(), name.into(), run.gradient.into(), shown.into()]);
            plot = plot.line(name, run.answers.iter().enumerate().map(|(epoch, &answer)| (epoch as f64, answer)));
            last.push((run.gradient, reached.unwrap_or(epochs)));
        }
        if title == "bad start" {
            let ratio = last[1].0 / last[0].0;
            report.claim(
                "From the bad start the first gradient of squared error is at least 10 times as small",
                format!("{ratio:.0} times"),
                ratio >= 10.0,
            );
            let found = format!("{} epochs instead of {}", last[0].1, last[1].1);
            report.claim("It takes more epochs to the same answer", found, last[0].1 > last[1].1);
        }
        figure = figure.plot(plot);
    }
    report.picture("", "Answers by epoch from three starts: with squared error the curve begins flat the longer the worse the start, with cross entropy it falls at once.", &figure);
    Ok(report)
}

fn learn(options: &StudyOptions, start: [f32; 2], entropy: bool, epochs: usize) -> Result<Run, TrainError> {
    let device = options.device(0);
    let mut net = GraphModel::try_new(Neuron::GRAPH.clone(), &device)?;
    net.for_each_tensor_mut(|mut tensor| {
        let number = if tensor.path() == "fc.weight" { start[0] } else { start[1] };
        tensor.copy_from(&[number]);
    });
    let mut optimizer = Sgd::new(&net, SgdConfig { lr: 0.15, ..Default::default() });
    let (x, target): (Number<NoneTape>, Number<NoneTape>) = (device.ones_like(&(1, Const)), device.zeros_like(&(1, Const)));
    let (mut answers, mut first, mut gradients) = (Vec::new(), None, net.alloc_grads());
    for _ in 0..epochs {
        let (answer, score): (Number<_>, Number<OwnedTape<f32, Cpu>>) = net.try_forward_train(x.clone(), gradients)?;
        answers.push(f64::from(answer.as_vec()[0]));
        // Half of the square, as in the book.
        let loss = if entropy {
            loss::bce_with_logits(score + answer * 0.0, target.clone())
        } else {
            loss::mse(answer + score * 0.0, target.clone()) * 0.5
        };
        gradients = loss.backward();
        if first.is_none() {
            first = layercake::gradient::named_gradients(&net, &mut gradients).ok().map(|all| f64::from(all[0].1[0]));
        }
        optimizer.step(&mut net, &mut gradients)?;
        net.zero_grads(&mut gradients);
    }
    Ok(Run { answers, gradient: first.unwrap_or(f64::NAN) })
}

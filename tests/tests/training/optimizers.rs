//! 30 steps of each optimizer against PyTorch's, in both number types: the parameters after every step.

use layercake::Scalar;
use layercake::average::{AveragedModel, Averaging};
use layercake::dfdx;
use layercake::optim::*;
use layercake::prelude::*;
use layercake::schedule::{Cosine, Schedule};
use layercake_tests::{Numbers, difference};

use layercake_tests::training::Fixture;

network! { pub Net: [3] -> [2] { fc1: Linear(4), Tanh, fc2: Linear(2) } }

/// The network before the first step.
pub fn start<E: Scalar>(fixture: &Fixture) -> Net<E, Cpu>
where
    Cpu: Backend<E>,
{
    let mut net = Cpu::default().build_module::<Net, E>();
    net.for_each_tensor_mut(|mut tensor| {
        let numbers: Vec<E> = fixture.get(&format!("start/{}", tensor.path())).cast();
        tensor.copy_from(&numbers);
    });
    net
}

/// All parameters in a row.
pub fn row<E: Scalar>(net: &Net<E, Cpu>) -> Vec<f64>
where
    Cpu: Backend<E>,
{
    net.named_parameters().iter().flat_map(|parameter| parameter.to_vec()).map(|x| x.to_f64().unwrap()).collect()
}

/// Computes gradients and updates the network with `step`; returns all parameters after each step.
pub fn run<E: Scalar>(
    fixture: &Fixture,
    steps: std::ops::Range<usize>,
    net: &mut Net<E, Cpu>,
    mut step: impl FnMut(usize, &mut Net<E, Cpu>, &mut Gradients<E, Cpu>),
) -> Vec<Vec<f64>>
where
    Cpu: Backend<E>,
{
    let device = Cpu::default();
    let batch = |name: &str, step: usize, columns: usize| -> Vec<E> {
        Numbers { dims: Vec::new(), values: fixture.get(name).values[step * 5 * columns..][..5 * columns].to_vec() }.cast()
    };
    let mut gradients = net.alloc_grads();
    let mut rows = Vec::new();
    for i in steps {
        let x: Tensor<(usize, Const<3>), E, _> = device.tensor_from_vec(batch("x", i, 3), (5, Const));
        let y: Tensor<(usize, Const<2>), E, _> = device.tensor_from_vec(batch("y", i, 2), (5, Const));
        let loss = loss::mse(net.try_forward_train(x, gradients).unwrap(), y);
        gradients = loss.backward();
        step(i, net, &mut gradients);
        net.zero_grads(&mut gradients);
        rows.push(row(net));
    }
    rows
}

/// The largest difference from PyTorch's, relative to the largest parameter.
fn off<E: Scalar>(name: &str, fixture: &Fixture, step: impl FnMut(usize, &mut Net<E, Cpu>, &mut Gradients<E, Cpu>)) -> f64
where
    Cpu: Backend<E>,
{
    let mut net = start(fixture);
    let rows = run(fixture, 0..30, &mut net, step);
    difference(&Numbers { dims: vec![30, 26], values: rows.concat() }, fixture.get(name))
}

fn check<R: Rule>(name: &str, rule: R, set: impl Fn(&mut dyn Settings)) {
    let fixture = Fixture::open("optimizers");
    let net = start::<f64>(&fixture);
    let mut wide = Optim::new(&net, rule.clone());
    set(&mut wide);
    let wide = off::<f64>(name, &fixture, |_, net, gradients| wide.step(net, gradients).unwrap());
    let mut narrow: Optim<R, f32, Cpu> = Optim::new(&start::<f32>(&fixture), rule);
    set(&mut narrow);
    let narrow = off::<f32>(name, &fixture, |_, net, gradients| narrow.step(net, gradients).unwrap());
    assert!(wide < 1e-12 && narrow < 1e-5, "{name}: off by {wide:.1e} in double and {narrow:.1e} in single precision");
}

/// The settings of a case, for any number type.
trait Settings {
    fn clip(&mut self, clip: Clip);
    fn group(&mut self, pattern: &str, group: Group);
    fn freeze(&mut self, pattern: &str);
}

macro_rules! settings {
    ($($e:ty)*) => {$(
        impl<R: Rule> Settings for Optim<R, $e, Cpu> {
            fn clip(&mut self, clip: Clip) {
                self.clip = Some(clip);
            }
            fn group(&mut self, pattern: &str, group: Group) {
                let net = Cpu::default().build_module::<Net, $e>();
                Optim::group(self, &net, pattern, group).unwrap();
            }
            fn freeze(&mut self, pattern: &str) {
                let net = Cpu::default().build_module::<Net, $e>();
                Optim::freeze(self, &net, pattern).unwrap();
            }
        }
    )*};
}

settings! { f32 f64 }

fn plain<R: Rule>(name: &str, rule: R) {
    check(name, rule, |_| {});
}

const L2: Option<WeightDecay> = Some(WeightDecay::L2(0.1));

#[test]
fn sgd() {
    let sgd = SgdConfig { lr: 0.05, ..Default::default() };
    let [classic, nesterov] =
        [Momentum::Classic(0.9), Momentum::Nesterov(0.9)].map(|momentum| SgdConfig { momentum: Some(momentum), ..sgd });
    plain("sgd", sgd);
    plain("sgd_momentum", classic);
    plain("sgd_dampening", SgdConfig { dampening: 0.3, ..classic });
    plain("sgd_nesterov", nesterov);
    plain("sgd_l2", SgdConfig { weight_decay: L2, ..classic });
    plain("sgd_nesterov_l2", SgdConfig { weight_decay: L2, ..nesterov });
    check("clip_norm", classic, |optimizer| optimizer.clip(Clip::Norm(0.5)));
}

#[test]
fn adagrad() {
    let adagrad = AdagradConfig { lr: 0.1, ..Default::default() };
    plain("adagrad", adagrad);
    plain("adagrad_all", AdagradConfig { lr_decay: 0.05, initial_accumulator_value: 0.2, weight_decay: L2, eps: 1e-6, ..adagrad });
}

#[test]
fn rmsprop() {
    let rmsprop = RMSpropConfig { lr: 0.01, ..Default::default() };
    plain("rmsprop", rmsprop);
    plain("rmsprop_centered", RMSpropConfig { centered: true, alpha: 0.9, ..rmsprop });
    plain("rmsprop_momentum", RMSpropConfig { momentum: Some(0.8), eps: 1e-5, ..rmsprop });
    plain("rmsprop_all", RMSpropConfig { momentum: Some(0.8), centered: true, weight_decay: L2, ..rmsprop });
}

#[test]
fn adam() {
    let adam = AdamConfig { lr: 0.05, ..Default::default() };
    let adamw = AdamConfig { weight_decay: Some(WeightDecay::Decoupled(0.1)), ..adam };
    plain("adam", adam);
    plain("adam_betas", AdamConfig { betas: [0.7, 0.95], eps: 1e-3, ..adam });
    plain("adam_uncorrected", AdamConfig { bias_correction: false, ..adam });
    plain("adam_l2", AdamConfig { weight_decay: L2, ..adam });
    plain("adamw", adamw);
    check("clip_value", adam, |optimizer| optimizer.clip(Clip::Value(0.1)));
    check("groups", adamw, |optimizer| optimizer.group("*.bias", Group { lr_scale: 4.0, weight_decay: Some(0.0) }));
    check("frozen", AdamConfig { weight_decay: L2, ..adam }, |optimizer| {
        optimizer.clip(Clip::Norm(0.5));
        optimizer.freeze("fc1");
    });
}

/// Eight steps of several iterations: the parameters, and how often the loss was evaluated.
#[test]
fn lbfgs() {
    let fixture = Fixture::open("optimizers");
    let wolfe = LbfgsConfig { max_iter: 3, line_search: LineSearch::StrongWolfe, ..Default::default() };
    let cases = [
        ("fixed", false, LbfgsConfig { lr: 0.1, line_search: LineSearch::Fixed, ..wolfe }),
        ("wolfe", false, wolfe),
        ("wolfe_long", false, LbfgsConfig { lr: 20.0, max_iter: 4, ..wolfe }),
        ("wolfe_short", false, LbfgsConfig { lr: 0.01, max_iter: 4, history_size: 2, ..wolfe }),
        ("wolfe_batches", true, LbfgsConfig { max_iter: 2, max_eval: Some(6), ..wolfe }),
    ];
    for (name, each, cfg) in cases {
        let (mut net, mut optimizer) = (start::<f64>(&fixture), Lbfgs::new(cfg));
        let (mut rows, mut evaluations) = (Vec::new(), Vec::new());
        let batch = |name: &str, step: usize, columns: usize| fixture.get(name).values[step * 5 * columns..][..5 * columns].to_vec();
        for step in 0..8 {
            let step = if each { step } else { 0 };
            let x: Tensor<(usize, Const<3>), f64, _> = Cpu::default().tensor_from_vec(batch("x", step, 3), (5, Const));
            let y: Tensor<(usize, Const<2>), f64, _> = Cpu::default().tensor_from_vec(batch("y", step, 2), (5, Const));
            let evaluate = |net: &mut Net<f64, Cpu>| {
                let loss = loss::mse(net.try_forward_train(x.clone(), net.alloc_grads())?, y.clone());
                Ok::<_, Box<dyn std::error::Error>>((loss.array(), loss.backward()))
            };
            optimizer.step(&mut net, evaluate).unwrap();
            rows.extend(row(&net));
            evaluations.push(optimizer.evaluations() as f64);
        }
        assert_eq!(evaluations, fixture.get(&format!("lbfgs/{name}/evaluations")).values, "{name}");
        let off = difference(&Numbers { dims: vec![8, 26], values: rows }, fixture.get(&format!("lbfgs/{name}")));
        assert!(off < 1e-9, "{name}: off by {off:.1e}");
    }
}

/// What is frozen stays, and after an error everything does.
#[test]
fn lbfgs_leaves_parameters() {
    let fixture = Fixture::open("optimizers");
    let (mut net, mut optimizer) = (start::<f64>(&fixture), Lbfgs::new(LbfgsConfig::default()));
    let (begin, mut calls) = (row(&net), 0);
    let x: Tensor<(usize, Const<3>), f64, _> = Cpu::default().tensor_from_vec(vec![0.5; 6], (2, Const));
    let mut evaluate = |net: &mut Net<f64, Cpu>| {
        calls += 1;
        if calls == 3 {
            return Err("no more".into());
        }
        let loss = net.try_forward_train(x.clone(), net.alloc_grads())?.square().mean();
        Ok::<_, Box<dyn std::error::Error>>((loss.array(), loss.backward()))
    };
    let error = optimizer.step(&mut net, &mut evaluate).unwrap_err();
    assert_eq!((error.to_string(), row(&net)), ("no more".to_owned(), begin.clone()));
    optimizer.frozen.freeze(&net, "fc1").unwrap();
    optimizer.step(&mut net, &mut evaluate).unwrap();
    let moved: Vec<bool> = row(&net).iter().zip(&begin).map(|(a, b)| a != b).collect();
    assert!(moved[..16].iter().all(|moved| !moved) && moved[16..].iter().all(|moved| *moved), "{moved:?}");
    optimizer.cfg.lr = -1.0;
    assert!(optimizer.step(&mut net, &mut evaluate).unwrap_err().to_string().contains("the learning rate"));
}

#[test]
fn a_schedule_moves_all_groups() {
    let fixture = Fixture::open("optimizers");
    let net = start::<f64>(&fixture);
    let config = AdamConfig { lr: 0.05, weight_decay: Some(WeightDecay::Decoupled(0.1)), ..Default::default() };
    let mut optimizer = Adam::new(&net, config);
    // The later of two groups counts.
    optimizer.group(&net, "fc2.bias", Group { lr_scale: 9.0, weight_decay: Some(3.0) }).unwrap();
    optimizer.group(&net, "*.bias", Group { lr_scale: 4.0, weight_decay: Some(0.0) }).unwrap();
    // PyTorch's cosine comes up again after 20 steps.
    let schedule = |step: usize| Cosine { steps: 20, min_lr: 0.0 }.lr(0.05, if step < 20 { step } else { 40 - step });
    let off = off::<f64>("groups_schedule", &fixture, |step, net, gradients| {
        optimizer.cfg.lr = schedule(step);
        optimizer.step(net, gradients).unwrap();
    });
    assert!(off < 1e-12, "off by {off:.1e}");
}

#[test]
fn a_parameter_counts_its_own_steps() {
    let fixture = Fixture::open("optimizers");
    let net = start::<f64>(&fixture);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 0.05, weight_decay: L2, ..Default::default() });
    optimizer.freeze(&net, "fc1").unwrap();
    let off = off::<f64>("thawed", &fixture, |step, net, gradients| {
        optimizer.step(net, gradients).unwrap();
        if step == 9 {
            optimizer.unfreeze(net, "fc1").unwrap();
        }
    });
    assert!(off < 1e-12, "off by {off:.1e}");
}

#[test]
fn clipping_functions() {
    let fixture = Fixture::open("optimizers");
    let net = start::<f64>(&fixture);
    let mut sgd = Sgd::new(&net, SgdConfig { lr: 0.05, momentum: Some(Momentum::Classic(0.9)), ..Default::default() });
    let mut norms = Vec::new();
    let by_norm = off::<f64>("clip_norm", &fixture, |_, net, gradients| {
        norms.push(clip_grad_norm(net, gradients, 0.5));
        sgd.step(net, gradients).unwrap();
    });
    assert!(by_norm < 1e-12 && norms.iter().any(|&norm| norm > 0.5), "off by {by_norm:.1e}");
    let mut adam = Adam::new(&net, AdamConfig { lr: 0.05, ..Default::default() });
    let by_value = off::<f64>("clip_value", &fixture, |_, net, gradients| {
        clip_grad_value(net, gradients, 0.1);
        adam.step(net, gradients).unwrap();
    });
    assert!(by_value < 1e-12, "off by {by_value:.1e}");
}

/// The statements of the documentation about dfdx's optimizers.
#[test]
fn dfdx_own() {
    let fixture = Fixture::open("optimizers");
    let net = start::<f64>(&fixture);
    let mut sgd =
        dfdx::optim::Sgd::new(&net, dfdx::optim::SgdConfig { lr: 0.05, momentum: Some(Momentum::Nesterov(0.9)), weight_decay: L2 });
    let by_sgd = off::<f64>("sgd_nesterov_l2", &fixture, |_, net, gradients| sgd.update(net, gradients).unwrap());
    let mut adam = dfdx::optim::Adam::new(&net, dfdx::optim::AdamConfig { lr: 0.05, weight_decay: L2, ..Default::default() });
    let by_adam = off::<f64>("adam_l2", &fixture, |_, net, gradients| adam.update(net, gradients).unwrap());
    assert!(by_sgd < 1e-12 && by_adam < 1e-12, "off by {by_sgd:.1e} and {by_adam:.1e}");
    let config = dfdx::optim::RMSpropConfig { lr: 0.01, alpha: 0.99, eps: 1e-8, momentum: None, centered: false, weight_decay: None };
    let mut rmsprop = dfdx::optim::RMSprop::new(&net, config);
    let by_rmsprop = off::<f64>("rmsprop", &fixture, |_, net, gradients| rmsprop.update(net, gradients).unwrap());
    assert!(by_rmsprop > 1e-2, "dfdx's RMSprop agrees with PyTorch after all: off by {by_rmsprop:.1e}");
}

#[test]
fn they_are_dfdx_optimizers() {
    let fixture = Fixture::open("optimizers");
    let mut adam = Adam::new(&start::<f64>(&fixture), AdamConfig { lr: 0.05, ..Default::default() });
    let off = off::<f64>("adam", &fixture, |_, net, gradients| Optimizer::update(&mut adam, net, &*gradients).unwrap());
    assert!(off < 1e-12, "off by {off:.1e}");
}

#[test]
fn averages() {
    let fixture = Fixture::open("optimizers");
    for (name, averaging) in [("ema", Averaging::Ema { decay: 0.9 }), ("swa", Averaging::Swa)] {
        let mut net = start::<f64>(&fixture);
        let mut average = AveragedModel::new(&net, averaging);
        let mut sgd = Sgd::new(&net, SgdConfig { lr: 0.05, ..Default::default() });
        run(&fixture, 0..30, &mut net, |_, net, gradients| {
            sgd.step(net, gradients).unwrap();
            average.update(net);
        });
        let found = Numbers { dims: vec![26], values: row(&average.model) };
        let off = difference(&found, fixture.get(&format!("average/{name}")));
        assert!(off < 1e-13, "{name}: off by {off:.1e}");
        let own = row(&net);
        average.swap(&mut net);
        assert_eq!(row(&net), found.values);
        average.swap(&mut net);
        assert_eq!(row(&net), own);
    }
}

#[test]
fn a_parameter_without_a_gradient_is_named() {
    let device = Cpu::seed_from_u64(3);
    network! {
        A: [3] -> [2] { fc: Linear(2) }
        B: [3] -> [2] { one: Linear(2), two: Linear(2, bias = false) }
    }
    let mut pair = (A::new(&device), B::new(&device));
    let mut optimizer = Adam::new(&pair, AdamConfig::default());
    let x: Tensor<(usize, Const<3>), f32, _> = device.sample_normal_like(&(4, Const));
    let gradients = |pair: &mut (A, B)| pair.0.forward_mut(x.clone().leaky_traced()).square().mean().backward();
    let before = pair.0.fc.weight.as_vec();
    let mut leaky = gradients(&mut pair);
    let error = optimizer.step(&mut pair, &mut leaky).unwrap_err();
    let expected =
        "no gradient for `1.one.weight`, `1.one.bias`, `1.two.weight`: the loss does not depend on them; freeze them if that is intended";
    assert_eq!(error.to_string(), expected);
    assert_ne!(pair.0.fc.weight.as_vec(), before, "the others are updated");
    let mut leaky = gradients(&mut pair);
    assert!(optimizer.step(&mut pair, &mut leaky).is_err(), "also in the second step");
    let leaky = gradients(&mut pair);
    let error = Optimizer::update(&mut optimizer, &mut pair, &leaky).unwrap_err();
    assert!(matches!(error, OptimizerUpdateError::UnusedParams(unused) if unused.ids.len() == 3));
    optimizer.freeze(&pair, "1").unwrap();
    let mut leaky = gradients(&mut pair);
    optimizer.step(&mut pair, &mut leaky).unwrap();
    let error = optimizer.freeze(&pair, "head").unwrap_err().to_string();
    assert!(error.starts_with("`head` matches no parameter"), "{error}");
}

/// A parameter so large that all cores share it, whose size is not a multiple of a piece.
#[test]
fn large_parameters() {
    let device = Cpu::seed_from_u64(5);
    let mut large: Tensor<Rank2<641, 513>, f32, _> = device.sample_normal();
    // From the first piece and from the last.
    let ends = |large: &Tensor<Rank2<641, 513>, f32, Cpu>| [&large.as_vec()[..500], &large.as_vec()[328_833 - 500..]].concat();
    let mut small: Tensor<Rank1<1000>, f32, _> = device.tensor(ends(&large));
    let (mut one, mut other) = (Adam::new(&large, AdamConfig::adamw()), Adam::new(&small, AdamConfig::adamw()));
    for _ in 0..3 {
        let mut gradients = large.leaky_trace().square().sum::<Rank0, _>().backward();
        one.step(&mut large, &mut gradients).unwrap();
        let mut gradients = small.leaky_trace().square().sum::<Rank0, _>().backward();
        other.step(&mut small, &mut gradients).unwrap();
    }
    assert_eq!(ends(&large), small.as_vec());
}

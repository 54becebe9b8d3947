//! Edge cases of an optimizer's step: parameters without a gradient, limits, options out of range, many tensors.

use std::time::{Duration, Instant};

use layercake::optim::*;
use layercake::prelude::*;

network! { pub Part: [2] -> [1] { fc: Linear(1) } }

/// Two networks; a loss may use only one of them.
#[derive(Clone, Debug, Model)]
struct Pair {
    one: Part,
    other: Part,
}

#[derive(Clone, Debug, Model)]
struct Many {
    parts: Vec<Part>,
}

type In = Tensor<(usize, Const<2>), f32, Cpu>;

fn data(device: &Cpu) -> In {
    device.tensor_from_vec(vec![0.5, -1.0, 2.0, 1.5], (2, Const))
}

fn pair(device: &Cpu) -> Pair {
    Pair { one: Part::new(device), other: Part::new(device) }
}

/// A step on the loss of one of the networks, with only the gradients of that loss.
fn step<R: Rule>(optimizer: &mut Optim<R>, pair: &mut Pair, first: bool) -> Result<(), StepError<layercake::dfdx::tensor::CpuError>> {
    let x = data(&Cpu::default());
    let part = if first { &mut pair.one } else { &mut pair.other };
    let mut gradients = part.forward_train(x, Gradients::leaky()).square().mean::<Rank0, _>().backward();
    optimizer.step(pair, &mut gradients)
}

fn leaves_alone<R: Rule>(rule: R) {
    let device = Cpu::seed_from_u64(1);
    let mut model = pair(&device);
    let mut optimizer = Optim::new(&model, rule);
    // One step for each network, so that both have momentum.
    assert!(step(&mut optimizer, &mut model, true).is_err(), "`other` never had a gradient");
    step(&mut optimizer, &mut model, false).unwrap();
    let before = model.clone();
    for _ in 0..3 {
        step(&mut optimizer, &mut model, false).unwrap();
    }
    assert_eq!(model.one.fc.weight.array(), before.one.fc.weight.array(), "{}", R::NAME);
    assert_ne!(model.other.fc.weight.array(), before.other.fc.weight.array(), "{}", R::NAME);
    // The optimizer's state is unchanged too: the next step is as if the steps in between had not happened.
    let mut without = before;
    let mut other = Optim::new(&without, optimizer.cfg.clone());
    let mut again = pair(&Cpu::seed_from_u64(1));
    let _ = step(&mut other, &mut again, true);
    step(&mut other, &mut again, false).unwrap();
    step(&mut other, &mut again, true).unwrap();
    without.one = again.one;
    step(&mut optimizer, &mut model, true).unwrap();
    assert_eq!(model.one.fc.weight.array(), without.one.fc.weight.array(), "{}", R::NAME);
}

/// As in PyTorch, a parameter whose `grad` is None is skipped.
#[test]
fn a_parameter_without_a_gradient_in_this_step_stays() {
    let weight_decay = Some(WeightDecay::L2(0.1));
    leaves_alone(SgdConfig { momentum: Some(Momentum::Classic(0.9)), weight_decay, ..Default::default() });
    leaves_alone(AdamConfig::adamw());
    leaves_alone(RMSpropConfig { momentum: Some(0.9), centered: true, weight_decay, ..Default::default() });
    leaves_alone(AdagradConfig { weight_decay, ..Default::default() });
}

/// Functions that inspect gradients before a step do not create missing gradients.
#[test]
fn clipping_by_hand_makes_no_gradients() {
    let device = Cpu::seed_from_u64(1);
    let weight_decay = Some(WeightDecay::L2(0.1));
    let cfg = SgdConfig { momentum: Some(Momentum::Classic(0.9)), weight_decay, ..Default::default() };
    let mut model = pair(&device);
    let mut sgd = Sgd::new(&model, cfg);
    let _ = step(&mut sgd, &mut model, true);
    let before = model.clone();
    for round in 0..3 {
        let mut gradients = model.other.forward_train(data(&device), Gradients::leaky()).square().mean::<Rank0, _>().backward();
        assert!(clip_grad_norm(&model, &mut gradients, 1.0) > 0.0);
        clip_grad_value(&model, &mut gradients, 0.5);
        assert_eq!(layercake::gradient::first_non_finite_gradient(&model, &mut gradients), None);
        sgd.step(&mut model, &mut gradients).unwrap();
        assert_eq!(model.one.fc.weight.array(), before.one.fc.weight.array(), "round {round}");
    }
    step(&mut sgd, &mut model, true).unwrap();
    assert_ne!(model.one.fc.weight.array(), before.one.fc.weight.array());
}

fn gradients(device: &Cpu, net: &mut Part) -> Gradients<f32, Cpu> {
    net.forward_train(data(device), Gradients::leaky()).square().mean::<Rank0, _>().backward()
}

/// As in PyTorch, a norm of NaN makes every gradient NaN, so that the error is visible.
#[test]
fn a_nan_in_one_gradient_shows_in_all_that_are_clipped_together() {
    let device = Cpu::seed_from_u64(1);
    let mut net = Part::new(&device);
    let mut found = gradients(&device, &mut net);
    found.get_or_alloc_mut(&net.fc.weight).unwrap()[0] = f32::NAN;
    assert!(clip_grad_norm(&net, &mut found, 1.0).is_nan());
    assert!(found.get(net.fc.bias.as_ref().unwrap()).array()[0].is_nan());
    let mut found = gradients(&device, &mut net);
    found.get_or_alloc_mut(&net.fc.weight).unwrap()[0] = f32::NAN;
    let mut sgd = Sgd::new(&net, SgdConfig::default());
    sgd.clip = Some(Clip::Norm(1.0));
    sgd.step(&mut net, &mut found).unwrap();
    assert!(net.fc.bias.as_ref().unwrap().array()[0].is_nan());
}

fn refused<R: Rule>(rule: R, text: &str) {
    refused_with(rule, None, Group::default(), text);
}

fn refused_with<R: Rule>(rule: R, clip: Option<Clip>, group: Group, text: &str) {
    let device = Cpu::seed_from_u64(1);
    let mut net = Part::new(&device);
    let before = net.clone();
    let mut optimizer = Optim::new(&net, rule);
    optimizer.clip = clip;
    optimizer.group(&net, "fc", group).unwrap();
    let mut found = gradients(&device, &mut net);
    let error = optimizer.step(&mut net, &mut found).unwrap_err().to_string();
    assert_eq!(error, text);
    assert_eq!(net.fc.weight.array(), before.fc.weight.array(), "nothing is updated");
}

#[test]
fn options_out_of_their_range_are_refused() {
    refused(SgdConfig { lr: -0.1, ..Default::default() }, "the learning rate is -0.1; it must be 0 or more");
    refused(AdamConfig { lr: f64::NAN, ..Default::default() }, "the learning rate is NaN; it must be 0 or more");
    refused(AdamConfig { betas: [0.9, 1.0], ..Default::default() }, "a beta of Adam is 1; it must be at least 0 and below 1");
    refused(AdamConfig { eps: -1e-8, ..Default::default() }, "the eps of Adam is -0.00000001; it must be 0 or more");
    let momentum = Some(Momentum::Classic(-0.5));
    refused(SgdConfig { momentum, ..Default::default() }, "the momentum of SGD is -0.5; it must be 0 or more");
    let momentum = Some(Momentum::Nesterov(0.9));
    refused(SgdConfig { momentum, dampening: 0.1, ..Default::default() }, "the dampening of Nesterov's momentum is 0.1; it must be 0");
    let weight_decay = Some(WeightDecay::Decoupled(-0.1));
    refused(RMSpropConfig { weight_decay, ..Default::default() }, "the weight decay is -0.1; it must be 0 or more");
    refused(AdagradConfig { lr_decay: f64::INFINITY, ..Default::default() }, "the lr_decay of AdaGrad is inf; it must be 0 or more");
    let (plain, group) = (SgdConfig::default(), Group::default());
    refused_with(plain, Some(Clip::Norm(-1.0)), group, "the limit of the gradients' norm is -1; it must be 0 or more");
    refused_with(plain, Some(Clip::Value(f64::NAN)), group, "the limit of each gradient is NaN; it must be 0 or more");
    let group = Group { lr_scale: -1.0, ..group };
    refused_with(plain, None, group, "the factor of a group's learning rate is -1; it must be 0 or more");
}

#[test]
#[should_panic(expected = "the limit of the gradients' norm is -2; it must be 0 or more")]
fn a_negative_limit_of_the_norm() {
    let device = Cpu::seed_from_u64(1);
    let mut net = Part::new(&device);
    let mut found = gradients(&device, &mut net);
    clip_grad_norm(&net, &mut found, -2.0);
}

/// For constant gradients, the variance (the mean of squares minus the square of the mean) is not below 0, despite rounding.
#[test]
fn a_variance_of_nothing_is_not_negative() {
    let device = Cpu::seed_from_u64(1);
    let mut net = Part::new(&device);
    let mut optimizer = RMSprop::new(&net, RMSpropConfig { lr: 1e-9, centered: true, alpha: 0.3, ..Default::default() });
    for _ in 0..300 {
        let mut found = gradients(&device, &mut net);
        found.get_or_alloc_mut(&net.fc.weight).unwrap().fill(0.3);
        optimizer.step(&mut net, &mut found).unwrap();
        assert!(net.fc.weight.as_vec().iter().all(|w| w.is_finite()));
    }
}

/// The first step looks up the gradients of all tensors, in time linear in their number.
#[test]
fn the_first_step_of_many_tensors() {
    let device = Cpu::seed_from_u64(1);
    let time = |count: usize| {
        let mut model = Many { parts: (0..count).map(|_| Part::new(&device)).collect() };
        let mut found = Gradients::leaky();
        for part in &model.parts {
            found.try_alloc_for(&part.fc.weight).unwrap();
            found.try_alloc_for(part.fc.bias.as_ref().unwrap()).unwrap();
        }
        let first_step = |_| {
            let mut sgd = Sgd::new(&model, SgdConfig::default());
            let begin = Instant::now();
            sgd.step(&mut model, &mut found).unwrap();
            begin.elapsed()
        };
        (0..30).map(first_step).min().unwrap()
    };
    // The minimum of many short measurements, since other programs run too. A quadratic algorithm would take 64 times as long.
    let (few, many) = (time(100).max(Duration::from_micros(100)), time(800));
    assert!(many < 24 * few, "100 networks took {few:?}, 800 {many:?}");
}

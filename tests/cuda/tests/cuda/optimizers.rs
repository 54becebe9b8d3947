//! 30 steps of each optimizer, and the averages over them, against PyTorch in double precision.

use layercake::average::{AveragedModel, Averaging};
use layercake::dfdx::tensor::Cuda;
use layercake::optim::*;
use layercake::prelude::*;
use layercake_cuda_tests::device;
use layercake_tests::training::Fixture;
use layercake_tests::{Numbers, difference};

network! { pub Net: [3] -> [2] { fc1: Linear(4), Tanh, fc2: Linear(2) } }

type OnCuda = Net<f64, Cuda>;

fn start(fixture: &Fixture, device: &Cuda) -> OnCuda {
    let mut net = device.build_module::<Net, f64>();
    net.for_each_tensor_mut(|mut tensor| tensor.copy_from(&fixture.get(&format!("start/{}", tensor.path())).values));
    net
}

fn row(net: &OnCuda) -> Vec<f64> {
    net.named_parameters().iter().flat_map(layercake::model::Named::to_vec).collect()
}

/// Takes 30 steps; returns all parameters after each.
fn run(fixture: &Fixture, device: &Cuda, net: &mut OnCuda, mut step: impl FnMut(&mut OnCuda, &mut Gradients<f64, Cuda>)) -> Vec<f64> {
    let batch = |name: &str, step: usize, columns: usize| fixture.get(name).values[step * 5 * columns..][..5 * columns].to_vec();
    let mut gradients = net.alloc_grads();
    let mut rows = Vec::new();
    for i in 0..30 {
        let x: Tensor<(usize, Const<3>), f64, _> = device.tensor_from_vec(batch("x", i, 3), (5, Const));
        let y: Tensor<(usize, Const<2>), f64, _> = device.tensor_from_vec(batch("y", i, 2), (5, Const));
        gradients = loss::mse(net.try_forward_train(x, gradients).expect("the device works"), y).backward();
        step(net, &mut gradients);
        net.zero_grads(&mut gradients);
        rows.extend(row(net));
    }
    rows
}

fn check<R: Rule>(name: &str, rule: R, set: impl Fn(&OnCuda, &mut Optim<R, f64, Cuda>)) {
    let (fixture, device) = (Fixture::open("optimizers"), device(0));
    let mut net = start(&fixture, &device);
    let mut optimizer = Optim::new(&net, rule);
    set(&net, &mut optimizer);
    let values = run(&fixture, &device, &mut net, |net, gradients| optimizer.step(net, gradients).expect("the device works"));
    let off = difference(&Numbers { dims: vec![30, 26], values }, fixture.get(name));
    assert!(off < 1e-11, "{name}: off by {off:.1e}");
}

const L2: Option<WeightDecay> = Some(WeightDecay::L2(0.1));

#[test]
fn as_pytorch_says() {
    let sgd = SgdConfig { lr: 0.05, ..Default::default() };
    let [classic, nesterov] =
        [Momentum::Classic(0.9), Momentum::Nesterov(0.9)].map(|momentum| SgdConfig { momentum: Some(momentum), ..sgd });
    check("sgd", sgd, |_, _| {});
    check("sgd_momentum", classic, |_, _| {});
    check("sgd_nesterov_l2", SgdConfig { weight_decay: L2, ..nesterov }, |_, _| {});
    let adagrad = AdagradConfig { lr: 0.1, ..Default::default() };
    check(
        "adagrad_all",
        AdagradConfig { lr_decay: 0.05, initial_accumulator_value: 0.2, weight_decay: L2, eps: 1e-6, ..adagrad },
        |_, _| {},
    );
    let rmsprop = RMSpropConfig { lr: 0.01, ..Default::default() };
    check("rmsprop_all", RMSpropConfig { momentum: Some(0.8), centered: true, weight_decay: L2, ..rmsprop }, |_, _| {});
    let adam = AdamConfig { lr: 0.05, ..Default::default() };
    let adamw = AdamConfig { weight_decay: Some(WeightDecay::Decoupled(0.1)), ..adam };
    check("adam", adam, |_, _| {});
    check("adam_l2", AdamConfig { weight_decay: L2, ..adam }, |_, _| {});
    check("adamw", adamw, |_, _| {});
    check("clip_norm", classic, |_, optimizer| optimizer.clip = Some(Clip::Norm(0.5)));
    check("clip_value", adam, |_, optimizer| optimizer.clip = Some(Clip::Value(0.1)));
    let group = Group { lr_scale: 4.0, weight_decay: Some(0.0) };
    check("groups", adamw, |net, optimizer| optimizer.group(net, "*.bias", group).expect("there are biases"));
    check("frozen", AdamConfig { weight_decay: L2, ..adam }, |net, optimizer| {
        optimizer.clip = Some(Clip::Norm(0.5));
        optimizer.freeze(net, "fc1").expect("there is a layer of that name");
    });
}

#[test]
fn averages() {
    let (fixture, device) = (Fixture::open("optimizers"), device(0));
    for (name, averaging) in [("ema", Averaging::Ema { decay: 0.9 }), ("swa", Averaging::Swa)] {
        let mut net = start(&fixture, &device);
        let mut average = AveragedModel::new(&net, averaging);
        let mut sgd = Sgd::new(&net, SgdConfig { lr: 0.05, ..Default::default() });
        run(&fixture, &device, &mut net, |net, gradients| {
            sgd.step(net, gradients).expect("the device works");
            average.update(net);
        });
        let off = difference(&Numbers { dims: vec![26], values: row(&average.model) }, fixture.get(&format!("average/{name}")));
        assert!(off < 1e-12, "{name}: off by {off:.1e}");
    }
}

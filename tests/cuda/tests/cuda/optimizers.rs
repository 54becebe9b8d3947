//! 30 steps of each optimizer, and the averages over them, against PyTorch's in double precision: in `f64` by dfdx's operations, in `f32` in one launch.

use layercake::average::{AveragedModel, Averaging};
use layercake::dfdx::nn::BuildModule;
use layercake::dfdx::tensor::Cuda;
use layercake::optim::*;
use layercake::prelude::*;
use layercake_cuda_tests::device;
use layercake_tests::training::Fixture;
use layercake_tests::{Numbers, difference};

network! { pub Net: [3] -> [2] { fc1: Linear(4), Tanh, fc2: Linear(2) } }

fn start<E: Scalar>(fixture: &Fixture, device: &Cuda) -> Net<E, Cuda>
where
    Cuda: Backend<E>,
{
    let mut net: Net<E, Cuda> = BuildModule::build(device);
    let numbers = |name: &str| fixture.get(name).values.iter().map(|&x| E::from_f64(x).expect("a float")).collect::<Vec<_>>();
    net.for_each_tensor_mut(|mut tensor| tensor.copy_from(&numbers(&format!("start/{}", tensor.path()))));
    net
}

fn row<E: Scalar>(net: &Net<E, Cuda>) -> Vec<f64>
where
    Cuda: Backend<E>,
{
    net.named_parameters().iter().flat_map(layercake::model::Named::to_vec).map(|x| x.to_f64().expect("a float")).collect()
}

/// Takes 30 steps; returns all parameters after each.
fn run<E: Scalar>(
    fixture: &Fixture,
    device: &Cuda,
    net: &mut Net<E, Cuda>,
    mut step: impl FnMut(&mut Net<E, Cuda>, &mut Gradients<E, Cuda>),
) -> Vec<f64>
where
    Cuda: Backend<E>,
{
    let batch = |name: &str, step: usize, columns: usize| -> Vec<E> {
        fixture.get(name).values[step * 5 * columns..][..5 * columns].iter().map(|&x| E::from_f64(x).expect("a float")).collect()
    };
    let mut gradients = net.alloc_grads();
    let mut rows = Vec::new();
    for i in 0..30 {
        let x: Tensor<(usize, Const<3>), E, _> = device.tensor_from_vec(batch("x", i, 3), (5, Const));
        let y: Tensor<(usize, Const<2>), E, _> = device.tensor_from_vec(batch("y", i, 2), (5, Const));
        gradients = loss::mse(net.try_forward_train(x, gradients).expect("the device works"), y).backward();
        step(net, &mut gradients);
        net.zero_grads(&mut gradients);
        rows.extend(row(net));
    }
    rows
}

/// What an optimizer is set to, in both number types.
trait Set<R: Rule> {
    fn set<E: Scalar>(&self, _: &Net<E, Cuda>, _: &mut Optim<R, E, Cuda>)
    where
        Cuda: Backend<E>,
    {
    }
}

struct Plain;
impl<R: Rule> Set<R> for Plain {}

impl<R: Rule> Set<R> for Clip {
    fn set<E: Scalar>(&self, _: &Net<E, Cuda>, optimizer: &mut Optim<R, E, Cuda>)
    where
        Cuda: Backend<E>,
    {
        optimizer.clip = Some(*self);
    }
}

impl<R: Rule> Set<R> for Group {
    fn set<E: Scalar>(&self, net: &Net<E, Cuda>, optimizer: &mut Optim<R, E, Cuda>)
    where
        Cuda: Backend<E>,
    {
        optimizer.group(net, "*.bias", *self).expect("there are biases");
    }
}

/// Clipping by norm, in which the frozen parameters do not count.
struct FrozenAndClipped;
impl<R: Rule> Set<R> for FrozenAndClipped {
    fn set<E: Scalar>(&self, net: &Net<E, Cuda>, optimizer: &mut Optim<R, E, Cuda>)
    where
        Cuda: Backend<E>,
    {
        optimizer.clip = Some(Clip::Norm(0.5));
        optimizer.freeze(net, "fc1").expect("there is a layer of that name");
    }
}

fn check<R: Rule>(name: &str, rule: R, set: impl Set<R>) {
    check_in::<f64, R>(name, rule.clone(), &set, 1e-11);
    // In one launch.
    check_in::<f32, R>(name, rule, &set, 2e-5);
}

fn check_in<E: Scalar, R: Rule>(name: &str, rule: R, set: &impl Set<R>, bar: f64)
where
    Cuda: Backend<E>,
{
    let (fixture, device) = (Fixture::open("optimizers"), device(0));
    let mut net = start::<E>(&fixture, &device);
    let mut optimizer = Optim::new(&net, rule);
    set.set(&net, &mut optimizer);
    let values = run(&fixture, &device, &mut net, |net, gradients| optimizer.step(net, gradients).expect("the device works"));
    let off = difference(&Numbers { dims: vec![30, 26], values }, fixture.get(name));
    assert!(off < bar, "{name}: off by {off:.1e}");
}

const L2: Option<WeightDecay> = Some(WeightDecay::L2(0.1));

#[test]
fn as_pytorch_says() {
    let sgd = SgdConfig { lr: 0.05, ..Default::default() };
    let [classic, nesterov] =
        [Momentum::Classic(0.9), Momentum::Nesterov(0.9)].map(|momentum| SgdConfig { momentum: Some(momentum), ..sgd });
    check("sgd", sgd, Plain);
    check("sgd_momentum", classic, Plain);
    check("sgd_nesterov_l2", SgdConfig { weight_decay: L2, ..nesterov }, Plain);
    let adagrad = AdagradConfig { lr: 0.1, ..Default::default() };
    check("adagrad_all", AdagradConfig { lr_decay: 0.05, initial_accumulator_value: 0.2, weight_decay: L2, eps: 1e-6, ..adagrad }, Plain);
    let rmsprop = RMSpropConfig { lr: 0.01, ..Default::default() };
    check("rmsprop_all", RMSpropConfig { momentum: Some(0.8), centered: true, weight_decay: L2, ..rmsprop }, Plain);
    let adam = AdamConfig { lr: 0.05, ..Default::default() };
    let adamw = AdamConfig { weight_decay: Some(WeightDecay::Decoupled(0.1)), ..adam };
    check("adam", adam, Plain);
    check("adam_l2", AdamConfig { weight_decay: L2, ..adam }, Plain);
    check("adamw", adamw, Plain);
    check("clip_norm", classic, Clip::Norm(0.5));
    check("clip_value", adam, Clip::Value(0.1));
    let group = Group { lr_scale: 4.0, weight_decay: Some(0.0) };
    check("groups", adamw, group);
    check("frozen", AdamConfig { weight_decay: L2, ..adam }, FrozenAndClipped);
}

#[test]
fn averages() {
    averages_in::<f64>(1e-12);
    averages_in::<f32>(2e-5);
}

fn averages_in<E: Scalar>(bar: f64)
where
    Cuda: Backend<E>,
{
    let (fixture, device) = (Fixture::open("optimizers"), device(0));
    for (name, averaging) in [("ema", Averaging::Ema { decay: 0.9 }), ("swa", Averaging::Swa)] {
        let mut net = start::<E>(&fixture, &device);
        let mut average = AveragedModel::new(&net, averaging);
        let mut sgd = Optim::new(&net, SgdConfig { lr: 0.05, ..Default::default() });
        run(&fixture, &device, &mut net, |net, gradients| {
            sgd.step(net, gradients).expect("the device works");
            average.update(net);
        });
        let off = difference(&Numbers { dims: vec![26], values: row(&average.model) }, fixture.get(&format!("average/{name}")));
        assert!(off < bar, "{name}: off by {off:.1e}");
    }
}

/// Kernels write to the memory of tensors, and clones of models and optimizers share it until then: they stay as they were.
#[test]
fn clones_are_left_alone() {
    let (fixture, device) = (Fixture::open("optimizers"), device(0));
    let mut net = start::<f32>(&fixture, &device);
    let mut adam = Adam::new(&net, AdamConfig::default());
    let mut states = Vec::new();
    let mut step = 0;
    run(&fixture, &device, &mut net, |net, gradients| {
        adam.step(net, gradients).expect("the device works");
        step += 1;
        if step % 10 == 0 {
            states.push((net.clone(), row(net), adam.clone()));
        }
    });
    for (clone, numbers, _) in &states {
        assert_eq!(row(clone), *numbers);
    }
    // From a clone, a run goes on as the first did.
    let folder = tempfile::tempdir().expect("a folder");
    let (first, again) = (folder.path().join("first"), folder.path().join("again"));
    states[0].2.save(&first).expect("a file");
    states[0].2.clone().save(&again).expect("a file");
    assert!(std::fs::read(&first).expect("a file") == std::fs::read(&again).expect("a file"));
    let bytes = |optimizer: &Adam<f32, Cuda>| {
        let path = folder.path().join("state");
        optimizer.save(&path).expect("a file");
        std::fs::read(&path).expect("a file")
    };
    assert!(bytes(&states[0].2) != bytes(&states[1].2) && bytes(&states[2].2) == bytes(&adam));
}

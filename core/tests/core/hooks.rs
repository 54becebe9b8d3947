//! Hooks: what they see, what they change, and which gradients come back.

use layercake::dfdx::nn::{NonMutableModule, ZeroSizedModule};
use layercake::dfdx::tensor_ops::{TryAdd, TryMul};
use layercake::hook::{At, HookError, Hookable, Hooks};
use layercake::ir::{Graph, Port};
use layercake::prelude::*;

network! {
    Inner: [3, 6, 5] -> [3, 6, 5] { conv: Conv2d(3, kernel = 3, padding = 1), act: SiLU }

    /// Branches, a network in a network, a layer that is applied twice, several outputs of one layer.
    Net: [2, 6, 5] -> [4] {
        conv1: Conv2d(3, kernel = 3, padding = 1), bn1: BatchNorm2d, relu1: ReLU as tag,
        inner: Inner, sum: Add(tag), shared: Conv2d(3, kernel = 1), tanh: Tanh, reuse shared,
        pool: MaxPool2d(2), flat: Flatten, fc: Linear(4),
    }
}

type Input<E> = Tensor<(usize, Const<2>, Const<6>, Const<5>), E, Cpu>;
type Output<E, T = NoneTape> = Tensor<(usize, Const<4>), E, Cpu, T>;

/// Every layer and the input.
const PLACES: [&str; 12] = ["input", "conv1", "bn1", "relu1", "inner.conv", "inner.act", "sum", "shared", "tanh", "pool", "flat", "fc"];

fn network<E: Scalar>() -> (Net<E, Cpu>, Input<E>)
where
    Cpu: Backend<E> + SampleTensor<E>,
{
    let device = Cpu::seed_from_u64(3);
    let mut net = device.build_module::<Net, E>();
    // Statistics that matter.
    net.for_each_tensor_mut(|mut tensor| {
        let shift = |i: usize| E::from_f64(0.3 * ((i % 5) as f64 - 1.5)).unwrap();
        let changed: Vec<E> = tensor.to_vec().into_iter().enumerate().map(|(i, x)| x + shift(i)).collect();
        if tensor.path().ends_with("running_mean") || tensor.path() == "bn1.bias" {
            tensor.copy_from(&changed);
        }
    });
    let normal: Input<f32> = SampleTensor::<f32>::sample_normal_like(&device, &(3, Const, Const, Const));
    let numbers = normal.as_vec().into_iter().map(|x| E::from_f32(x).unwrap()).collect();
    let x = TensorFromVec::<E>::tensor_from_vec(&device, numbers, *normal.shape());
    (net, x)
}

/// The loss whose gradients are compared: a sum with weights that differ.
fn loss<E: Scalar>(output: Output<E, OwnedTape<E, Cpu>>) -> Tensor<Rank0, E, Cpu, OwnedTape<E, Cpu>>
where
    Cpu: Backend<E>,
{
    let len = output.shape().0 * 4;
    let weights = (0..len).map(|i| E::from_f64((i % 7) as f64 / 3.0 - 0.8).unwrap()).collect();
    let weights: Output<E> = output.device().tensor_from_vec(weights, *output.shape());
    output.try_mul(weights).unwrap().sum()
}

fn close<E: Scalar>(a: &[E], b: &[E], bar: f64) -> bool {
    let most = b.iter().fold(1e-3, |most: f64, x| most.max(x.to_f64().unwrap().abs()));
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| (a - b).to_f64().unwrap().abs() <= bar * most)
}

/// All values of a graph by name, as outputs of the portable path or the engine.
fn all_values(net: &Net, x: &Input<f32>) -> Vec<(String, Vec<f32>)> {
    let flat = Net::<f32, Cpu>::GRAPH.inlined();
    let port = |value: usize| Port { name: format!("{value}").into(), shape: *flat.shape(value), value };
    let graph = Graph { outputs: (0..flat.values()).map(port).collect::<Vec<_>>().into(), ..flat.clone() };
    let mut model = GraphModel::new(graph, &Cpu::default());
    model.for_each_tensor_mut(|mut tensor| {
        let same = net.tensor_at(tensor.path()).unwrap().to_vec();
        tensor.copy_from(&same);
    });
    let values: Vec<DynTensor<f32, Cpu>> = model.forward(x.clone());
    values.iter().enumerate().map(|(i, value)| (flat.value_name(i).into_owned(), value.to_vec())).collect()
}

#[test]
fn every_value_is_seen() {
    let (net, x) = network::<f32>();
    let mut hooks = Hooks::new();
    let kept = PLACES.map(|place| hooks.keep(place));
    let output: Output<f32> = hooks.try_forward(&net, x.clone()).unwrap();
    assert!(close(&output.as_vec(), &net.forward(x.clone()).as_vec(), 1e-5));
    for (place, kept) in PLACES.iter().zip(&kept) {
        let expected: Vec<Vec<f32>> = all_values(&net, &x)
            .into_iter()
            .filter(|(name, _)| name == place || (*place == "shared" && name.starts_with("shared")))
            .map(|(_, value)| value)
            .collect();
        let found: Vec<Vec<f32>> = kept.values().iter().map(DynTensor::to_vec).collect();
        assert_eq!(found.len(), expected.len(), "{place}");
        assert_eq!(found.len(), if *place == "shared" { 2 } else { 1 });
        assert!(found.iter().zip(&expected).all(|(found, expected)| close(found, expected, 1e-5)), "{place}");
        assert!(kept.gradient().is_none());
    }
    // A second pass keeps its own values only.
    let _: Output<f32> = hooks.try_forward(&net, x).unwrap();
    assert_eq!(kept[7].values().len(), 2);
}

/// The gradient at each place against the difference that a small change of the value there makes.
#[test]
fn gradients_are_those_of_the_values() {
    let (net, x) = network::<f64>();
    let mut hooks = Hooks::new();
    let kept = PLACES.map(|place| hooks.keep(place));
    let output: Output<f64, _> = hooks.try_forward_eval(&net, x.leaky_trace()).unwrap();
    loss(output).backward();
    let mut slopes = 0;
    for (place, kept) in PLACES.iter().zip(&kept).filter(|(place, _)| **place != "shared") {
        let gradient = kept.gradient().unwrap().to_vec();
        for i in (0..gradient.len()).step_by(gradient.len() / 5 + 1) {
            let shifted = |by: f64| {
                let mut hooks = Hooks::<f64, Cpu>::new();
                hooks.change(*place, move |value| {
                    value.try_elementwise(|flat| {
                        let mut shift = vec![0.0; flat.shape().0];
                        shift[i] = by;
                        let shift = flat.device().tensor_from_vec(shift, *flat.shape());
                        flat.try_add(shift)
                    })
                });
                let output: Output<f64, _> = hooks.try_forward_eval(&net, x.leaky_trace()).unwrap();
                loss(output).array()
            };
            let slope = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
            assert!((slope - gradient[i]).abs() < 1e-6 * (1.0 + slope.abs()), "{place}, {i}: {} instead of {slope}", gradient[i]);
            slopes += usize::from(slope != 0.0);
        }
    }
    assert!(slopes > 20, "{slopes} slopes are not 0");
}

/// Gradients of the input and of all parameters.
fn gradients<E: Scalar>(net: &Net<E, Cpu>, x: &Input<E>, hooks: Option<&Hooks<E, Cpu>>) -> Vec<Vec<E>>
where
    Cpu: Backend<E>,
{
    let output: Output<E, _> = match hooks {
        Some(hooks) => hooks.try_forward_eval(net, x.leaky_trace()).unwrap(),
        None => layercake::generic::try_forward_eval(net, x.leaky_trace()).unwrap(),
    };
    let gradients = loss(output).backward();
    let parameters = [net.conv1.weight.as_vec().len(), net.fc.weight.as_vec().len()];
    let found = vec![
        gradients.get(x).as_vec(),
        gradients.get(&net.conv1.weight).as_vec(),
        gradients.get(&net.shared.weight).as_vec(),
        gradients.get(&net.fc.weight).as_vec(),
    ];
    assert_eq!([found[1].len(), found[3].len()], parameters);
    found
}

#[test]
fn hooks_that_keep_change_nothing() {
    fn check<E: Scalar>(bar: f64)
    where
        Cpu: Backend<E> + SampleTensor<E>,
    {
        let (net, x) = network::<E>();
        let mut hooks = Hooks::new();
        for place in PLACES {
            hooks.keep(place);
            hooks.change(place, Ok);
            hooks.change_gradient(place, Ok);
        }
        hooks.change_gradient(At::input("sum").number(1), Ok);
        let (with, without) = (gradients(&net, &x, Some(&hooks)), gradients(&net, &x, None));
        assert!(with.iter().zip(&without).all(|(a, b)| close(a, b, bar)));
    }
    check::<f32>(1e-5);
    check::<f64>(1e-12);
}

#[test]
fn a_change_is_differentiated() {
    let (net, x) = network::<f64>();
    let mut hooks = Hooks::new();
    hooks.change("relu1", |y| y.try_elementwise(|y| y.try_square()));
    hooks.change(At::input("fc"), |y| y.try_elementwise(|y| y.try_mul(-0.5)));
    let found = &gradients(&net, &x, Some(&hooks))[0];
    let numbers = x.as_vec();
    for i in (0..numbers.len()).step_by(17) {
        let moved = |by: f64| {
            let mut numbers = numbers.clone();
            numbers[i] += by;
            let x: Input<f64> = x.device().tensor_from_vec(numbers, *x.shape());
            let output: Output<f64, _> = hooks.try_forward_eval(&net, x.leaky_trace()).unwrap();
            loss(output).array()
        };
        let slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
        assert!((slope - found[i]).abs() < 1e-6 * (1.0 + slope.abs()), "{i}: {} instead of {slope}", found[i]);
    }
}

/// What flows into one layer is not what flows into another one that takes the same value.
#[test]
fn an_input_is_that_of_one_layer() {
    let (net, x) = network::<f64>();
    let run = |place: Option<At>| {
        let mut hooks = Hooks::new();
        if let Some(place) = place {
            hooks.change_gradient(place, |gradient| gradient.try_elementwise(|g| g.try_mul(0.0)));
        }
        let relu1 = hooks.keep("relu1");
        let output: Output<f64, _> = hooks.try_forward_eval(&net, x.leaky_trace()).unwrap();
        loss(output).backward();
        relu1.gradient().unwrap().to_vec()
    };
    let whole = run(None);
    let (without_inner, without_shortcut) = (run(Some(At::input("inner.conv"))), run(Some(At::input("sum").number(1))));
    let both: Vec<f64> = without_inner.iter().zip(&without_shortcut).map(|(a, b)| a + b).collect();
    assert!(close(&both, &whole, 1e-12) && !close(&without_inner, &whole, 1e-3) && !close(&without_shortcut, &whole, 1e-3));
    // Behind the hook that makes it 0 nothing comes to the layers before.
    assert!(run(Some("sum".into())).iter().all(|g| *g == 0.0));
}

#[test]
fn training_updates_statistics() {
    let (mut net, x) = network::<f32>();
    let mut other = net.clone();
    let mut hooks = Hooks::new();
    hooks.until(["fc"]);
    let kept = hooks.keep("bn1");
    let output: Output<f32, _> = hooks.try_forward_mut(&mut net, x.leaky_trace()).unwrap();
    let expected = other.forward_mut(x.leaky_trace());
    assert!(close(&output.as_vec(), &expected.as_vec(), 1e-5));
    let mean = |net: &Net| net.bn1.running_mean.as_vec();
    assert!(close(&mean(&net), &mean(&other), 1e-6) && mean(&net) != mean(&network::<f32>().0));
    loss(output).backward();
    assert_eq!(kept.gradient().unwrap().dims(), [3, 3, 6, 5]);
}

#[test]
fn a_part_takes_other_sizes_and_needs_no_later_layer() {
    let (mut net, _) = network::<f32>();
    let device = Cpu::seed_from_u64(5);
    let x: Tensor<Rank4<2, 2, 11, 9>, f32, _> = device.sample_normal();
    net.fc.weight = net.fc.weight * f32::NAN;
    let mut hooks = Hooks::new();
    hooks.until(["sum", "conv1"]);
    let values: Vec<DynTensor<f32, Cpu>> = hooks.try_forward(&net, x.clone()).unwrap();
    assert_eq!([values[0].dims(), values[1].dims()], [[2, 3, 11, 9]; 2]);
    assert!(values[0].to_vec().iter().all(|x| x.is_finite()));
    // The input itself, a value twice, and a list without places, which stands for the outputs.
    hooks.until(["input", "sum", "sum"]);
    let values: Vec<DynTensor<f32, Cpu>> = hooks.try_forward(&net, x.clone()).unwrap();
    assert_eq!((values[0].to_vec(), values[1].to_vec()), (x.as_vec(), values[2].to_vec()));
    hooks.until(["input"]);
    let taped: Vec<DynTensor<f32, Cpu, OwnedTape<f32, Cpu>>> = hooks.try_forward_eval(&net, x.leaky_trace()).unwrap();
    assert_eq!(taped[0].to_vec(), x.as_vec());
    hooks.until([] as [&str; 0]);
    let small: Input<f32> = device.zeros_like(&(1, Const, Const, Const));
    assert_eq!(hooks.try_forward::<_, Output<f32>>(&net, small).unwrap().shape().0, 1);
    let many = DynTensor::try_from_vec(&device, vec![0.0; 4], &[1, 1, 1, 1, 1, 1, 1, 4]).unwrap().unwrap();
    let error = Hooks::new().try_forward::<_, Output<f32>>(&net, vec![many]).unwrap_err().to_string();
    assert!(error.starts_with("`Net` expects `input` of shape"), "{error}");
    // The whole network does not take it.
    let error = Hooks::new().try_forward::<_, Vec<DynTensor<f32, Cpu>>>(&net, x).unwrap_err();
    assert!(matches!(&error, HookError::Size { .. }), "{error}");
    assert!(error.to_string().contains("`fc`"), "{error}");
}

/// A custom layer: the square of its input.
#[derive(Clone, Copy, Debug, Default)]
struct Square;

impl<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>> Module<Tensor<S, E, D, T>> for Square {
    type Output = Tensor<S, E, D, T>;
    type Error = D::Err;

    fn try_forward(&self, x: Tensor<S, E, D, T>) -> Result<Tensor<S, E, D, T>, D::Err> {
        x.try_square()
    }
}

impl NonMutableModule for Square {}

impl ZeroSizedModule for Square {}

#[test]
fn custom_layers_run_between_hooks() {
    network! { Squares: [4] -> [2] { fc1: Linear(3), square: self::Square<>() -> [3], fc2: Linear(2) } }
    let mut net = Squares::<f32, Cpu>::new(&Cpu::seed_from_u64(2));
    let x: Tensor<Rank2<2, 4>, f32, _> = Cpu::seed_from_u64(7).sample_normal();
    let mut hooks = Hooks::new();
    let (before, after) = (hooks.keep(At::input("square")), hooks.keep("square"));
    let output: Tensor<(usize, Const<2>), f32, Cpu, _> = hooks.try_forward_mut(&mut net, x.leaky_trace()).unwrap();
    output.square().sum::<Rank0, _>().backward();
    let (before, values) = (before.value().unwrap().to_vec().into_iter().zip(before.gradient().unwrap().to_vec()), after.value().unwrap());
    for ((x, by_x), (y, by_y)) in before.zip(values.to_vec().into_iter().zip(after.gradient().unwrap().to_vec())) {
        assert!((x * x - y).abs() < 1e-6 && (2.0 * x * by_y - by_x).abs() < 1e-5);
    }
}

#[test]
fn what_is_wrong_is_named() {
    network! { Words: usize[4] -> [2] { embedding: Embedding(10, 3), flat: Flatten, fc: Linear(2) } }
    let (net, x) = network::<f32>();
    let run = |hooks: &Hooks<f32, Cpu>, network: &dyn Hookable<f32, Cpu>| {
        hooks.try_forward::<_, Output<f32>>(network, x.clone()).map(drop).unwrap_err().to_string()
    };
    let at = |place: At| {
        let mut hooks = Hooks::new();
        hooks.keep(place);
        run(&hooks, &net)
    };
    assert_eq!(at("conv".into()), "`Net` has no layer `conv`; did you mean `conv1`?");
    let unlike = at("attention".into());
    assert!(unlike.starts_with("`Net` has no layer `attention`; it has `input`, `conv1`, `bn1`"), "{unlike}");
    assert_eq!(at(At::input("fc").number(1)), "`Net` has no input 1 of `fc`: the layer has 1");
    assert_eq!(at(At::output("sum").number(3)), "`Net` has no output 3 of `sum`: the layer has 1");
    let mut hooks = Hooks::new();
    hooks.change("pool", |_| DynTensor::try_from_tensor(Cpu::default().zeros::<Rank2<1, 2>>().leaky_traced()));
    assert_eq!(run(&hooks, &net), "the hook at output 0 of `pool` of `Net` receives [3, 3, 3, 2], but gives [1, 2]");
    let words = Words::<f32, Cpu>::new(&Cpu::default());
    let ids: Tensor<(usize, Const<4>), usize, _> = Cpu::default().tensor_from_vec(vec![1, 2, 3, 4], (1, Const));
    for place in [At::output("input"), At::input("embedding")] {
        let mut hooks = Hooks::new();
        hooks.keep(place);
        let error = hooks.try_forward::<_, Vec<DynTensor<f32, Cpu>>>(&words, ids.clone()).unwrap_err();
        assert!(matches!(&error, HookError::TokenIds { .. }), "{error}");
    }
    let mut hooks = Hooks::new();
    let kept = hooks.keep("embedding");
    let _: Vec<DynTensor<f32, Cpu>> = hooks.try_forward(&words, ids).unwrap();
    assert_eq!(kept.value().unwrap().dims(), [1, 4, 3]);
    let asked = Hooks::new().try_forward::<_, Tensor<Rank2<1, 1>, f32, Cpu>>(&net, x.clone()).unwrap_err();
    assert!(asked.to_string().starts_with("`Net` returns outputs of shapes [[3, 4]]"), "{asked}");
}

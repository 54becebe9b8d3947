//! The option `init = ..` of layers, with every way to build a network.

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::dfdx::nn::{DeviceBuildExt, ResetParams};
use layercake::ir::ops::Relu;
use layercake::ir::{Builder, Fan, Init, Op, Shape};
use layercake::prelude::*;

const SIZE: usize = 200;

network! {
    block layer(size, spread) { fc: Linear(size, init = normal(spread)), norm: BatchNorm1d(init = constant(0.25)) }

    Inner: [200] -> [200] { fc: Linear(200, init = orthogonal(2.0)) }

    pub Begun: [200] -> [5] {
        plain: Linear(200),
        kaiming: Linear(SIZE, init = kaiming_normal(relu)), ReLU,
        xavier: Linear(200, init = xavier_uniform(tanh), bias = false), Tanh,
        layer(200, 0.02), slope: PReLU(200, init = uniform(0.1, 0.3)),
        inner: Inner,
        half: Linear(5, init = constant(-0.5)),
    }

    Convolutions: [3, 8, 8] -> [8, 8, 8] {
        conv: Conv2d(6, kernel = 5, padding = 2, init = kaiming_uniform(linear, fan_out)),
        up: ConvTranspose2d(8, kernel = 3, padding = 1, init = xavier_normal),
    }
}

/// The root mean square.
fn spread(numbers: &[f64]) -> f64 {
    (numbers.iter().map(|x| x * x).sum::<f64>() / numbers.len() as f64).sqrt()
}

/// The paths and elements of all tensors.
fn all<M: TensorCollection<E, Cpu>, E: Scalar>(model: &M) -> Vec<(String, Vec<f64>)>
where
    Cpu: Device<E>,
{
    let numbers = |parameter: &model::Named<E, Cpu>| {
        parameter.to_vec().into_iter().map(|x| num_traits::ToPrimitive::to_f64(&x).expect("a number")).collect()
    };
    model.named_parameters().iter().map(|parameter| (parameter.path().to_owned(), numbers(parameter))).collect()
}

fn check(tensors: &[(String, Vec<f64>)]) {
    let of = |path: &str| &tensors.iter().find(|(own, _)| own == path).unwrap_or_else(|| panic!("{path}")).1;
    let near = |path: &str, expected: f64| {
        let found = spread(of(path));
        assert!((found / expected - 1.0).abs() < 0.02, "{path}: a spread of {found} instead of {expected}");
    };
    near("plain.weight", 1.0 / (3.0f64 * 200.0).sqrt());
    near("kaiming.weight", (2.0f64 / 200.0).sqrt());
    near("xavier.weight", 5.0 / 3.0 * (2.0f64 / 400.0).sqrt());
    near("layer_1.fc.weight", 0.02);
    near("inner.fc.weight", 2.0 / 200f64.sqrt());
    let xavier = of("xavier.weight").iter().fold(0.0f64, |most, x| most.max(x.abs()));
    assert!(xavier <= 5.0 / 3.0 * (6.0f64 / 400.0).sqrt() * 1.000_001, "{xavier}");
    assert!(of("half.weight").iter().all(|&x| x == -0.5) && of("layer_1.norm.weight").iter().all(|&x| x == 0.25));
    assert!(of("slope.weight").iter().all(|&x| (0.0999..0.3001).contains(&x)));
    for bias in ["kaiming.bias", "layer_1.fc.bias", "layer_1.norm.bias", "inner.fc.bias", "half.bias"] {
        assert!(of(bias).iter().all(|&x| x == 0.0), "{bias}");
    }
    assert!(of("plain.bias").iter().any(|&x| x != 0.0), "without a rule, PyTorch's default");
    // Orthogonal rows with a norm of 2.
    let rows: Vec<&[f64]> = of("inner.fc.weight").chunks(200).collect();
    for (i, j) in [(0, 0), (3, 3), (0, 1), (7, 150)] {
        let product: f64 = rows[i].iter().zip(rows[j]).map(|(a, b)| a * b).sum();
        assert!((product - if i == j { 4.0 } else { 0.0 }).abs() < 1e-4, "{i} {j}: {product}");
    }
}

#[test]
fn however_a_network_is_built() {
    let device = Cpu::seed_from_u64(3);
    let mut net = Begun::new(&device);
    check(&all(&net));
    check(&all(&device.build_module::<Begun, f64>()));
    let before = all(&net);
    net.fc_is_changed();
    net.reset_params();
    check(&all(&net));
    assert_ne!(all(&net)[2].1, before[2].1, "drawn anew");
}

impl Begun {
    fn fc_is_changed(&mut self) {
        self.half.weight = self.half.weight.clone() * 7.0;
    }
}

#[test]
fn a_graph_and_its_file_begin_like_the_type() {
    let seeded = || Cpu::seed_from_u64(5);
    let net = all(&Begun::new(&seeded()));
    let model = GraphModel::new(Begun::GRAPH.clone(), &seeded());
    check(&all(&model));
    assert_eq!(net, all(&model), "the same seed gives the same numbers");
    let text = io::graph_to_json(&Begun::GRAPH.inlined()).unwrap();
    assert!(text.contains(r#""init": {"uniform": {"low": 0.1, "high": 0.3}}"#), "{text}");
    let again = GraphModel::new(io::graph_from_json(&text).unwrap(), &seeded());
    assert_eq!(net, all(&again));
}

#[test]
fn fans_of_convolutions() {
    let net = Convolutions::new(&Cpu::seed_from_u64(1));
    let tensors = all(&net);
    let most = tensors[0].1.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    let bound = (3.0f64 / (6.0 * 25.0)).sqrt();
    assert!(most <= bound * 1.000_001 && most > 0.97 * bound, "{most} of {bound}");
    // PyTorch treats the second axis of [in, out, kernel..] as the input axis.
    let expected = (2.0f64 / (8.0 * 9.0 + 6.0 * 9.0)).sqrt();
    assert!((spread(&tensors[2].1) / expected - 1.0).abs() < 0.1);
}

#[test]
fn what_a_builder_refuses() {
    let mut builder = Builder::new("Net");
    let x = builder.input("input", Shape::new(&[4])).unwrap();
    let y = builder.add("relu", Op::Relu(Relu {}), &[x]).unwrap();
    let init = Init::KaimingNormal { fan: Fan::In, gain: 1.0 };
    assert_eq!(builder.init(y, init).unwrap_err().to_string(), "`relu` has no weights to initialize");
    assert_eq!(builder.init(x, init).unwrap_err().to_string(), "the input `input` has no weights to initialize");
    assert_eq!(
        builder.init(9, init).unwrap_err().to_string(),
        "cannot initialize the weights of value 9, but there are only 2 values before it"
    );
    let file = |init: &str| {
        let node =
            format!(r#"{{"name": "fc", "op": "Linear", "in_features": 2, "out_features": 2, "bias": true, "inputs": ["input"], {init}}}"#);
        let text = format!(
            r#"{{"format": "layercake-graph", "version": 1, "name": "N", "inputs": [{{"name": "input", "shape": [2]}}], "nodes": [{node}],
                "outputs": [{{"name": "output", "value": "fc"}}]}}"#
        );
        io::graph_from_json(&text).unwrap_err().to_string()
    };
    for (init, text) in [
        (r#""init": {"he": {"gain": 1.0}}"#, "unknown variant `he`"),
        (r#""init": {"normal": {"mean": 0.0}}"#, "missing field `std`"),
        (r#""init": {"normal": {"mean": 0.0, "std": -1.0}}"#, "a negative standard deviation"),
        (r#""init": 3"#, "`init`"),
    ] {
        let found = file(init);
        assert!(found.contains(text) && found.contains("`fc`"), "{found}");
    }
}

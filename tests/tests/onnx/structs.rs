//! Structs of models: their graphs are those of their fields, and their files are read as they run.

use layercake::dfdx::nn::modules;
use layercake::io::onnx::{LoadOptions, OnnxError, load_bytes, save, to_bytes};
use layercake::model::copy_tensors;
use layercake::prelude::*;
use layercake::{HasGraph, NoGraph};

network! {
    Stem: [3, 8, 8] -> [4, 4, 4] { conv: Conv2d(4, kernel = 3, padding = 1), bn: BatchNorm2d, ReLU, MaxPool2d(2) }
    Block: [4, 4, 4] -> [4, 4, 4] { ReLU as identity, conv: Conv2d(4, kernel = 3, padding = 1), Tanh, Add(identity) }
    Pooled: [4, 4, 4] -> [4] { GlobalAvgPool2d, Flatten }
}

#[derive(Debug, Model)]
#[model(forward)]
struct Trunk<const N: usize, E: Dtype = f32, D: Storage<E> = Cpu> {
    stem: Stem<E, D>,
    layers: [Block<E, D>; N],
    #[model(len = 2)]
    more: Vec<Block<E, D>>,
    #[model(some)]
    last: Option<Block<E, D>>,
    absent: Option<Block<E, D>>,
    #[model(skip)]
    steps: usize,
}

#[derive(Debug, Model)]
#[model(forward)]
struct Whole<Head, E: Dtype = f32, D: Storage<E> = Cpu> {
    trunk: Trunk<2, E, D>,
    pooled: Pooled<E, D>,
    head: Head,
}

#[derive(Debug, Model)]
#[model(forward)]
struct Scores(
    modules::Linear<4, 6, f32, Cpu>,
    modules::AccurateGeLU,
    modules::Dropout,
    modules::UnbiasedLinear<6, 3, f32, Cpu>,
    modules::Softmax,
);

#[derive(Debug, Model)]
#[model(forward)]
struct Unknown {
    first: modules::Linear<4, 4, f32, Cpu>,
    sine: modules::Sin,
    norm: modules::LayerNorm1D<4, f32, Cpu>,
}

#[derive(Debug, Model)]
#[model(forward)]
struct Anything(modules::ReLU);

type Images = Tensor<Rank4<5, 3, 8, 8>, f32, Cpu>;

#[test]
fn the_file_of_a_struct_gives_the_numbers_of_the_struct() {
    let device = Cpu::seed_from_u64(3);
    let mut net = Whole::<Scores>::new(&device);
    let x: Images = device.sample_normal();
    // Statistics that are not those of a new model.
    let _: Tensor<Rank2<5, 3>, f32, _, _> = net.forward_mut(x.clone().leaky_trace());
    let expected: Tensor<Rank2<5, 3>, f32, _> = net.forward(x.clone());

    let read = load_bytes(&to_bytes(&net).unwrap(), &LoadOptions::default(), "whole").unwrap();
    let again: Tensor<(usize, Const<3>), f32, _> = read.forward(x.clone());
    agree(&expected.as_vec(), &again.as_vec());

    // The graph alone, with the same tensors under the same names.
    let graph = net.graph().unwrap().into_owned();
    let mut model = GraphModel::try_new(graph, &device).unwrap();
    copy_tensors(&mut model, &net, |path| Some(path.to_owned())).unwrap();
    let again: Tensor<Rank2<5, 3>, f32, _> = model.forward(x);
    agree(&expected.as_vec(), &again.as_vec());
}

/// dfdx's operations add in another order than the engine.
fn agree(expected: &[f32], found: &[f32]) {
    assert_eq!(expected.len(), found.len());
    for (a, b) in expected.iter().zip(found) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
}

#[test]
fn nodes_are_named_after_the_paths_of_tensors() {
    let net = Whole::<Scores>::new(&Cpu::default());
    let graph = net.graph().unwrap();
    let owners = graph.nodes().iter().filter(|node| !node.params().as_slice().is_empty());
    let names: Vec<&str> = owners.map(|node| node.name()).collect();
    let expected = [
        "trunk.stem.conv",
        "trunk.stem.bn",
        "trunk.layers.0.conv",
        "trunk.layers.1.conv",
        "trunk.more.0.conv",
        "trunk.more.1.conv",
        "trunk.last.conv",
        "head.0",
        "head.3",
    ];
    assert_eq!(names, expected);
    assert_eq!(graph.params(), net.parameter_count());
    assert_eq!((graph.name(), net.trunk.steps), ("Whole", 0));
}

#[test]
fn fields_without_a_graph_are_named_at_once() {
    let device = Cpu::default();
    let error = Unknown::new(&device).graph().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Unknown` has no graph: the field `sine` has none (dfdx::nn::activations::Sin), the field `norm` has none \
         (dfdx::nn::layer_norm::LayerNorm1D<4, f32, dfdx::tensor::cpu::device::Cpu>)"
    );
    let path = std::env::temp_dir().join(format!("layercake-structs-{}.onnx", std::process::id()));
    let error = save(&Unknown::new(&device), &path).unwrap_err();
    assert!(matches!(error, OnnxError::Export { .. }) && error.to_string().contains("`sine`"), "{error}");
    assert!(!path.exists());
    let error = Anything::new(&device).graph().unwrap_err();
    assert!(matches!(error, NoGraph::Input { .. }), "{error}");
}

//! Models built from graphs at run time: the same numbers as the types that `network!` generates, and errors instead of type errors.

use std::fs;
use std::path::PathBuf;

use layercake::dfdx::nn::{BuildModule, ModelEMA, NumParams, ResetParams};
use layercake::io::{load_safetensors, save_safetensors};
use layercake::ir::ops::*;
use layercake::ir::{Builder, Graph, INFER, Mistake, Op, Part, Shape};
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake::{EngineError, GraphError};

use crate::catalogue::Catalogue;

network! {
    /// A network of many kinds of layers.
    Eye: [2, 7, 9] -> [5] {
        conv1: Conv2d(4, kernel = (3, 2), padding = 1), norm1: BatchNorm2d, ReLU, MaxPool2d(2),
        conv2: Conv2d(6, kernel = 3, groups = 2, bias = false), norm2: BatchNorm2d(affine = false), Tanh,
        Flatten, Dropout(0.25),
        fc1: Linear(11, bias = false), norm3: BatchNorm1d, LeakyReLU, fc2: Linear(5), LogSoftmax,
    }
}

type Images<E> = Tensor<(usize, Const<2>, Const<7>, Const<9>), E, Cpu>;
type Scores<E> = Tensor<(usize, Const<5>), E, Cpu>;
type Taped<E> = Tensor<(usize, Const<5>), E, Cpu, OwnedTape<E, Cpu>>;

fn images(seed: u64) -> Images<f32> {
    Cpu::seed_from_u64(seed).sample_normal_like(&(6, Const, Const, Const))
}

fn model(seed: u64) -> GraphModel {
    GraphModel::new(Eye::GRAPH.clone(), &Cpu::seed_from_u64(seed))
}

fn path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("graph_model");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// The bytes of a file of all parameters with their names.
fn saved<M: layercake::dfdx::nn::tensor_collection::TensorCollection<E, Cpu>, E: Scalar>(module: &M, name: &str) -> Vec<u8>
where
    Cpu: layercake::dfdx::tensor_ops::Device<E>,
{
    let path = path(name);
    save_safetensors(module, &path).unwrap();
    fs::read(&path).unwrap()
}

/// Initial values, training steps with dropout masks and running statistics, and inference.
#[test]
fn it_is_the_network_of_the_same_graph_to_the_bit() {
    let (device, other) = (Cpu::seed_from_u64(3), Cpu::seed_from_u64(3));
    let mut typed = Eye::new(&device);
    let mut dynamic = GraphModel::new(Eye::GRAPH.clone(), &other);
    assert!(saved(&typed, "typed") == saved(&dynamic, "dynamic"));
    let config = AdamConfig { lr: 0.05, ..Default::default() };
    let (mut adam, mut madam) = (Adam::new(&typed, config), Adam::new(&dynamic, config));
    let (mut gradients, mut others) = (typed.alloc_grads(), dynamic.alloc_grads());
    for step in 0..4 {
        // Each network draws its masks from the random generator of its images' device.
        gradients = typed.forward_train(images(step), gradients).square().mean().backward();
        adam.update(&mut typed, &gradients).unwrap();
        typed.zero_grads(&mut gradients);
        let y: Taped<f32> = dynamic.forward_train(images(step), others);
        others = y.square().mean().backward();
        madam.update(&mut dynamic, &others).unwrap();
        dynamic.zero_grads(&mut others);
    }
    assert!(saved(&typed, "typed") == saved(&dynamic, "dynamic"));
    assert!(saved(&typed, "typed") != saved(&model(3), "fresh"), "the steps did something");
    let y: Scores<f32> = dynamic.forward(images(9));
    assert_eq!(typed.forward(images(9)).as_vec(), y.as_vec());
    // Gradients with respect to the input.
    let (x, same) = (images(10), images(10));
    let by_input = |y: Taped<f32>, x: &Images<f32>| y.square().sum::<Rank0, _>().backward().get(x).as_vec();
    assert_eq!(by_input(typed.forward_eval(x.leaky_trace()), &x), by_input(dynamic.forward_eval(same.leaky_trace()), &same));
    assert_eq!(by_input(typed.forward_mut(x.leaky_trace()), &x), by_input(dynamic.forward_mut(same.leaky_trace()), &same));
}

#[test]
fn it_is_the_same_network_in_double_precision() {
    let typed = Cpu::seed_from_u64(4).build_module::<Eye, f64>();
    let dynamic = GraphModel::<f64>::build(Eye::GRAPH.clone(), &Cpu::seed_from_u64(4));
    assert!(saved(&typed, "typed64") == saved(&dynamic, "dynamic64"));
    let x: Images<f64> = images(1).to_dtype::<f64>();
    let y: Scores<f64> = dynamic.forward(x.clone());
    assert_eq!(typed.forward(x).as_vec(), y.as_vec());
}

/// Layers with tensors have the initial values of the typed layers, and all other layers have the same outputs.
#[test]
fn every_layer_is_that_of_the_typed_network() {
    let typed = Catalogue::new(&Cpu::seed_from_u64(5));
    let dynamic = GraphModel::new(Catalogue::GRAPH.clone(), &Cpu::seed_from_u64(5));
    assert!(saved(&typed, "catalogue") == saved(&dynamic, "dynamic catalogue"));
    let x: Tensor<Rank4<2, 4, 12, 12>, f32, _> = Cpu::seed_from_u64(6).sample_normal();
    let y: Tensor<(usize, usize), f32, _> = dynamic.forward(x.clone());
    assert_eq!(typed.forward(x).as_vec(), y.as_vec());
}

#[test]
fn checkpoints_are_exchanged() {
    let (mut typed, mut dynamic) = (Eye::new(&Cpu::seed_from_u64(1)), model(2));
    let path = path("exchange.safetensors");
    save_safetensors(&typed, &path).unwrap();
    load_safetensors(&mut dynamic, &path).unwrap();
    assert!(saved(&dynamic, "exchanged") == fs::read(&path).unwrap());
    save_safetensors(&model(5), &path).unwrap();
    load_safetensors(&mut typed, &path).unwrap();
    assert_eq!(typed.fc2.weight.as_vec(), Eye::new(&Cpu::seed_from_u64(5)).fc2.weight.as_vec());
    network! { Wider: [2, 7, 9] -> [8] { conv1: Conv2d(4, kernel = (3, 2), padding = 1), Flatten, fc1: Linear(8) } }
    let mut wider = GraphModel::new(Wider::GRAPH.clone(), &Cpu::default());
    let error = load_safetensors(&mut wider, &path).unwrap_err().to_string();
    assert!(error.ends_with("`fc1.weight` has shape [11, 18] in the file, but [8, 280] in the network"), "{error}");
}

#[test]
fn it_is_a_dfdx_module() {
    let mut model = model(6);
    assert_eq!(model.num_trainable_params(), Eye::PARAMS);
    let before = saved(&model, "before");
    let wide: GraphModel<f64> = model.to_dtype::<f64>();
    let narrow: GraphModel<f32> = wide.to_dtype::<f32>();
    assert!(saved(&narrow, "narrow") == before);
    let moved: GraphModel = model.to_device(&Cpu::default());
    assert!(saved(&moved, "moved") == before);
    let x = images(2);
    let (one, other): (Scores<f32>, Scores<f32>) = (model.forward(x.clone()), moved.forward(x.clone()));
    assert_eq!(one.as_vec(), other.as_vec());

    // A clone is independent.
    let copy = model.clone();
    let mut adam = Adam::new(&model, AdamConfig::default());
    let gradients = model.alloc_grads();
    let y: Taped<f32> = model.forward_train(x.clone(), gradients);
    adam.update(&mut model, &y.square().mean().backward()).unwrap();
    assert!(saved(&copy, "copy") == before);
    let after = saved(&model, "after");
    assert!(after != before);

    // The average of two models of the same graph.
    let mut mean = copy.clone();
    mean.ema(&model, 0.25);
    let number = |bytes: &[u8]| f64::from(f32::from_le_bytes(bytes[bytes.len() - 4..].try_into().unwrap()));
    let expected = 0.25 * number(&before) + 0.75 * number(&after);
    let found = number(&saved(&mean, "mean"));
    assert!((found - expected).abs() < 1e-6, "{found} against {expected}");
    assert_ne!(number(&before), number(&after));

    // Reset to initial values: ones, zeros, and new random numbers within the same bounds.
    model.reset_params();
    let reset = saved(&model, "reset");
    assert!(reset != after);
    let mut fresh = Eye::new(&Cpu::default());
    load_safetensors(&mut fresh, path("reset")).unwrap();
    assert_eq!(fresh.norm1.weight.unwrap().as_vec(), [1.0; 4]);
    assert_eq!((fresh.norm1.running_mean.as_vec(), fresh.norm1.running_var.as_vec()), (vec![0.0; 4], vec![1.0; 4]));
    let weights = fresh.fc2.weight.as_vec();
    let bound = 1.0 / 11f32.sqrt();
    assert!(weights.iter().all(|w| w.abs() <= bound) && weights.iter().any(|w| w.abs() > 0.8 * bound), "{weights:?}");
}

#[test]
#[should_panic(expected = "a GraphModel is built from a graph")]
fn it_is_not_built_of_nothing() {
    let _ = <GraphModel as BuildModule<Cpu, f32>>::build(&Cpu::default());
}

#[test]
#[should_panic(expected = "two models of different graphs cannot be visited together")]
fn models_of_different_graphs_do_not_mix() {
    let other = GraphModel::new(perceptron(3), &Cpu::default());
    model(0).ema(&other, 0.5);
}

fn linear(out_features: usize) -> Op {
    Op::Linear(Linear { in_features: INFER, out_features, bias: true })
}

fn perceptron(out: usize) -> Graph {
    let mut b = Builder::new("Perceptron");
    let x = b.input("input", Shape::new(&[4])).unwrap();
    let x = b.add("fc", linear(out), &[x]).unwrap();
    b.finish(&[("output", x)])
}

/// Two inputs, a shared layer, a join along an axis, two outputs.
fn siamese() -> Result<Graph, Mistake> {
    let mut b = Builder::new("Siamese");
    let (left, right) = (b.input("left", Shape::new(&[4]))?, b.input("right", Shape::new(&[4]))?);
    let one = b.add("embed", linear(3), &[left])?;
    let two = b.add_shared("embed", linear(3), &[right], one)?;
    let both = b.add("both", Op::Concat(Concat { axis: 0 }), &[one, two])?;
    let score = b.add("score", linear(1), &[both])?;
    let apart = b.add("apart", Op::Sub(Sub {}), &[one, two])?;
    b.try_finish(&[("score", score), ("apart", apart)])
}

type Scored<E> = (Tensor<(usize, Const<1>), E, Cpu>, Tensor<(usize, usize), E, Cpu>);
type Pair<E> = (Tensor<(usize, Const<4>), E, Cpu>, Tensor<Rank2<5, 4>, E, Cpu>);

/// Several inputs and outputs, as tuples and as a list of tensors without static shapes: equal, and as computed by hand.
fn check_joins<E: Scalar>(close: impl Fn(E, E) -> bool)
where
    Cpu: Backend<E>,
    rand_distr::StandardNormal: rand_distr::Distribution<E>,
{
    let device = Cpu::seed_from_u64(8);
    let mut model = GraphModel::<E>::build(siamese().unwrap(), &device);
    let inputs: Pair<E> = (device.sample_normal_like(&(5, Const)), device.sample_normal());
    let (score, apart): Scored<E> = model.try_forward(inputs.clone()).unwrap();
    assert_eq!((score.shape().0, *apart.shape()), (5, (5, 3)));

    let path = path(std::any::type_name::<E>());
    save_safetensors(&model, &path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut names = file.names();
    names.sort_unstable();
    assert_eq!(names, ["embed.bias", "embed.weight", "score.bias", "score.weight"]);

    // The difference by hand: the bias cancels.
    let weights = file.tensor("embed.weight").unwrap();
    let size = std::mem::size_of::<E>();
    let weight = |i: usize| {
        let bytes = &weights.data()[i * size..(i + 1) * size];
        let number =
            if size == 8 { f64::from_le_bytes(bytes.try_into().unwrap()) } else { f32::from_le_bytes(bytes.try_into().unwrap()).into() };
        E::from_f64(number).unwrap()
    };
    let (left, right) = (inputs.0.as_vec(), inputs.1.as_vec());
    for (at, &found) in apart.as_vec().iter().enumerate() {
        let (sample, out) = (at / 3, at % 3);
        let mut expected = E::zero();
        for i in 0..4 {
            expected += weight(out * 4 + i) * (left[sample * 4 + i] - right[sample * 4 + i]);
        }
        assert!(close(found, expected), "{found:?} against {expected:?}");
    }

    let any =
        vec![DynTensor::try_from_tensor(inputs.0.clone()).unwrap(), DynTensor::try_from_vec(&device, right, &[5, 4]).unwrap().unwrap()];
    let outputs: Vec<DynTensor<E, Cpu>> = model.try_forward(any).unwrap();
    assert_eq!(outputs.iter().map(DynTensor::dims).collect::<Vec<_>>(), [&[5, 1], &[5, 3]]);
    assert_eq!((outputs[0].to_vec(), outputs[1].to_vec()), (score.as_vec(), apart.as_vec()));

    // Training: one loss of both outputs, and the gradients of the shared layer from both of its uses.
    let mut adam = Adam::new(&model, AdamConfig { lr: 0.05, ..Default::default() });
    let mut gradients = model.alloc_grads();
    let mut losses = Vec::new();
    for _ in 0..40 {
        let inputs = (DynTensor::try_from_tensor(inputs.0.clone()).unwrap(), DynTensor::try_from_tensor(inputs.1.clone()).unwrap());
        let outputs: Vec<DynTensor<E, Cpu, OwnedTape<E, Cpu>>> = model.try_forward_train(vec![inputs.0, inputs.1], gradients).unwrap();
        let [score, apart]: [_; 2] = outputs.try_into().unwrap();
        let score = score.try_into_tensor::<(usize, Const<1>)>().unwrap().unwrap();
        let apart = apart.try_into_tensor::<(usize, Const<3>)>().unwrap().unwrap();
        let loss = (score + E::ONE).square().mean() + apart.square().mean();
        losses.push(loss.array());
        gradients = loss.backward();
        adam.update(&mut model, &gradients).unwrap();
        model.zero_grads(&mut gradients);
    }
    assert!(losses[39] < losses[0] * E::from_f32(0.2).unwrap(), "{losses:?}");
}

#[test]
fn joins_in_double_precision() {
    check_joins::<f64>(|a, b| (a - b).abs() < 1e-12);
}

#[test]
fn joins_on_the_engine() {
    check_joins::<f32>(|a, b| (a - b).abs() < 1e-5);
}

/// Nested networks are expanded; their parameters are named by their paths.
fn ones<const B: usize, const N: usize, E: Dtype>() -> Tensor<Rank2<B, N>, E, Cpu>
where
    Cpu: Device<E>,
{
    Cpu::default().ones()
}

#[test]
fn a_network_within_a_network() {
    let inner: &'static Graph = Box::leak(Box::new(perceptron(3)));
    let mut b = Builder::new("Outer");
    let x = b.input("input", Shape::new(&[4])).unwrap();
    let x = b.add("inner", Op::Subgraph(Subgraph { graph: inner, outputs: 1 }), &[x]).unwrap();
    let x = b.add("head", linear(2), &[x]).unwrap();
    let model = GraphModel::new(b.finish(&[("output", x)]), &Cpu::seed_from_u64(1));
    let bytes = saved(&model, "outer");
    let mut names = safetensors::SafeTensors::deserialize(&bytes).unwrap().names().into_iter().map(str::to_owned).collect::<Vec<_>>();
    names.sort_unstable();
    assert_eq!(names, ["head.bias", "head.weight", "inner.fc.bias", "inner.fc.weight"]);
    let y: Tensor<(usize, Const<2>), f32, _> = model.forward(ones::<3, 4, f32>());
    assert_eq!(y.shape().0, 3);
    assert!(model.summary().to_string().contains("inner"));
    assert!(model.draw().svg().contains("head"));
}

type Refusal = GraphError<layercake::dfdx::tensor::CpuError>;

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let device = Cpu::default();
    let mut model = model(1);
    let says = |error: Refusal, expected: &str| assert_eq!(error.to_string(), expected);
    let narrow: Tensor<Rank4<3, 2, 7, 8>, f32, _> = device.zeros();
    let error = model.try_forward::<_, Scores<f32>>(narrow).unwrap_err();
    says(error, "`Eye` expects `input` of shape [batch, 2, 7, 9], but receives [3, 2, 7, 8]");
    let sample: Tensor<Rank3<2, 7, 9>, f32, _> = device.zeros();
    let error = model.try_forward_train::<_, Taped<f32>>(sample, Gradients::leaky()).unwrap_err();
    says(error, "`Eye` expects `input` of shape [batch, 2, 7, 9], but receives [2, 7, 9]");
    let scalar: Tensor<Rank0, f32, _> = device.zeros();
    assert!(matches!(model.try_forward::<_, Scores<f32>>(scalar), Err(GraphError::Input { .. })));
    says(model.try_forward::<_, Scores<f32>>((images(1), images(1))).unwrap_err(), "`Eye` takes 1 inputs, but receives 2");
    let none: Vec<DynTensor<f32, Cpu>> = Vec::new();
    says(model.try_forward::<_, Scores<f32>>(none.clone()).unwrap_err(), "`Eye` takes 1 inputs, but receives 0");
    says(model.try_forward_train::<_, Taped<f32>>(none, Gradients::leaky()).unwrap_err(), "`Eye` takes 1 inputs, but receives 0");
    let empty: Images<f32> = device.zeros_like(&(0, Const, Const, Const));
    let line = "`Eye` expects inputs of one batch size, at least 1, but receives batch sizes [0]";
    says(model.try_forward::<_, Scores<f32>>(empty).unwrap_err(), line);
    // Outputs of another rank or size, and too many outputs.
    type Flat = Tensor<(usize,), f32, Cpu>;
    type Six = Tensor<(usize, Const<6>), f32, Cpu>;
    let begin = "`Eye` returns outputs of shapes [[6, 5]], but the caller asked for ";
    assert!(model.try_forward::<_, Flat>(images(1)).unwrap_err().to_string().starts_with(begin));
    assert!(model.try_forward::<_, Six>(images(1)).unwrap_err().to_string().starts_with(begin));
    assert!(model.try_forward::<_, (Scores<f32>, Scores<f32>)>(images(1)).unwrap_err().to_string().starts_with(begin));
    assert!(model.try_forward::<_, Tensor<(usize, usize), f32, Cpu>>(images(1)).is_ok());

    let siamese = GraphModel::<f64>::build(siamese().unwrap(), &device);
    let (three, four): (Tensor<Rank2<3, 4>, f64, _>, Tensor<Rank2<4, 4>, f64, _>) = (device.zeros(), device.zeros());
    let error = siamese.try_forward::<_, Vec<DynTensor<f64, Cpu>>>((three.clone(), four)).unwrap_err();
    says(error, "`Siamese` expects inputs of one batch size, at least 1, but receives batch sizes [3, 4]");
    let asked = siamese.try_forward::<_, Tensor<(usize, usize), f64, Cpu>>((three.clone(), three)).unwrap_err();
    assert!(asked.to_string().starts_with("`Siamese` returns outputs of shapes [[3, 1], [3, 3]], but the caller asked for "), "{asked}");
}

/// A single value per channel has no variance, on either path.
#[test]
fn a_batch_that_cannot_train() {
    let mut b = Builder::new("Norm");
    let x = b.input("input", Shape::new(&[3])).unwrap();
    let x = b.add("norm", Op::BatchNorm1d(BatchNorm1d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true }), &[x]).unwrap();
    let graph = b.finish(&[("output", x)]);
    let device = Cpu::default();
    type Out<E> = Tensor<(usize, Const<3>), E, Cpu, OwnedTape<E, Cpu>>;
    let single = EngineError::SingleValue { layer: "norm".into() };
    let expected: Refusal = GraphError::Run { graph: "Norm".into(), batch: 1, reason: single };
    let one = GraphModel::<f32>::new(graph.clone(), &device).try_forward_train::<_, Out<f32>>(ones::<1, 3, f32>(), Gradients::leaky());
    assert_eq!(one.unwrap_err().to_string(), expected.to_string());
    let mut wide = GraphModel::<f64>::build(graph, &device);
    let one = wide.try_forward_train::<_, Out<f64>>(ones::<1, 3, f64>(), Gradients::leaky());
    assert_eq!(one.unwrap_err().to_string(), expected.to_string());
    assert!(wide.try_forward_train::<_, Out<f64>>(ones::<2, 3, f64>(), Gradients::leaky()).is_ok());
    let _: Tensor<(usize, Const<3>), f64, _> = wide.forward(ones::<1, 3, f64>());
}

#[test]
fn graphs_that_break_a_rule_are_not_built() {
    let built = |spoil: fn(&mut Graph)| {
        let mut graph = perceptron(3);
        spoil(&mut graph);
        GraphModel::<f32>::try_new(graph, &Cpu::default()).map(|_| ())
    };
    assert!(built(|_| {}).is_ok());
    let error = built(|g| g.nodes.to_mut()[0].output = Shape::new(&[7])).unwrap_err();
    assert!(error.to_string().starts_with("invalid graph `Perceptron`: declared as [7], but `fc` gives [3]"), "{error}");
    let Err(GraphError::Rule { mistake, .. }) = built(|g| g.outputs.to_mut()[0].value = 9) else { panic!("it has no value 9") };
    assert_eq!(mistake.part, Part::Out);
}

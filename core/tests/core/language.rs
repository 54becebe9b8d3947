//! Blocks of the language: their results compared with the same graph built by hand, with formulas, and between the engine and the portable
//! path in double precision.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::dfdx::nn::{NonMutableModule, modules};
use layercake::dfdx::tensor_ops::{BroadcastTo, TryMul};
use layercake::io::{load_safetensors, save_safetensors};
use layercake::ir::ops::{Add, BatchNorm1d, Linear as LinearOp, Mul, Relu, Sub, Tanh};
use layercake::ir::{Builder, Graph, INFER, Op, Shape as Sizing};
use layercake::optim::{Sgd, SgdConfig};
use layercake::prelude::*;

type Rows<const N: usize, E = f32> = Tensor<(usize, Const<N>), E, Cpu>;
type TapedRows<const N: usize> = Tensor<(usize, Const<N>), f32, Cpu, OwnedTape<f32, Cpu>>;

fn rows<const N: usize>(count: usize, seed: u64) -> Rows<N> {
    Cpu::seed_from_u64(seed).sample_normal_like(&(count, Const))
}

fn linear(out: usize) -> Op {
    Op::Linear(LinearOp { in_features: INFER, out_features: out, bias: true })
}

/// A separate file for each test.
fn file(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("language");
    fs::create_dir_all(&folder).unwrap();
    folder.join(test)
}

/// All tensors by name.
fn tensors<M: TensorCollection<f32, Cpu>>(module: &M, test: &str) -> BTreeMap<String, Vec<f32>> {
    let path = file(test);
    save_safetensors(module, &path).unwrap();
    let bytes = fs::read(path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let numbers = |bytes: &[u8]| bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    file.tensors().into_iter().map(|(name, view)| (name, numbers(view.data()))).collect()
}

fn copy<A: TensorCollection<f32, Cpu>, B: TensorCollection<f32, Cpu>>(from: &A, to: &mut B, test: &str) {
    let path = file(test);
    save_safetensors(from, &path).unwrap();
    load_safetensors(to, &path).unwrap();
}

/// A step of gradient descent: tensors that differ afterwards had different gradients.
fn step<M: TensorCollection<f32, Cpu>>(module: &mut M, gradients: &Gradients<f32, Cpu>) {
    let config = SgdConfig { lr: 1.0, ..Default::default() };
    Sgd::new(module, config).update(module, gradients).expect("every tensor has a gradient");
}

#[track_caller]
fn close<A: Copy + Into<f64>, B: Copy + Into<f64>>(found: &[A], expected: &[B], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    assert!(!found.is_empty());
    for (i, (&a, &b)) in found.iter().zip(expected).enumerate() {
        let (a, b): (f64, f64) = (a.into(), b.into());
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "number {i}: {a} against {b}");
    }
}

#[track_caller]
fn same_tensors(a: &BTreeMap<String, Vec<f32>>, b: &BTreeMap<String, Vec<f32>>, tolerance: f64) {
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    a.iter().for_each(|(name, values)| close(values, &b[name], tolerance));
}

network! {
    Reused: [6] -> [6] { fc: Linear(6), Tanh, again: reuse fc }
    Apart: [6] -> [6] { a: Linear(6), Tanh, b: Linear(6) }
}

#[test]
fn a_layer_applied_twice_gathers_both_gradients() {
    let device = Cpu::seed_from_u64(1);
    let mut net = Reused::new(&device);
    assert_eq!((Reused::PARAMS, Reused::LAYERS), (42, 3));
    let mut builder = Builder::new("Reused");
    let x = builder.input("input", Sizing::new(&[6])).unwrap();
    let first = builder.add("fc", linear(6), &[x]).unwrap();
    let y = builder.add("tanh_1", Op::Tanh(Tanh {}), &[first]).unwrap();
    let y = builder.add_shared("again", linear(6), &[y], first).unwrap();
    let graph: Graph = builder.try_finish(&[("output", y)]).unwrap();
    assert_eq!(&graph, Reused::GRAPH);
    let mut model = GraphModel::new(graph, &device);
    copy(&net, &mut model, "reused");

    let x = rows::<6>(5, 2);
    let by_hand: Rows<6> = model.forward(x.clone());
    assert_eq!(net.forward(x.clone()).as_vec(), by_hand.as_vec());
    let wide = net.to_dtype::<f64>().forward(x.clone().to_dtype::<f64>());
    close(&by_hand.as_vec(), &wide.as_vec(), 1e-5);

    // Two layers with the same weights: the gradient of the shared layer is the sum of theirs.
    let mut apart = Apart::new(&device);
    for layer in [&mut apart.a, &mut apart.b] {
        layer.weight = net.fc.weight.clone();
        layer.bias = net.fc.bias.clone();
    }
    // Separate tensors, not one that both layers share.
    let mut apart = {
        let mut own = Apart::new(&device);
        copy(&apart, &mut own, "apart");
        own
    };
    let gradients = net.forward_train(x.clone(), net.alloc_grads()).square().mean().backward();
    let others = apart.forward_train(x.clone(), apart.alloc_grads()).square().mean().backward();
    let sum: Vec<f32> = others.get(&apart.a.weight).as_vec().iter().zip(others.get(&apart.b.weight).as_vec()).map(|(a, b)| a + b).collect();
    close(&gradients.get(&net.fc.weight).as_vec(), &sum, 1e-6);
    assert!(sum.iter().any(|g| g.abs() > 1e-2));

    let y: TapedRows<6> = model.forward_train(x, model.alloc_grads());
    let gradients_of_model = y.square().mean().backward();
    step(&mut net, &gradients);
    step(&mut model, &gradients_of_model);
    same_tensors(&tensors(&net, "reused_a"), &tensors(&model, "reused_b"), 0.0);
}

network! {
    /// Two inputs through shared layers; two outputs.
    Siamese: { left: [5], right: [5] } -> { near: [3], far: [3] } {
        embed: Residual(shortcut = { Linear(3) }) { fc: Linear(4), ReLU, Linear(3) } as a,
        from right, twin: reuse embed, Tanh as b,
        Sub(a), output near,
        from a, Mul(b), output far,
    }
}

#[test]
fn a_siamese_network_shares_its_layers() {
    let device = Cpu::seed_from_u64(3);
    let mut net = Siamese::new(&device);
    let mut builder = Builder::new("Siamese");
    let left = builder.input("left", Sizing::new(&[5])).unwrap();
    let right = builder.input("right", Sizing::new(&[5])).unwrap();
    let mut owners = Vec::new();
    let mut embed = |builder: &mut Builder, path: &str, x: usize| {
        let mut add = |name: &str, op: Op, from: usize| {
            let name = format!("{path}.{name}");
            match owners.len() {
                0..4 => {
                    owners.push(builder.add(&name, op, &[from]).unwrap());
                    owners[owners.len() - 1]
                }
                n => {
                    owners.push(0);
                    let owner = owners[(n - 4) % 4];
                    builder.add_shared(&name, op, &[from], owner).unwrap()
                }
            }
        };
        let h = add("fc", linear(4), x);
        let h = add("relu_1", Op::Relu(Relu {}), h);
        let h = add("linear_2", linear(3), h);
        let short = add("linear_3", linear(3), x);
        (h, short)
    };
    let (h, short) = embed(&mut builder, "embed", left);
    let a = builder.add("embed", Op::Add(Add {}), &[h, short]).unwrap();
    let (h, short) = embed(&mut builder, "twin", right);
    let twin = builder.add_shared("twin", Op::Add(Add {}), &[h, short], a).unwrap();
    let b = builder.add("tanh_1", Op::Tanh(Tanh {}), &[twin]).unwrap();
    let near = builder.add("sub_1", Op::Sub(Sub {}), &[b, a]).unwrap();
    let far = builder.add("mul_1", Op::Mul(Mul {}), &[a, b]).unwrap();
    let graph = builder.try_finish(&[("near", near), ("far", far)]).unwrap();
    assert_eq!(&graph, Siamese::GRAPH);
    assert_eq!(Siamese::PARAMS, (5 * 4 + 4) + (4 * 3 + 3) + (5 * 3 + 3));
    assert_eq!((Siamese::INPUT, Siamese::OUTPUT), (([5], [5]), ([3], [3])));
    let mut model = GraphModel::new(graph, &device);
    copy(&net, &mut model, "siamese");

    let (x, z) = (rows::<5>(4, 4), rows::<5>(4, 5));
    let (near, far) = net.forward(x.clone(), z.clone());
    let (by_hand, other): (Rows<3>, Rows<3>) = model.forward((x.clone(), z.clone()));
    assert_eq!((near.as_vec(), far.as_vec()), (by_hand.as_vec(), other.as_vec()));
    let (wide, other) = net.to_dtype::<f64>().forward(x.clone().to_dtype::<f64>(), z.clone().to_dtype::<f64>());
    close(&near.as_vec(), &wide.as_vec(), 1e-5);
    close(&far.as_vec(), &other.as_vec(), 1e-5);
    // With equal inputs, only the difference to the hyperbolic tangent remains.
    let (twins, _) = net.forward(x.clone(), x.clone());
    let (_, squares) = net.forward(x.clone(), x.clone());
    for (difference, product) in twins.as_vec().into_iter().zip(squares.as_vec()) {
        // tanh(a) - a and a tanh(a) have opposite signs, or are zero.
        assert!(product >= 0.0 && difference.abs() <= product.sqrt() * product.sqrt().max(1.0) + 1e-6);
    }

    let (near, far) = net.forward_train(x.clone(), z.clone(), net.alloc_grads());
    let gradients = (near.square().mean() + far.square().mean()).backward();
    let (near, far): (TapedRows<3>, TapedRows<3>) = model.forward_train((x, z), model.alloc_grads());
    let others = (near.square().mean() + far.square().mean()).backward();
    step(&mut net, &gradients);
    step(&mut model, &others);
    same_tensors(&tensors(&net, "siamese_a"), &tensors(&model, "siamese_b"), 0.0);
}

network! {
    /// The gate of a gated PixelCNN.
    Gate: [6, 2, 3] -> [3, 2, 3] { Chunk(2) as (a, b), Tanh as t, from b, Sigmoid, Mul(t) }
}

#[test]
fn a_gate_multiplies_its_halves() {
    let device = Cpu::seed_from_u64(6);
    let net = Gate::new(&device);
    let x: Tensor<(usize, Const<6>, Const<2>, Const<3>), f32, Cpu> = device.sample_normal_like(&(4, Const, Const, Const));
    let all = x.as_vec();
    let half = 3 * 2 * 3;
    let expected: Vec<f64> = all
        .chunks(2 * half)
        .flat_map(|sample| {
            let (a, b) = sample.split_at(half);
            a.iter().zip(b).map(|(&a, &b)| f64::from(a).tanh() / (1.0 + (-f64::from(b)).exp())).collect::<Vec<_>>()
        })
        .collect();
    close(&net.forward(x.clone()).as_vec(), &expected, 1e-6);
    // The gradients with respect to the input: (1 - tanh^2) s, and tanh s (1 - s).
    let gradients = net.forward_eval(x.leaky_trace()).sum::<Rank0, _>().backward().get(&x).as_vec();
    let slopes: Vec<f64> = all
        .chunks(2 * half)
        .flat_map(|sample| {
            let (a, b) = sample.split_at(half);
            let pair = |(&a, &b): (&f32, &f32)| (f64::from(a).tanh(), 1.0 / (1.0 + (-f64::from(b)).exp()));
            let by_a: Vec<f64> = a.iter().zip(b).map(pair).map(|(t, s)| (1.0 - t * t) * s).collect();
            let by_b: Vec<f64> = a.iter().zip(b).map(pair).map(|(t, s)| t * s * (1.0 - s)).collect();
            [by_a, by_b].concat()
        })
        .collect();
    close(&gradients, &slopes, 1e-5);
}

network! {
    block Basic(size) { conv1: Linear(size), ReLU, conv2: Linear(size) }
    block Pair(size) { Basic(size), own: Basic(size) }
    Named: [4] -> [4] {
        layer1: Repeat(2) { Basic(4) },
        Pair(4),
        head: Residual(shortcut = { down: Linear(4) }) { fc: Linear(4) },
        r#type: Linear(4),
    }
}

#[test]
fn paths_are_the_names_of_tensors() {
    let names = tensors(&Named::new(&Cpu::seed_from_u64(7)), "named");
    let weights: Vec<&str> = names.keys().filter_map(|name| name.strip_suffix(".weight")).collect();
    assert_eq!(
        weights,
        [
            "head.down",
            "head.fc",
            "layer1.0.basic_1.conv1",
            "layer1.0.basic_1.conv2",
            "layer1.1.basic_1.conv1",
            "layer1.1.basic_1.conv2",
            "pair_1.basic_1.conv1",
            "pair_1.basic_1.conv2",
            "pair_1.own.conv1",
            "pair_1.own.conv2",
            "type",
        ]
    );
    assert_eq!(names.len(), 2 * weights.len());
}

network! {
    /// A length known at run time: each step of the sequence separately, and then the mean of all.
    Tokens<T: Dim>: [T, 4] -> { each: [T, 3], mean: [3] } {
        Residual { LayerNorm(4), Linear(4), GELU }, out: Linear(3), output each, Mean(0), output mean,
    }
}

#[test]
fn a_length_is_known_when_the_network_runs() {
    let device = Cpu::seed_from_u64(8);
    let net = Tokens::new(&device);
    let wide = net.to_dtype::<f64>();
    for length in [7usize, 1, 3, 130] {
        let x: Tensor<(usize, usize, Const<4>), f32, Cpu> = device.sample_normal_like(&(2, length, Const));
        let (each, mean) = net.forward(x.clone());
        assert_eq!(each.shape().concrete(), [2, length, 3]);
        // Each step as a separate sequence.
        let alone: Tensor<(usize, usize, Const<4>), f32, Cpu> = x.clone().reshape_like(&(2 * length, 1, Const));
        let (steps, _) = net.forward(alone);
        close(&each.as_vec(), &steps.as_vec(), 1e-6);
        let all = each.as_vec();
        let means: Vec<f64> = all
            .chunks(3 * length)
            .flat_map(|sample| {
                (0..3).map(|i| sample.iter().skip(i).step_by(3).map(|&y| f64::from(y)).sum::<f64>() / length as f64).collect::<Vec<_>>()
            })
            .collect();
        close(&mean.as_vec(), &means, 1e-6);
        let (wide_each, wide_mean) = wide.forward(x.clone().to_dtype::<f64>());
        close(&each.as_vec(), &wide_each.as_vec(), 1e-5);
        close(&mean.as_vec(), &wide_mean.as_vec(), 1e-5);
        // With a static length, the outputs are the same, and every step has a gradient.
        let (traced, _) = net.forward_eval(x.leaky_trace());
        let gradient = traced.square().sum::<Rank0, _>().backward().get(&x).as_vec();
        assert!(gradient.chunks(4).all(|step| step.iter().any(|g| g.abs() > 1e-4)));
    }
    let three: Tensor<(usize, Const<3>, Const<4>), f32, Cpu> = device.sample_normal_like(&(2, Const, Const));
    let (typed, _) = net.forward(three.clone());
    let (counted, _) = net.forward(three.reshape_like(&(2, 3usize, Const::<4>)));
    assert_eq!(typed.as_vec(), counted.as_vec());
}

network! {
    Wide<const H: usize, const K: usize>: [5] -> [K] { fc: Linear(H), norm: BatchNorm1d, Tanh, out: Linear(K) }
    Uses: [5] -> [2] { first: Wide<3, 5>, second: Wide<7, 2> }
}

fn wide_graph(hidden: usize, out: usize) -> Graph {
    let mut builder = Builder::new("Wide");
    let x = builder.input("input", Sizing::new(&[5])).unwrap();
    let h = builder.add("fc", linear(hidden), &[x]).unwrap();
    let norm = Op::BatchNorm1d(BatchNorm1d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true });
    let h = builder.add("norm", norm, &[h]).unwrap();
    let h = builder.add("tanh_1", Op::Tanh(Tanh {}), &[h]).unwrap();
    let y = builder.add("out", linear(out), &[h]).unwrap();
    builder.try_finish(&[("output", y)]).unwrap()
}

fn generic_network_at<const H: usize, const K: usize>() {
    let device = Cpu::seed_from_u64(9);
    let net = Wide::<H, K>::new(&device);
    let graph = wide_graph(H, K);
    assert_eq!(&graph, Wide::<H, K>::GRAPH);
    assert_eq!(Wide::<H, K>::PARAMS, 5 * H + H + 2 * H + H * K + K);
    let mut model = GraphModel::new(graph, &device);
    copy(&net, &mut model, &format!("wide_{H}_{K}"));
    let x = rows::<5>(3, 10);
    let by_hand: Rows<K> = model.forward(x.clone());
    assert_eq!(net.forward(x).as_vec(), by_hand.as_vec());
}

#[test]
fn sizes_are_parameters() {
    generic_network_at::<3, 2>();
    generic_network_at::<11, 1>();
    let net = Uses::new(&Cpu::seed_from_u64(11));
    let x = rows::<5>(4, 12);
    let inside = net.second.forward(net.first.forward(x.clone()));
    assert_eq!(net.forward(x).as_vec(), inside.as_vec());
    assert_eq!(Uses::PARAMS, Wide::<3, 5>::PARAMS + Wide::<7, 2>::PARAMS);
}

/// A custom layer: each feature times a learned number, and twice that in training.
#[derive(Clone, Debug, Model)]
struct Scale<const N: usize, E: Dtype = f32, D: Storage<E> = Cpu> {
    #[model(param, init = 0.5)]
    gamma: Tensor<Rank1<N>, E, D>,
}

impl<const N: usize, B: Dim, E: Scalar, D: Device<E>, T: Tape<E, D>> Module<Tensor<(B, Const<N>), E, D, T>> for Scale<N, E, D> {
    type Output = Tensor<(B, Const<N>), E, D, T>;
    type Error = D::Err;

    fn try_forward(&self, input: Tensor<(B, Const<N>), E, D, T>) -> Result<Self::Output, D::Err> {
        let gamma = self.gamma.retaped::<T>().try_broadcast_like(input.shape())?;
        input.try_mul(gamma)
    }
}

impl<const N: usize, E: Scalar, D: Device<E>> ModuleMut<Tensor<(usize, Const<N>), E, D, OwnedTape<E, D>>> for Scale<N, E, D> {
    type Output = Tensor<(usize, Const<N>), E, D, OwnedTape<E, D>>;
    type Error = D::Err;

    fn try_forward_mut(&mut self, input: Tensor<(usize, Const<N>), E, D, OwnedTape<E, D>>) -> Result<Self::Output, D::Err> {
        let gamma = self.gamma.retaped::<OwnedTape<E, D>>().try_broadcast_like(input.shape())?;
        input.try_mul(gamma)?.try_mul(<E as num_traits::FromPrimitive>::from_f64(2.0).expect("every number type has a two"))
    }
}

/// A custom layer without parameters, the same in training.
#[derive(Clone, Copy, Debug, Default)]
struct Square;

impl layercake::dfdx::nn::ZeroSizedModule for Square {}
impl NonMutableModule for Square {}

impl<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>> Module<Tensor<S, E, D, T>> for Square {
    type Output = Tensor<S, E, D, T>;
    type Error = D::Err;

    fn try_forward(&self, input: Tensor<S, E, D, T>) -> Result<Self::Output, D::Err> {
        input.try_square()
    }
}

network! {
    /// dfdx's linear layer between two of Layercake's, applied twice.
    Mixed: [5] -> [2] {
        first: Linear(4), Tanh,
        mid: modules::Linear(4, 4) -> [4], ReLU, reuse mid,
        out: Linear(2),
    }
    /// The same with built-in layers.
    Built: [5] -> [2] { first: Linear(4), Tanh, mid: Linear(4), ReLU, reuse mid, out: Linear(2) }
    Own: [3] -> [3] { self::Scale(3) -> [3], self::Square<>() -> [3], last: self::Scale(3) -> [3] }
    InOwn: [3] -> [3] { own: Own, Linear(3) }
}

/// Two networks with the same tensor names: the same outputs, gradients with respect to the input, and steps.
macro_rules! agree {
    ($one:ident, $other:ident, $inputs:literal, $outputs:literal) => {{
        let device = Cpu::seed_from_u64(13);
        let mut one = $one::new(&device);
        let mut other = $other::new(&device);
        copy(&one, &mut other, stringify!($one));
        let x = rows::<$inputs>(6, 14);
        close(&one.forward(x.clone()).as_vec(), &other.forward(x.clone()).as_vec(), 1e-5);
        let by_input = |y: TapedRows<$outputs>| y.square().sum::<Rank0, _>().backward().get(&x).as_vec();
        let (a, b) = (by_input(one.forward_eval(x.leaky_trace())), by_input(other.forward_eval(x.leaky_trace())));
        assert!(a.iter().any(|g| g.abs() > 1e-3));
        close(&a, &b, 1e-5);
        let wide = one.to_dtype::<f64>().forward(x.clone().to_dtype::<f64>());
        close(&one.forward(x.clone()).as_vec(), &wide.as_vec(), 1e-5);
        let a = one.forward_train(x.clone(), one.alloc_grads()).square().sum::<Rank0, _>().backward();
        let b = other.forward_train(x.clone(), other.alloc_grads()).square().sum::<Rank0, _>().backward();
        step(&mut one, &a);
        step(&mut other, &b);
        let before = tensors(&$one::new(&Cpu::seed_from_u64(13)), concat!(stringify!($one), "_before"));
        let after = tensors(&one, concat!(stringify!($one), "_after"));
        for (name, values) in &after {
            assert!(values != &before[name], "`{name}` has not moved");
        }
        same_tensors(&after, &tensors(&other, stringify!($other)), 1e-4);
    }};
}

#[test]
fn dfdx_modules_are_layers() {
    agree!(Mixed, Built, 5, 2);
}

#[test]
fn modules_and_networks_in_a_network_are_applied_twice() {
    network! {
        Small: [5] -> [5] { first: Linear(4), Tanh, mid: modules::Linear(4, 5) -> [5] }
        SmallBuilt: [5] -> [5] { first: Linear(4), Tanh, mid: Linear(5) }
        Twice: [5] -> [2] { inner: Small, Tanh, again: reuse inner, out: Linear(2) }
        TwiceBuilt: [5] -> [2] { inner: SmallBuilt, Tanh, again: reuse inner, out: Linear(2) }
    }
    agree!(Twice, TwiceBuilt, 5, 2);
    assert_eq!(TwiceBuilt::PARAMS, 5 * 4 + 4 + 4 * 5 + 5 + 5 * 2 + 2);
}

#[test]
fn own_layers_know_training_from_inference() {
    let device = Cpu::seed_from_u64(15);
    let mut net = Own::new(&device);
    let x = rows::<3>(4, 16);
    let inputs = x.as_vec();
    // gamma (gamma x)^2, with gamma = 0.5, or 1 in training.
    let once: Vec<f64> = inputs.iter().map(|&x| 0.125 * f64::from(x).powi(2)).collect();
    let trained: Vec<f64> = inputs.iter().map(|&x| f64::from(x).powi(2)).collect();
    close(&net.forward(x.clone()).as_vec(), &once, 1e-6);
    close(&net.forward_eval(x.leaky_trace()).as_vec(), &once, 1e-6);
    close(&net.forward_train(x.clone(), Gradients::leaky()).as_vec(), &trained, 1e-6);
    let gradients = net.forward_train(x.clone(), net.alloc_grads()).sum::<Rank0, _>().backward();
    // The derivatives of 2g (2h x)^2 at g = h = 0.5: 2 x^2 for the last layer (g), 4 x^2 for the first (h).
    for (layer, times) in [(&net.last, 2.0), (&net.scale_1, 4.0)] {
        let expected: Vec<f64> = (0..3).map(|i| inputs.iter().skip(i).step_by(3).map(|&x| times * f64::from(x).powi(2)).sum()).collect();
        close(&gradients.get(&layer.gamma).as_vec(), &expected, 1e-5);
    }
    let outer = InOwn::new(&device);
    let inside = outer.own.forward(x.clone()).as_vec();
    let (weight, bias) = (outer.linear_1.weight.array(), outer.linear_1.bias.clone().expect("it has a bias").array());
    let by_hand: Vec<f32> = inside
        .chunks(3)
        .flat_map(|row| (0..3).map(|o| bias[o] + row.iter().zip(weight[o]).map(|(x, w)| x * w).sum::<f32>()).collect::<Vec<_>>())
        .collect();
    close(&outer.forward(x).as_vec(), &by_hand, 1e-6);
}

network! {
    /// Two outputs, of which a caller may use only one.
    Pair: [4] -> { first: [3], second: [2] } { Tanh as x, one: Linear(3), output first, from x, two: Linear(2), output second }

    /// The second half of a tensor, through one of two heads.
    Parts: [8] -> [2] { Chunk(2) as (_, b), from b, pair: Pair as (_, second), from second, Tanh }
}

#[test]
fn parts_that_nothing_uses() {
    let device = Cpu::seed_from_u64(16);
    let net = Parts::new(&device);
    let x: Tensor<(usize, Const<8>), f32, Cpu> = device.sample_normal_like(&(3, Const));
    let gradients = net.forward_eval(x.leaky_trace()).sum::<Rank0, _>().backward();
    let (weight, bias) = (net.pair.two.weight.as_vec(), net.pair.two.bias.as_ref().unwrap().as_vec());
    let (mut values, mut slopes) = (Vec::new(), Vec::new());
    for sample in x.as_vec().chunks(8) {
        let hidden: Vec<f64> = sample[4..].iter().map(|&x| f64::from(x).tanh()).collect();
        let mut by_x = vec![0.0; 8];
        for (row, &bias) in weight.chunks(4).zip(&bias) {
            let y = (row.iter().zip(&hidden).map(|(&w, h)| f64::from(w) * h).sum::<f64>() + f64::from(bias)).tanh();
            for (j, (&w, h)) in row.iter().zip(&hidden).enumerate() {
                by_x[4 + j] += (1.0 - y * y) * f64::from(w) * (1.0 - h * h);
            }
            values.push(y);
        }
        slopes.extend(by_x);
    }
    close(&net.forward(x.clone()).as_vec(), &values, 1e-6);
    close(&gradients.get(&x).as_vec(), &slopes, 1e-5);
    // The unused head has a gradient of 0.
    assert!(gradients.get(&net.pair.one.weight).as_vec().iter().all(|&g| g == 0.0));
}

network! {
    block Middle(width) {
        #[cfg(any())]
        Linear(1000),
        #[cfg(all())]
        #[cfg(not(any()))]
        middle: Linear(width), Tanh,
        #[cfg(any())]
        for i in [1, 2] { Linear(i) }
    }

    /// With conditions that hold always or never.
    Conditional: { x: [4], #[cfg(any())] y: [9] } -> [2] {
        #[cfg(not(all()))]
        left_out: Linear(7),
        Middle(5),
        Add { { last: Linear(2) }, { #[cfg(any())] Tanh, from x, other: Linear(2) } },
    }

    Unconditional: [4] -> [2] {
        middle: Linear(5), Tanh,
        Add { { last: Linear(2) }, { from input, other: Linear(2) } },
    }
}

#[test]
fn steps_with_a_condition() {
    let steps = |graph: &Graph| graph.nodes().iter().map(|node| (node.op, node.inputs().to_vec())).collect::<Vec<_>>();
    assert_eq!(steps(Conditional::<f32, Cpu>::GRAPH), steps(Unconditional::<f32, Cpu>::GRAPH));
    assert_eq!(Conditional::<f32, Cpu>::GRAPH.inputs().len(), 1);
}

network! {
    Tied: usize[3] -> [3, 7] { embedding: Embedding(7, 4), Tanh, head: Linear(7, bias = false, weight = embedding) }

    Untied: usize[3] -> [3, 7] { embedding: Embedding(7, 4), Tanh, head: Linear(7, bias = false) }
}

/// The gradient of a weight of two layers is the sum of those that it would have as two weights.
#[test]
fn a_weight_of_two_kinds_of_layers() {
    let device = Cpu::seed_from_u64(17);
    let (mut tied, mut untied) = (Tied::new(&device), Untied::new(&device));
    untied.embedding.weight = tied.embedding.weight.clone();
    untied.head.weight.copy_from(&tied.embedding.weight.as_vec());
    let ids = device.tensor([[1usize, 5, 1], [0, 6, 2]]);
    let gradients = (tied.alloc_grads(), untied.alloc_grads());
    let (ours, theirs) = (tied.forward_train(ids.clone(), gradients.0), untied.forward_train(ids, gradients.1));
    close(&ours.as_vec(), &theirs.as_vec().iter().map(|&y| f64::from(y)).collect::<Vec<_>>(), 1e-6);
    let (ours, theirs) = (ours.square().sum::<Rank0, _>().backward(), theirs.square().sum::<Rank0, _>().backward());
    let sum = theirs.get(&untied.embedding.weight).as_vec().into_iter().zip(theirs.get(&untied.head.weight).as_vec());
    let sum: Vec<f64> = sum.map(|(a, b)| f64::from(a) + f64::from(b)).collect();
    close(&ours.get(&tied.embedding.weight).as_vec(), &sum, 1e-5);
    assert_eq!(Tied::<f32, Cpu>::PARAMS, 28);
    assert_eq!(tensors(&tied, "tied").keys().collect::<Vec<_>>(), ["embedding.weight"]);
}

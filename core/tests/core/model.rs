//! The code that `#[derive(Model)]` generates for a struct, and the functions for any model.

use std::fs;
use std::path::PathBuf;

use layercake::dfdx::nn::modules;
use layercake::dfdx::optim::{Adam, AdamConfig, Momentum, OptimizerUpdateError, RMSprop, RMSpropConfig, Sgd, SgdConfig, WeightDecay};
use layercake::dfdx::tensor_ops::{TryAdd, TryMul};
use layercake::io::{load_safetensors, save_safetensors};
use layercake::layers::Linear;
use layercake::model::{Freezing, Frozen};
use layercake::prelude::*;

network! {
    Encoder: [4] -> [3] { fc: Linear(5), BatchNorm1d, Tanh, out: Linear(3, bias = false) }
    Block: [3] -> [3] { fc: Linear(3), Tanh }
}

/// A model with every kind of field.
#[derive(Clone, Debug, Model)]
struct Everything<E: Dtype = f32, D: Storage<E> = Cpu> {
    encoder: Encoder<E, D>,
    #[model(len = 3)]
    blocks: Vec<Block<E, D>>,
    pair: [Linear<3, 2, E, D>; 2],
    absent: Option<Block<E, D>>,
    #[model(some)]
    r#type: Option<modules::Linear<3, 3, E, D>>,
    act: modules::ReLU,
    #[model(param, init = ones)]
    scale: Tensor<Rank1<3>, E, D>,
    #[model(param, init = |t| t.try_fill_with_distr(rand_distr::Uniform::new(E::ONE, E::ONE + E::ONE)))]
    noise: Tensor<Rank2<2, 3>, E, D>,
    #[model(buffer, init = -0.5)]
    offset: Tensor<Rank0, E, D>,
    #[model(param, len = [2, 1])]
    list: Vec<Vec<Tensor<Rank1<2>, E, D>>>,
    #[model(skip)]
    steps: usize,
}

/// The keys of the `state_dict` of the same module in PyTorch, in the order of the fields.
const PATHS: [&str; 24] = [
    "encoder.fc.weight",
    "encoder.fc.bias",
    "encoder.batch_norm1d_1.weight",
    "encoder.batch_norm1d_1.bias",
    "encoder.batch_norm1d_1.running_mean",
    "encoder.batch_norm1d_1.running_var",
    "encoder.out.weight",
    "blocks.0.fc.weight",
    "blocks.0.fc.bias",
    "blocks.1.fc.weight",
    "blocks.1.fc.bias",
    "blocks.2.fc.weight",
    "blocks.2.fc.bias",
    "pair.0.weight",
    "pair.0.bias",
    "pair.1.weight",
    "pair.1.bias",
    "type.weight",
    "type.bias",
    "scale",
    "noise",
    "offset",
    "list.0.0",
    "list.1.0",
];

fn paths(model: &impl Model<f32, Cpu>) -> Vec<String> {
    model.named_tensors().iter().map(|tensor| tensor.path().to_owned()).collect()
}

fn numbers<E: Scalar, D: Device<E>>(model: &impl Model<E, D>) -> Vec<Vec<E>> {
    model.named_tensors().iter().map(|tensor| tensor.to_vec()).collect()
}

/// A separate path for each test.
fn path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("model");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

#[test]
fn paths_are_those_of_pytorch() {
    let mut model = Everything::new(&Cpu::seed_from_u64(1));
    assert_eq!(paths(&model), PATHS);
    model.absent = Some(Block::new(&Cpu::default()));
    model.blocks.truncate(1);
    model.r#type = None;
    model.list.clear();
    let expected = [&PATHS[..9], &PATHS[13..17], &["absent.fc.weight", "absent.fc.bias"], &PATHS[19..22]].concat();
    assert_eq!(paths(&model), expected);
}

/// A tuple struct, only for `f32` on `Cpu`.
#[derive(Clone, Debug, Model)]
struct Plain(Encoder, #[model(param)] Tensor<Rank1<3>, f32, Cpu>, #[model(skip)] Vec<String>, #[model(len = 2)] Vec<Block>);

/// Only in double precision, with const parameters.
#[derive(Debug, Model)]
#[model(dtype = f64, device = Cpu)]
struct Double<const N: usize, const COUNT: usize> {
    blocks: [Block<f64, Cpu>; N],
    #[model(len = COUNT)]
    more: Vec<Block<f64, Cpu>>,
}

/// Generic over the types of both models, as dfdx's tuples are.
#[derive(Clone, Debug, Model)]
struct Pair<A, B> {
    first: A,
    second: Option<B>,
}

/// Generic over the type of a model, with a parameter in addition.
#[derive(Clone, Debug, Model)]
struct Scaled<M, const N: usize, E: Dtype = f32, D: Storage<E> = Cpu> {
    inner: M,
    #[model(param, init = 0.25)]
    scale: Tensor<Rank1<N>, E, D>,
}

#[test]
fn building_follows_the_declaration() {
    let model = Everything::new(&Cpu::seed_from_u64(1));
    assert_eq!((model.blocks.len(), model.list.len(), model.list[0].len(), model.steps), (3, 2, 1, 0));
    assert!(model.absent.is_none() && model.r#type.is_some());
    assert_eq!((model.scale.array(), model.offset.array(), model.list[1][0].array()), ([1.0; 3], -0.5, [0.0; 2]));
    let noise = model.noise.as_vec();
    assert!(noise.iter().all(|n| (1.0..2.0).contains(n)) && noise[0] != noise[1]);
    // Each block has different random numbers.
    assert_ne!(model.blocks[0].fc.weight.as_vec(), model.blocks[1].fc.weight.as_vec());
    assert_eq!(numbers(&model), numbers(&Everything::new(&Cpu::seed_from_u64(1))));
    assert_eq!(numbers(&model), numbers(&Cpu::seed_from_u64(1).build_module::<Everything, f32>()));
    assert_eq!(model.steps, Everything::try_new(&Cpu::default()).unwrap().steps);
}

#[test]
fn counting_and_the_table() {
    let model = Everything::new(&Cpu::default());
    assert_eq!(model.parameter_count(), (25 + 10 + 15) + 3 * 12 + 2 * 8 + 12 + 3 + 6 + 2 * 2);
    assert_eq!(model.buffer_count(), 10 + 1);
    assert!(model.named_buffers().iter().map(|buffer| buffer.path()).eq([PATHS[4], PATHS[5], "offset"]));
    let scale = model.tensor_at("scale").unwrap();
    assert_eq!((scale.shape(), scale.is_trained(), scale.element_count()), (&[3][..], true, 3));
    assert!(model.tensor_at("scal").is_none());
    let plain = Plain::new(&Cpu::default());
    let expected = "\
parameter                      shape   elements
-----------------------------------------------
0.fc.weight                    [5, 4]        20
0.fc.bias                      [5]            5
0.batch_norm1d_1.weight        [5]            5
0.batch_norm1d_1.bias          [5]            5
0.batch_norm1d_1.running_mean  [5]            5  buffer
0.batch_norm1d_1.running_var   [5]            5  buffer
0.out.weight                   [3, 5]        15
1                              [3]            3
3.0.fc.weight                  [3, 3]         9
3.0.fc.bias                    [3]            3
3.1.fc.weight                  [3, 3]         9
3.1.fc.bias                    [3]            3
-----------------------------------------------
trained parameters  77
buffers             10
size                0.00 MB";
    assert_eq!(plain.parameter_table().to_string(), expected);
    assert!(plain.2.is_empty());
}

#[test]
fn every_tool_takes_every_model() {
    let device = Cpu::seed_from_u64(2);
    let mut pair = Pair::<Block, (modules::ReLU, modules::Linear<2, 2, f32, Cpu>)>::new(&device);
    assert_eq!(paths(&pair), ["first.fc.weight", "first.fc.bias"]);
    pair.second = Some(device.build_module::<(modules::ReLU, layercake::dfdx::nn::builders::Linear<2, 2>), f32>());
    assert_eq!(paths(&pair), ["first.fc.weight", "first.fc.bias", "second.1.weight", "second.1.bias"]);
    let scaled = Scaled::<Pair<Block, Block>, 2>::new(&device);
    assert_eq!(paths(&scaled), ["inner.first.fc.weight", "inner.first.fc.bias", "scale"]);
    assert_eq!(scaled.scale.array(), [0.25; 2]);
    let wide = device.build_module::<Scaled<Pair<Block, Block>, 2>, f64>();
    type Wide = Pair<Block<f64, Cpu>, Block<f64, Cpu>>;
    let _: &Scaled<Wide, 2, f64, Cpu> = &wide;
    let double = Double::<2, 3>::new(&device);
    assert_eq!((double.more.len(), double.parameter_count()), (3, 5 * 12));
    assert!(Block::new(&device).named_parameters().iter().map(|p| p.path()).eq(["fc.weight", "fc.bias"]));
    // In dfdx's containers.
    let tuple = (Plain::new(&device), (scaled, modules::ReLU));
    assert_eq!(paths(&tuple)[12..], ["1.0.inner.first.fc.weight", "1.0.inner.first.fc.bias", "1.0.scale"]);
    let tensors: (Tensor<Rank1<2>, f32, Cpu>, Tensor<Rank1<2>, f32, Cpu>) = (device.zeros(), device.zeros());
    assert_eq!(paths(&tensors), ["0", "1"]);
}

#[test]
fn moving_between_number_types_and_devices() {
    let device = Cpu::seed_from_u64(3);
    let mut model = Everything::new(&device);
    model.blocks.pop();
    model.absent = Some(Block::new(&device));
    model.steps = 7;
    let wide: Everything<f64, Cpu> = model.to_dtype::<f64>();
    assert_eq!((wide.blocks.len(), wide.absent.is_some(), wide.steps), (2, true, 0));
    let widened: Vec<Vec<f64>> = numbers(&model).iter().map(|list| list.iter().map(|&n| f64::from(n)).collect()).collect();
    assert_eq!(numbers(&wide), widened);
    let moved: Everything<f32, Cpu> = model.to_device(&Cpu::default());
    assert_eq!(numbers(&moved), numbers(&model));
    let plain = Plain::new(&device);
    let moved: Plain = plain.to_device(&Cpu::default());
    assert_eq!(numbers(&moved), numbers(&plain));
    let pair = Pair { first: model, second: Some(plain.0) };
    let wide: Pair<Everything<f64, Cpu>, Encoder<f64, Cpu>> = pair.to_dtype::<f64>();
    assert_eq!(wide.first.blocks.len(), 2);
}

#[test]
fn what_is_saved_is_loaded() {
    let path = path("everything.safetensors");
    let build = |seed| {
        let device = Cpu::seed_from_u64(seed);
        let mut model = Everything::new(&device);
        model.absent = Some(Block::new(&device));
        model.blocks.push(Block::new(&device));
        model
    };
    let (model, mut other) = (build(4), build(5));
    save_safetensors(&model, &path).unwrap();
    assert_ne!(numbers(&model), numbers(&other));
    load_safetensors(&mut other, &path).unwrap();
    assert_eq!(numbers(&model), numbers(&other));
    other.blocks.truncate(2);
    let error = load_safetensors(&mut other, &path).unwrap_err().to_string();
    assert!(error.ends_with("`blocks.2.fc.bias` with shape [3] is not in the network"), "{error}");
    let bytes = fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut names: Vec<String> = file.names().iter().map(ToString::to_string).collect();
    let mut expected = paths(&model);
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected);
    // A bare tensor in a tuple has the same path in a file.
    let tensors: (Tensor<Rank1<2>, f32, Cpu>, Block) = (Cpu::default().ones(), Block::new(&Cpu::default()));
    save_safetensors(&tensors, &path).unwrap();
    assert!(safetensors::SafeTensors::deserialize(&fs::read(&path).unwrap()).unwrap().tensor("0").is_ok());
}

#[test]
fn tensors_can_be_changed_by_path() {
    let mut model = Everything::new(&Cpu::seed_from_u64(6));
    let before = numbers(&model);
    let mut seen = Vec::new();
    model.for_each_tensor_mut(|mut tensor| {
        seen.push(tensor.path().to_owned());
        if tensor.path() == "blocks.1.fc.bias" {
            assert_eq!((tensor.shape(), tensor.is_trained()), (vec![3], true));
            tensor.copy_from(&[1.0, 2.0, 3.0]);
        }
    });
    assert_eq!(seen, PATHS);
    assert_eq!(model.blocks[1].fc.bias.as_ref().unwrap().array(), [1.0, 2.0, 3.0]);
    let changed = numbers(&model).iter().zip(&before).filter(|(now, before)| now != before).count();
    assert_eq!(changed, 1);
}

/// A hand-written forward and backward pass.
fn step(model: &mut Everything, x: &Tensor<Rank2<6, 4>, f32, Cpu>, gradients: Gradients<f32, Cpu>) -> (f32, Gradients<f32, Cpu>) {
    let mut x = model.encoder.forward_mut(x.clone().traced(gradients));
    for block in &mut model.blocks {
        x = block.forward_mut(x);
    }
    let scale = model.scale.retaped::<OwnedTape<f32, Cpu>>();
    let y = x.try_mul(layercake::dfdx::tensor_ops::BroadcastTo::broadcast::<Rank2<6, 3>, _>(scale)).unwrap();
    let loss = y.try_add(-0.4).unwrap().square().mean();
    (loss.array(), loss.backward())
}

#[test]
fn dfdx_optimizers_train_it() {
    fn train(mut optimizer: impl FnMut(&mut Everything, &Gradients<f32, Cpu>)) -> Vec<f32> {
        let device = Cpu::seed_from_u64(7);
        let mut model = Everything::new(&device);
        let x: Tensor<Rank2<6, 4>, f32, _> = device.sample_normal();
        let mut gradients = model.alloc_grads();
        let mut losses = Vec::new();
        for _ in 0..60 {
            let (loss, new) = step(&mut model, &x, gradients);
            gradients = new;
            losses.push(loss);
            optimizer(&mut model, &gradients);
            model.zero_grads(&mut gradients);
        }
        losses
    }
    let model = Everything::new(&Cpu::default());
    let mut adam = Adam::new(&model, AdamConfig { lr: 0.05, ..Default::default() });
    let mut sgd = Sgd::new(&model, SgdConfig { lr: 0.1, momentum: Some(Momentum::Classic(0.9)), ..Default::default() });
    let mut rmsprop = RMSprop::new(&model, RMSpropConfig { lr: 0.01, ..Default::default() });
    for losses in [
        train(|model, gradients| adam.update(model, gradients).unwrap()),
        train(|model, gradients| sgd.update(model, gradients).unwrap()),
        train(|model, gradients| rmsprop.update(model, gradients).unwrap()),
    ] {
        assert!(losses[59] < 0.1 * losses[0], "{losses:?}");
    }
}

#[test]
fn frozen_parameters_keep_their_bits() {
    let device = Cpu::seed_from_u64(8);
    let mut model = Everything::new(&device);
    let x: Tensor<Rank2<6, 4>, f32, _> = device.sample_normal();
    let config = AdamConfig { lr: 0.1, weight_decay: Some(WeightDecay::Decoupled(0.5)), ..Default::default() };
    let mut optimizer = Freezing::new(Adam::new(&model, config));
    let step = |model: &mut Everything, optimizer: &mut Freezing<_>| {
        let gradients = model.alloc_grads();
        let (_, gradients) = step(model, &x, gradients);
        Optimizer::<Everything, Cpu, f32>::update(optimizer, model, &gradients)
    };
    let trained = |before: &[Vec<f32>], model: &Everything| -> Vec<&str> {
        PATHS
            .into_iter()
            .zip(before.iter().zip(numbers(model)))
            .filter(|(_, (before, now))| **before != *now)
            .map(|(path, _)| path)
            .collect()
    };
    // A step before anything is frozen, so that all parameters have momentum.
    step(&mut model, &mut optimizer).unwrap();
    assert_eq!(optimizer.frozen.freeze(&model, "encoder").unwrap(), 5);
    assert_eq!(optimizer.frozen.freeze(&model, "blocks.*.bias").unwrap(), 3);
    assert_eq!(optimizer.frozen.freeze(&model, "pair").unwrap(), 4);
    assert_eq!(optimizer.frozen.unfreeze(&model, "encoder.out").unwrap(), 1);
    let mut clone = (model.clone(), optimizer.clone());
    let before = numbers(&model);
    step(&mut model, &mut optimizer).unwrap();
    let statistics = ["encoder.batch_norm1d_1.running_mean", "encoder.batch_norm1d_1.running_var"];
    let weights = ["encoder.out.weight", "blocks.0.fc.weight", "blocks.1.fc.weight", "blocks.2.fc.weight"];
    let own = ["type.weight", "type.bias", "scale", "noise"];
    // The tensors of `list` are zero, and weight decay does not change them.
    assert_eq!(trained(&before, &model), [&statistics[..], &weights, &own].concat());
    assert_eq!(optimizer.frozen.trained_count(&model), model.parameter_count() - 35 - 9 - 16);
    // A clone has the same frozen parameters and is trained independently.
    step(&mut clone.0, &mut clone.1).unwrap();
    assert_eq!(numbers(&clone.0), numbers(&model));
    // Freezing does not change the identity of parameters: after unfreezing, they are trained with their gradients.
    assert_eq!(optimizer.frozen.unfreeze(&model, "*").unwrap(), 21);
    assert_eq!(optimizer.frozen.trained_count(&model), model.parameter_count());
    let before = numbers(&model);
    step(&mut model, &mut optimizer).unwrap();
    assert_eq!(trained(&before, &model).len(), 21 + 2 - 2);
}

#[test]
fn only_frozen_parameters_may_lack_gradients() {
    let device = Cpu::seed_from_u64(9);
    let mut model = Everything::new(&device);
    let mut optimizer = Freezing::new(Sgd::new(&model, SgdConfig::default()));
    let loss = model.encoder.forward_mut(device.sample_normal::<Rank2<6, 4>>().leaky_trace()).square().mean();
    let gradients = loss.backward();
    let mut update = |optimizer: &mut Freezing<_>| optimizer.update(&mut model, &gradients);
    let Err(OptimizerUpdateError::UnusedParams(unused)) = update(&mut optimizer) else { panic!("16 parameters have no gradient") };
    assert_eq!(unused.ids.len(), 16);
    let fresh = Everything::new(&device);
    for pattern in ["*", "encoder"] {
        optimizer.frozen.freeze(&fresh, pattern).unwrap();
    }
    optimizer.frozen.unfreeze(&fresh, "encoder").unwrap();
    update(&mut optimizer).unwrap();
    optimizer.frozen.unfreeze(&fresh, "scale").unwrap();
    let Err(OptimizerUpdateError::UnusedParams(unused)) = update(&mut optimizer) else { panic!("the scale has no gradient") };
    assert_eq!(unused.ids.len(), 1);
}

#[test]
fn a_pattern_without_a_parameter_is_an_error() {
    let model = Everything::new(&Cpu::default());
    let mut frozen = Frozen::none();
    let error = frozen.freeze(&model, "encodr").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`encodr` matches no parameter; this model has `encoder.fc.weight`, `encoder.fc.bias`, `encoder.batch_norm1d_1.weight`, \
         `encoder.batch_norm1d_1.bias`, `encoder.out.weight`, `blocks.0.fc.weight`, `blocks.0.fc.bias`, `blocks.1.fc.weight`, and 13 more"
    );
    assert!(frozen.freeze(&model, "offset").is_err(), "a buffer is not trained anyway");
    assert_eq!(frozen, Frozen::none());
    assert!(frozen.freeze::<_, f32, Cpu>(&modules::ReLU, "*").unwrap_err().to_string().ends_with("this model has none"));
}

#[test]
fn two_models_of_different_lengths_are_not_mixed() {
    use layercake::dfdx::nn::ModelEMA;
    let model = Plain::new(&Cpu::seed_from_u64(10));
    let mut average = model.clone();
    average.ema(&model, 0.5);
    assert_eq!(numbers(&average).len(), 12);
    average.3.pop();
    let mixed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| average.ema(&model, 0.5)));
    assert!(mixed.unwrap_err().downcast_ref::<String>().unwrap().contains("`3` differ in length"));
}

//! A declared network and a struct with `derive(Model)`: built alike on both devices, moved between them, trained alike.

use layercake::dfdx::nn::BuildModule;
use layercake::dfdx::tensor::Cuda;
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_cuda_tests::device;

network! {
    Encoder: [1, 8, 8] -> [6] {
        conv: Conv2d(3, kernel = 3, padding = 1, bias = false), BatchNorm2d, ReLU, MaxPool2d(2), Dropout(0.2), Flatten, fc: Linear(6),
        Tanh,
    }
    Decoder: [6] -> [64] { fc1: Linear(12), GELU, fc2: Linear(64) }
}

#[derive(Clone, Debug, Model)]
struct Autoencoder<E: Dtype = f32, D: Storage<E> = Cpu> {
    encoder: Encoder<E, D>,
    decoder: Decoder<E, D>,
    #[model(param, init = ones)]
    scale: Tensor<Rank1<64>, E, D>,
}

type Images<E, D> = Tensor<(usize, Const<1>, Const<8>, Const<8>), E, D>;

fn images<E: Scalar, D: Device<E>>(device: &D) -> Images<E, D> {
    let number = |i: usize| E::from_f64((i * 37 % 101) as f64 / 50.0 - 1.0).expect("a float");
    device.tensor_from_vec((0..5 * 64).map(number).collect(), (5, Const, Const, Const))
}

fn numbers<E: Scalar, D: Device<E>>(model: &impl Model<E, D>) -> Vec<f64> {
    model.named_tensors().iter().flat_map(|tensor| tensor.to_vec()).map(|x| x.to_f64().expect("a float")).collect()
}

/// Three steps of Adam; returns the losses.
fn train<E: Scalar, D: Backend<E>>(model: &mut Autoencoder<E, D>, device: &D) -> Vec<f64> {
    let x = images::<E, D>(device);
    let target: Tensor<(usize, Const<64>), E, D> = x.clone().reshape_like(&(5, Const));
    let mut adam = Adam::new(model, AdamConfig { lr: 0.01, ..Default::default() });
    let mut gradients = model.alloc_grads();
    let mut losses = Vec::new();
    for _ in 0..3 {
        let code = model.encoder.forward_train(x.clone(), gradients);
        let y = model.decoder.forward_mut(code);
        let shape = *y.shape();
        let y = y * layercake::dfdx::tensor_ops::BroadcastTo::broadcast_like(model.scale.retaped::<OwnedTape<E, D>>(), &shape);
        let loss = loss::mse(y, target.clone());
        losses.push(loss.as_vec()[0].to_f64().expect("a float"));
        gradients = loss.backward();
        adam.step(model, &mut gradients).expect("the device works");
        model.zero_grads(&mut gradients);
    }
    losses
}

fn close(found: &[f64], expected: &[f64], bar: f64) {
    let scale = expected.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    let off = found.iter().zip(expected).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs())) / scale;
    assert!(found.len() == expected.len() && off < bar, "off by {off:.1e}");
}

fn trained_alike<E: Scalar>(bar: f64)
where
    Cpu: Backend<E>,
    Cuda: Backend<E>,
{
    let (cpu, cuda) = (Cpu::seed_from_u64(4), device(4));
    let mut on_cpu: Autoencoder<E, Cpu> = BuildModule::build(&cpu);
    let mut on_cuda: Autoencoder<E, Cuda> = BuildModule::build(&cuda);
    assert_eq!(numbers(&on_cpu), numbers(&on_cuda), "the same seed begins with the same numbers");
    // The devices have drawn as many numbers: the masks of dropout are the same.
    close(&train(&mut on_cuda, &cuda), &train(&mut on_cpu, &cpu), bar);
    close(&numbers(&on_cuda), &numbers(&on_cpu), bar);
}

#[test]
fn they_are_trained_alike() {
    trained_alike::<f64>(1e-9);
    trained_alike::<f32>(1e-4);
}

#[test]
fn they_are_moved_without_a_change() {
    let (cpu, cuda) = (Cpu::seed_from_u64(4), device(9));
    let model: Autoencoder = Autoencoder::new(&cpu);
    let there: Autoencoder<f32, Cuda> = model.to_device(&cuda);
    let back: Autoencoder = there.to_device(&cpu);
    assert!(numbers(&model) == numbers(&there) && numbers(&model) == numbers(&back));
    let graph = GraphModel::<f32, Cpu>::new(Encoder::<f32, Cpu>::GRAPH.clone(), &cpu);
    let there: GraphModel<f32, Cuda> = graph.to_device(&cuda);
    assert_eq!(numbers(&graph), numbers(&there));
    let [found, expected] = [
        there.forward::<Images<f32, Cuda>, Tensor<(usize, Const<6>), f32, Cuda>>(images(&cuda)).as_vec(),
        graph.forward::<Images<f32, Cpu>, Tensor<(usize, Const<6>), f32, Cpu>>(images(&cpu)).as_vec(),
    ];
    let wide = |numbers: Vec<f32>| numbers.into_iter().map(f64::from).collect::<Vec<_>>();
    close(&wide(found), &wide(expected), 1e-5);
}

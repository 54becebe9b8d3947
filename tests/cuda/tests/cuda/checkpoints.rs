//! Files of parameters and of optimizers go from one device to the other.

use layercake::dfdx::nn::BuildModule;
use layercake::dfdx::tensor::Cuda;
use layercake::io::{load_safetensors, save_safetensors};
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_cuda_tests::device;

network! { Net: [3] -> [2] { fc1: Linear(4, bias = false), BatchNorm1d, Tanh, fc2: Linear(2) } }

fn step<D: Backend<f32>>(net: &mut Net<f32, D>, adam: &mut Adam<f32, D>, device: &D) {
    let x: Tensor<Rank2<4, 3>, f32, D> = device.tensor([[0.1, -0.7, 0.3], [0.9, 0.2, -0.4], [-0.2, 0.5, 0.8], [0.4, -0.1, 0.6]]);
    let mut gradients = net.forward_mut(x.leaky_traced()).square().mean().backward();
    adam.step(net, &mut gradients).expect("the device works");
}

fn bits<D: Device<f32>>(net: &Net<f32, D>) -> Vec<u32> {
    net.named_tensors().iter().flat_map(|tensor| tensor.to_vec()).map(f32::to_bits).collect()
}

/// Trains on one device, saves, and continues on the other; `whole` never leaves its device.
fn moved<A: Backend<f32>, B: Backend<f32>>(from: &A, to: &B) {
    let folder = tempfile::tempdir().expect("a folder");
    let [parameters, state] = ["net.safetensors", "adam.safetensors"].map(|name| folder.path().join(name));
    let mut net: Net<f32, A> = BuildModule::build(from);
    let mut adam = Adam::new(&net, AdamConfig { lr: 0.1, ..Default::default() });
    step(&mut net, &mut adam, from);
    save_safetensors(&net, &parameters).expect("written");
    adam.save(&state).expect("written");

    let mut other: Net<f32, B> = BuildModule::build(to);
    let mut other_adam = Adam::new(&other, AdamConfig { lr: 0.1, ..Default::default() });
    load_safetensors(&mut other, &parameters).expect("read");
    other_adam.load(&other, &state).expect("read");
    assert_eq!(bits(&other), bits(&net));
    step(&mut net, &mut adam, from);
    step(&mut other, &mut other_adam, to);
    let off = |(a, b): (u32, u32)| (f32::from_bits(a) - f32::from_bits(b)).abs();
    let most = bits(&net).into_iter().zip(bits(&other)).map(off).fold(0.0, f32::max);
    assert!(most < 1e-5, "off by {most:.1e} after the step behind it");
}

#[test]
fn from_the_cpu_and_back() {
    let (cpu, cuda): (Cpu, Cuda) = (Cpu::seed_from_u64(1), device(2));
    moved(&cpu, &cuda);
    moved(&cuda, &cpu);
}

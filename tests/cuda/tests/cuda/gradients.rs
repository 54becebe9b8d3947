//! The tools for gradients on a device: checks by finite differences, clipping.

use layercake::dfdx::tensor::Cuda;
use layercake::gradient::{GradCheck, gradcheck};
use layercake::optim::{clip_grad_norm, clip_grad_value};
use layercake::prelude::*;
use layercake_cuda_tests::device;

network! { Net: [3] -> [2] { fc1: Linear(4, bias = false), Tanh, fc2: Linear(2, bias = false) } }

fn input(device: &Cuda) -> Tensor<Rank2<4, 3>, f64, Cuda> {
    device.tensor([[0.1, -0.7, 0.3], [0.9, 0.2, -0.4], [-0.2, 0.5, 0.8], [0.4, -0.1, 0.6]])
}

#[test]
fn are_slopes() {
    let device = device(1);
    let mut model = (device.build_module::<Net, f64>(), input(&device));
    let report = gradcheck(&mut model, GradCheck::default(), |(net, x), gradients| {
        loss::cross_entropy(net.forward_mut(x.clone().traced(gradients)), &[0, 1, 1, 0])
    });
    assert!(report.largest() < 1e-7, "{report}");
    assert_eq!(report.tensors.len(), 3);
}

/// The gradients of the weights, one behind the other.
fn flat(net: &Net<f64, Cuda>, gradients: &Gradients<f64, Cuda>) -> Vec<f64> {
    [gradients.get(&net.fc1.weight).as_vec(), gradients.get(&net.fc2.weight).as_vec()].concat()
}

fn begin(device: &Cuda) -> (Net<f64, Cuda>, Gradients<f64, Cuda>) {
    let mut net = device.build_module::<Net, f64>();
    // A parameter in another memory order.
    net.fc1.weight = net.fc1.weight.clone().permute::<Rank2<3, 4>, layercake::dfdx::shapes::Axes2<1, 0>>().contiguous().permute();
    let gradients = (net.forward_mut(input(device).leaky_traced()) * 3.0).square().mean().backward();
    (net, gradients)
}

#[test]
fn are_clipped_by_norm() {
    let device = device(1);
    let (net, mut gradients) = begin(&device);
    let before = flat(&net, &gradients);
    let norm = before.iter().map(|g| g * g).sum::<f64>().sqrt();
    let found = clip_grad_norm(&net, &mut gradients, 0.5);
    assert!(norm > 0.5 && (found - norm).abs() < 1e-12 * norm, "{found} instead of {norm}");
    for (after, before) in flat(&net, &gradients).into_iter().zip(before) {
        assert!((after - before * 0.5 / (norm + 1e-6)).abs() < 1e-12, "{after} of {before}");
    }
}

#[test]
fn are_clipped_by_value() {
    let device = device(1);
    let (net, mut gradients) = begin(&device);
    let before = flat(&net, &gradients);
    clip_grad_value(&net, &mut gradients, 0.1);
    assert!(before.iter().any(|g| g.abs() > 0.1));
    for (after, before) in flat(&net, &gradients).into_iter().zip(before) {
        assert_eq!(after, before.clamp(-0.1, 0.1));
    }
}

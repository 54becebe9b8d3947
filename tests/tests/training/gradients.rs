//! Gradient tools.

use layercake::dfdx::tensor::WithEmptyTape;
use layercake::dfdx::tensor_ops::TryMul;
use layercake::gradient::*;
use layercake::loss::*;
use layercake::prelude::*;

network! {
    Small: [3] -> [2] { fc1: Linear(4), Tanh, fc2: Linear(2) }
    Image: [2, 5, 5] -> [3] { conv: Conv2d(3, kernel = 3), norm: BatchNorm2d, ReLU, MaxPool2d(3), Flatten, fc: Linear(3) }
}

#[test]
fn checks_a_network_and_its_input() {
    let device = Cpu::seed_from_u64(2);
    let net = device.build_module::<Image, f64>();
    let x: Tensor<Rank4<4, 2, 5, 5>, f64, _> = device.sample_normal();
    let mut model = (net, x);
    let before: Vec<Vec<f64>> = model.named_parameters().iter().map(|p| p.to_vec()).collect();
    let report = gradcheck(&mut model, GradCheck { max_elements: 20, ..Default::default() }, |(net, x), gradients| {
        CrossEntropy { label_smoothing: 0.1, ..Default::default() }.mean(net.forward_mut(x.clone().traced(gradients)), [0, 2, 1, 1])
    });
    assert!(report.largest() < 1e-6, "{report}");
    let paths: Vec<&str> = report.tensors.iter().map(|worst| worst.path.as_str()).collect();
    assert_eq!(paths, ["0.conv.weight", "0.conv.bias", "0.norm.weight", "0.norm.bias", "0.fc.weight", "0.fc.bias", "1"]);
    assert_eq!(report.tensors[0].checked, 20);
    let after: Vec<Vec<f64>> = model.named_parameters().iter().map(|p| p.to_vec()).collect();
    assert_eq!(before, after, "the parameters are as they were");
}

#[test]
fn finds_a_wrong_gradient() {
    let mut x: Tensor<Rank1<3>, f64, _> = Cpu::default().tensor([1.0, -2.0, 3.0]);
    // The tape sees one factor of two: the gradient comes out as x instead of 2 x.
    let report = gradcheck(&mut x, GradCheck::default(), |x, gradients| {
        let copy = Cpu::default().tensor(x.array());
        x.clone().traced(gradients).try_mul(copy).unwrap().sum::<Rank0, _>()
    });
    let worst = &report.tensors[0];
    assert!((worst.error - 0.5).abs() < 1e-6, "{report}");
    assert_eq!(relative_error(1.0, 2.0), 0.5);
    assert_eq!(relative_error(-1.0, 1.0), 2.0);
    assert_eq!(relative_error(0.0, 0.0), 0.0);
}

/// Every loss against finite differences, on scores away from kinks.
#[test]
fn of_all_losses() {
    let device = Cpu::seed_from_u64(4);
    let mut x: Tensor<Rank2<4, 3>, f64, _> = device.sample_normal();
    let target: Tensor<Rank2<4, 3>, f64, _> = device.sample_uniform();
    let ids = [0, 2, 1, 2];
    macro_rules! check {
        ($($loss:expr),* $(,)?) => {$(
            let report = gradcheck(&mut x, GradCheck::default(), |x, gradients| $loss(x.clone().traced(gradients)));
            assert!(report.largest() < 1e-7, "{}: {report}", stringify!($loss));
        )*};
    }
    check!(
        |x| mse(x, target.clone()),
        |x| l1(x, target.clone()),
        |x| huber(x, target.clone(), 0.5),
        |x| smooth_l1(x, target.clone(), 0.5),
        |x: Tensor<_, f64, Cpu, OwnedTape<f64, Cpu>>| bce(x.sigmoid(), target.clone()),
        |x| bce_with_logits(x, target.clone()),
        |x| focal(x, target.clone()),
        |x| Focal { alpha: None, gamma: 0.5 }.sum(x, target.clone()),
        |x| cross_entropy(x, &ids),
        |x| CrossEntropy::default().sum(x, target.clone()),
        |x| nll(x, &ids),
        |x| hinge(x, &ids),
        |x| Hinge { squared: true, margin: 0.7 }.sum(x, &ids),
        |x| kl_div(x, target.clone()),
        |x| entropy(x).mean(),
        |x: Tensor<Rank2<4, 3>, f64, Cpu, OwnedTape<f64, Cpu>>| gaussian_kl(x.with_empty_tape(), x).mean(),
    );
}

#[test]
fn micro_batches_make_a_batch() {
    let device = Cpu::seed_from_u64(6);
    let mut net = device.build_module::<Small, f64>();
    let x: Vec<f64> = device.sample_normal::<Rank2<12, 3>>().as_vec();
    let labels = [0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1];
    let rows = |from: usize, count: usize| -> Tensor<(usize, Const<3>), f64, Cpu> {
        device.tensor_from_vec(x[from * 3..][..count * 3].to_vec(), (count, Const))
    };
    let whole = cross_entropy(net.forward_mut(rows(0, 12).traced(net.alloc_grads())), &labels).backward();
    let mut accumulation = Accumulation::new(&net, 3);
    for _ in 0..2 {
        for micro in 0..3 {
            let gradients = accumulation.take();
            let loss = cross_entropy(net.forward_mut(rows(micro * 4, 4).traced(gradients)), &labels[micro * 4..][..4]);
            assert_eq!(accumulation.add(loss), micro == 2);
        }
        for parameter in net.named_parameters() {
            let (a, b) = (whole.get(&parameter.flat()).as_vec(), accumulation.gradients().get(&parameter.flat()).as_vec());
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-14), "{}: {a:?} and {b:?}", parameter.path());
        }
        accumulation.reset(&net);
    }
}

#[test]
fn by_the_input() {
    let device = Cpu::default();
    let x: Tensor<Rank1<3>, f64, _> = device.tensor([1.0, -2.0, 3.0]);
    let (loss, slope) = input_gradient(x.clone(), |x| x.square().sum());
    assert_eq!((loss, slope.array()), (14.0, [2.0, -4.0, 6.0]));
    let (_, none) = input_gradient(x, |x| x.try_mul(0.0).unwrap().sum());
    assert_eq!(none.array(), [0.0; 3]);
}

#[test]
fn numbers_that_are_none_are_found() {
    let device = Cpu::seed_from_u64(7);
    let mut net = Small::new(&device);
    assert_eq!(first_non_finite(&net), None);
    let x: Tensor<(usize, Const<3>), f32, _> = device.sample_normal_like(&(2, Const));
    let mut gradients = cross_entropy(net.forward_mut(x.clone().traced(net.alloc_grads())), &[0, 1]).backward();
    assert_eq!(first_non_finite_gradient(&net, &mut gradients), None);
    net.fc2.weight = device.tensor([[0.0, f32::INFINITY, 0.0, f32::NAN], [0.0; 4]]);
    let found = first_non_finite(&net).unwrap();
    assert_eq!(found.to_string(), "`fc2.weight` holds inf at element 1; 2 of its 8 numbers are not finite");
    let mut gradients = cross_entropy(net.forward_mut(x.traced(net.alloc_grads())), &[0, 1]).backward();
    let found = first_non_finite_gradient(&net, &mut gradients).unwrap();
    assert_eq!((found.path.as_str(), found.in_gradient), ("fc2.bias", true));
}

//! Explanations without an oracle in PyTorch: finite differences, regions, patches, units, fooling pictures, errors.

use layercake::dfdx::tensor::CpuError;
use layercake::explain::*;
use layercake::prelude::*;

type Dyn<E> = DynTensor<E, Cpu>;
type Failed = ExplainError<CpuError>;

fn tensor<E: Scalar>(numbers: Vec<E>, dims: &[usize]) -> Dyn<E>
where
    Cpu: Backend<E>,
{
    DynTensor::try_from_vec(&Cpu::default(), numbers, dims).unwrap().unwrap()
}

/// Numbers between -1 and 1 that follow no pattern.
fn scattered(len: usize) -> Vec<f64> {
    (0..len).map(|i| ((i as f64 + 1.0) * 12.9898).sin()).collect()
}

#[test]
fn saliency_is_the_slope() {
    network! { Net: [2, 5, 6] -> [3] { conv: Conv2d(3, kernel = 3), act: SiLU, flat: Flatten, fc1: Linear(6), Tanh, fc2: Linear(3) } }
    let net = Cpu::seed_from_u64(4).build_module::<Net, f64>();
    let numbers = scattered(60);
    let x = tensor(numbers.clone(), &[1, 2, 5, 6]);
    let signed = SaliencyOptions { abs: false };
    for target in [
        Target::class(2),
        Target::classes([1]),
        Target::channel("conv", 1),
        Target::unit("act", 2, [1, 3]),
        Target::layer("conv"),
        Target::channel("fc1", 4),
    ] {
        let found = saliency(&net, &x, &target, signed).unwrap().to_vec();
        let integrated = integrated_gradients(&net, &x, &target, &IntegratedGradientsOptions::default()).unwrap();
        for i in (0..60).step_by(7) {
            // The integral of the gradient along one axis is the difference of the target: so this is the target, without another way to it.
            let score = |by: f64| {
                let mut moved = numbers.clone();
                moved[i] += by;
                let options = IntegratedGradientsOptions { baselines: Some(tensor(numbers.clone(), &[1, 2, 5, 6])), ..Default::default() };
                let along = integrated_gradients(&net, &tensor(moved, &[1, 2, 5, 6]), &target, &options).unwrap();
                along.attributions.to_vec().iter().sum::<f64>() - along.convergence_delta[0]
            };
            let slope = (score(1e-5) - score(-1e-5)) / 2e-5;
            assert!((slope - found[i]).abs() < 1e-7, "{target:?}, {i}: {} instead of {slope}", found[i]);
        }
        assert!(integrated.convergence_delta[0].abs() < 1e-6, "{target:?}: {:?}", integrated.convergence_delta);
    }
}

/// Without activations the gradient of a unit is 0 exactly where the unit does not see.
#[test]
fn regions_are_where_gradients_are() {
    network! {
        Net: [1, 23, 19] -> [3, 5, 4] {
            conv1: Conv2d(2, kernel = 3, stride = 2, padding = 1), norm: BatchNorm2d as tag,
            conv2: Conv2d(2, kernel = 3, padding = 2, dilation = 2), sum: Add(tag), pool: AvgPool2d(2), last: Conv2d(3, kernel = 2),
        }
    }
    let net = Cpu::seed_from_u64(8).build_module::<Net, f64>();
    let x = tensor(scattered(23 * 19), &[1, 1, 23, 19]);
    let graph = <Net<f64, Cpu> as Network<f64, Cpu>>::GRAPH;
    for (layer, at) in
        [("conv1", [0, 3]), ("norm", [11, 9]), ("conv2", [5, 0]), ("sum", [2, 7]), ("pool", [5, 1]), ("last", [4, 3]), ("last", [1, 1])]
    {
        let [top, left, bottom, right] = seen_region::<CpuError>(graph, layer, at).unwrap();
        let slopes = saliency(&net, &x, &Target::unit(layer, 1, at), SaliencyOptions::default()).unwrap().to_vec();
        let lit: Vec<[usize; 2]> = (0..slopes.len()).filter(|&i| slopes[i] > 0.0).map(|i| [i / 19, i % 19]).collect();
        let edge = |axis: usize| {
            let places = lit.iter().map(|place| place[axis]);
            (places.clone().min().unwrap(), places.max().unwrap() + 1)
        };
        assert_eq!((edge(0), edge(1)), ((top, bottom), (left, right)), "{layer} at {at:?}");
    }
    assert_eq!(
        seen_region::<CpuError>(graph, "conv", [0, 0]).unwrap_err().to_string(),
        "`Net` has no layer `conv`; did you mean `conv1`, `conv2`?"
    );
}

#[test]
fn units_and_patches_by_hand() {
    network! { Net: [1, 3, 3] -> [2, 2, 2] { conv: Conv2d(2, kernel = 2), relu: ReLU, tanh: Tanh } }
    let mut net = Net::new(&Cpu::default());
    let device = Cpu::default();
    // Channel 0 is the upper left of its four pixels; channel 1 is never above 0.
    net.conv.weight = device.tensor([[[[20.0, 0.0], [0.0, 0.0]]], [[[1.0, 0.0], [0.0, 0.0]]]]);
    net.conv.bias = Some(device.tensor([0.0, -5.0]));
    let (mut units, mut patches) = (Units::default(), Patches::new("conv", 2));
    let first = [1.0, 2.0, 0.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0];
    let second = [2.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    let third = [1.0, 1.0, 0.0, 1.0, 4.5, 0.0, 0.0, 0.0, 0.0];
    for batch in [tensor([first, second].concat(), &[2, 1, 3, 3]), tensor(third.to_vec(), &[1, 1, 3, 3])] {
        units.add(&net, &batch).unwrap();
        patches.add(&net, &batch).unwrap();
    }
    let row = |layer: &str, kind, dead, saturated| LayerUnits { layer: layer.to_owned(), kind, units: 2, dead, saturated };
    assert_eq!(units.layers(), [row("relu", "ReLU", 1, 0), row("tanh", "Tanh", 0, 1)]);
    let patch = |picture, value, at| Patch { picture, value, at };
    assert_eq!(patches.channels()[0], [patch(2, 90.0, [1, 1]), patch(0, 80.0, [1, 1])]);
    assert_eq!(patches.channels()[1], [patch(2, -0.5, [1, 1]), patch(0, -1.0, [1, 1])]);
}

#[test]
fn a_picture_fools() {
    network! { Net: [1, 4, 4] -> [3] { flat: Flatten, fc1: Linear(12), Tanh, fc2: Linear(3) } }
    let net = Net::new(&Cpu::seed_from_u64(6));
    let x = tensor(scattered(16).into_iter().map(|x| x as f32).collect(), &[1, 1, 4, 4]);
    for class in 0..3 {
        let options = FoolOptions { lr: 0.5, confidence: 0.4, lower_bound: -2.0, upper_bound: 2.0, ..Default::default() };
        let fooled = fool(&net, &x, class, options).unwrap();
        assert!(fooled.succeeded && fooled.confidence > 0.4 && fooled.steps < 100, "{fooled:?}");
        let change: Vec<f32> = fooled.picture.to_vec().iter().zip(x.to_vec()).map(|(a, b)| a - b).collect();
        let norm = change.iter().map(|c| f64::from(c * c)).sum::<f64>().sqrt();
        assert!((norm - fooled.l2[0]).abs() < 1e-5 && norm <= 0.5 * fooled.steps as f64 + 1e-5);
        // It is a class already.
        let again = fool(&net, &fooled.picture, class, options).unwrap();
        assert_eq!((again.steps, again.linf), (0, 0.0));
    }
}

#[test]
fn what_is_wrong_is_named() {
    network! {
        Net: [1, 4, 4] -> [3] { conv: Conv2d(2, kernel = 3), flat: Flatten, fc: Linear(3) }
        Two: { a: [3], b: [3] } -> [3] { from a, Add(b) }
        Words: usize[4] -> [4, 2] { table: Embedding(9, 2) }
    }
    let device = Cpu::default();
    let (net, two, words) = (Net::new(&device), Two::new(&device), Words::new(&device));
    let x = tensor(vec![0.5; 32], &[2, 1, 4, 4]);
    let text = |error: Option<Failed>| error.unwrap().to_string();
    let of = |target: &Target| text(saliency(&net, &x, target, Default::default()).err());
    assert_eq!(of(&Target::class(3)), "class 3 of `Net` does not exist: its output has 3 classes, counted from 0");
    assert_eq!(of(&Target::classes([1, 2, 0])), "3 classes for a batch of 2 samples; expected one for each");
    assert_eq!(of(&Target::channel("conv", 2)), "channel 2 of `conv` does not exist: it has 2, counted from 0");
    assert_eq!(of(&Target::unit("conv", 1, [2, 0])), "position [2, 0] of `conv` does not exist: the sizes behind the channels are [2, 2]");
    assert_eq!(of(&Target::unit("fc", 1, [0])), "position [0] of `fc` does not exist: the sizes behind the channels are []");
    let inputs = text(saliency(&two, &x, &Target::class(0), Default::default()).err());
    assert_eq!(inputs, "`Two` takes `a` [3], `b` [3]; an explanation needs a network with one input of numbers");
    let ids = text(saliency(&words, &x, &Target::class(0), Default::default()).err());
    assert_eq!(ids, "`Words` takes `input` usize[4]; an explanation needs a network with one input of numbers");
    let class = Target::class(0);
    assert!(text(guided_backprop(&net, &x, &class).err()).starts_with("`Net` has no ReLU before the target"));
    let window = |window: [usize; 3], strides| {
        text(occlusion(&net, &x, &class, &OcclusionOptions { strides, ..OcclusionOptions::window(window) }).err())
    };
    assert_eq!(window([1, 5, 1], None), "the window has the sizes [1, 5, 1]; expected [1, 4, 4]");
    let far = window([1, 2, 2], Some(vec![1, 3, 1]));
    assert_eq!(far, "`strides` is [1, 3, 1]; expected 1 to the window's size for each axis");
    let behind = text(grad_cam(&net, &x, &Target::channel("conv", 0), "fc", Default::default()).err());
    assert_eq!(behind, "`fc` gives [] for each sample; Grad-CAM needs a layer before the target");
    let steps = IntegratedGradientsOptions { n_steps: 0, ..Default::default() };
    assert!(text(integrated_gradients(&net, &x, &class, &steps).err()).starts_with("`n_steps` is 0; expected 1 to 10000"));
    let diverges = AscentOptions { normalize: false, lr: 1e39, iterations: 9, ..Default::default() };
    let far = text(gradient_ascent(&net, &x, &class, &diverges).err());
    assert!(far.starts_with("the picture is not finite after step"), "{far}");
    let two_pictures = text(fool(&net, &x, 1, Default::default()).err());
    assert_eq!(two_pictures, "the picture to fool with has the sizes [2, 1, 4, 4]; expected [1, 1, 4, 4]");
}

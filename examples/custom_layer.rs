//! A custom layer with learned parameters in `network!`, generic over number type, device and tape.
//!
//! The score of a class is the negative weighted distance to its center, as in the original LeNet-5 (LeCun et al., 1998, section II.B), with
//! learned centers and weights.

use layercake::dfdx;
use layercake::dfdx::tensor_ops::{BroadcastTo, TryMul, TrySub};
use layercake::gradient::{GradCheck, gradcheck};
use layercake::init::default_uniform;
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::{Loader, Normalize, Split, digits};
use layercake_train::{Classification, TrainError, Trainer, Until};

/// The layer: `score_k = -weight_k |x - center_k|^2` for `OUT` centers in `IN` dimensions.
#[derive(Clone, Debug, Model)]
pub struct Nearness<const IN: usize, const OUT: usize, E: Dtype = f32, D: Storage<E> = Cpu> {
    #[model(param, init = |centers| default_uniform(centers, 1))]
    centers: Tensor<Rank2<OUT, IN>, E, D>,
    #[model(param, init = ones)]
    weight: Tensor<Rank1<OUT>, E, D>,
}

/// The forward pass in dfdx operations, which compute the gradients.
impl<const IN: usize, const OUT: usize, B: Dim, E: Scalar, D: Device<E>, T: Tape<E, D>> Module<Tensor<(B, Const<IN>), E, D, T>>
    for Nearness<IN, OUT, E, D>
{
    type Output = Tensor<(B, Const<OUT>), E, D, T>;
    type Error = D::Err;

    fn try_forward(&self, x: Tensor<(B, Const<IN>), E, D, T>) -> Result<Self::Output, D::Err> {
        let batch = x.shape().0;
        let all = (batch, Const::<OUT>, Const::<IN>);
        let offsets = x.try_broadcast_like::<_, Axis<1>>(&all)?.try_sub(self.centers.clone().try_broadcast_like(&all)?)?;
        let squares = offsets.try_square()?.try_sum::<(B, Const<OUT>), Axis<2>>()?;
        squares.try_mul(self.weight.clone().try_broadcast_like(&(batch, Const::<OUT>))?)?.try_negate()
    }
}

/// The forward pass is the same in training and inference.
impl<const IN: usize, const OUT: usize, E: Dtype, D: Storage<E>> dfdx::nn::NonMutableModule for Nearness<IN, OUT, E, D> {}

network! {
    /// Maps an image to 12 features, and these to scores by their distance to each digit's center.
    Places: [1, 8, 8] -> [10] {
        conv: Conv2d(16, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
        Flatten,
        fc: Linear(12), Tanh,
        nearness: self::Nearness(12, 10) -> [10],
    }
}

fn main() -> Result<(), TrainError> {
    let device = Cpu::seed_from_u64(1);

    // Check the gradients of the parameters and the input in f64.
    let layer = device.build_module::<Nearness<5, 3>, f64>();
    let x: Tensor<Rank2<4, 5>, f64, _> = device.sample_normal();
    let report = gradcheck(&mut (layer, x), GradCheck::default(), |(layer, x), gradients| {
        loss::cross_entropy(layer.forward_mut(x.clone().traced(gradients)), &[0, 2, 1, 1])
    });
    println!("gradients compared with finite differences (0: the layer, 1: its input):\n{report}");
    assert!(report.largest() < 1e-6 && report.tensors.len() == 3, "a wrong gradient");

    let Split { train, test } = digits();
    let (classes, normalize) = (train.classes().to_vec(), Normalize::measure(&train));
    let train = Loader::new(train, 32).shuffle(1).transform(normalize.clone());
    let test = Loader::new(test, 360).transform(normalize);

    let mut net = Places::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 3e-3, ..Default::default() });
    let mut task = Classification::new("centers of digits", test, &classes)?;
    for epoch in Trainer::new(Until::Epochs(8)).fit(&mut net, &device, &mut optimizer, &mut task, &train)? {
        println!("epoch {}: {} | test: {}", epoch.epoch, epoch.train, epoch.test);
    }
    let accuracy = task.confusion_matrix().map_or(0.0, |confusion| confusion.accuracy());
    assert!(accuracy > 0.95, "test accuracy: {accuracy}");

    // The parameters are fields of the network and have the same names in checkpoints: `nearness.centers`.
    let (centers, mut apart) = (net.nearness.centers.array(), Vec::new());
    for (a, b) in (0..10).flat_map(|a| (0..a).map(move |b| (b, a))) {
        let square: f32 = centers[a].iter().zip(&centers[b]).map(|(p, q)| (p - q).powi(2)).sum();
        apart.push((square.sqrt(), a, b));
    }
    apart.sort_by(|a, b| a.0.total_cmp(&b.0));
    let [(least, a, b), .., (most, c, d)] = apart[..] else { unreachable!("there are 45 pairs") };
    println!("\nclosest centers: {a} and {b}, distance {least:.2}; farthest: {c} and {d}, distance {most:.2}");
    Ok(())
}

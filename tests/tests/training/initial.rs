//! Initial values: their statistics, and their effect in a deep network.

use layercake::dfdx::shapes::ConstShape;
use layercake::dfdx::tensor_ops::TryMatMul;
use layercake::init::{Fan, Init, Nonlinearity, apply, fill};
use layercake::prelude::*;

/// Mean, variance and the largest magnitude.
fn statistics(numbers: &[f32]) -> (f64, f64, f64) {
    let n = numbers.len() as f64;
    let mean = numbers.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let variance = numbers.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
    (mean, variance, numbers.iter().fold(0.0, |most, &x| most.max(f64::from(x).abs())))
}

/// The weights of a convolution: fan in 8 * 15, fan out 64 * 15.
type Weights = Tensor<Rank4<64, 8, 3, 5>, f32, Cpu>;

#[test]
fn variances() {
    let device = Cpu::seed_from_u64(8);
    let relu = Nonlinearity::Relu;
    // (rule, variance, uniform?)
    let cases = [
        (Init::Normal { mean: 0.5, std: 0.01 }, 1e-4, false),
        (Init::Uniform { low: 0.25, high: 0.75 }, 0.25 / 12.0, true),
        (Init::XavierNormal { gain: 1.0 }, 2.0 / (120.0 + 960.0), false),
        (Init::XavierUniform { gain: 5.0 / 3.0 }, 25.0 / 9.0 * 2.0 / (120.0 + 960.0), true),
        (Init::kaiming_normal(relu), 2.0 / 120.0, false),
        (Init::kaiming_uniform(relu), 2.0 / 120.0, true),
        (Init::KaimingNormal { fan: Fan::Out, gain: relu.gain() }, 2.0 / 960.0, false),
        (Init::KaimingUniform { fan: Fan::Out, gain: Nonlinearity::LeakyRelu(0.5).gain() }, 1.6 / 960.0, true),
    ];
    for (rule, variance, uniform) in cases {
        let mut weights: Weights = device.zeros();
        fill(&mut weights, rule);
        let numbers = weights.as_vec();
        let n = numbers.len() as f64;
        let (mean, found, _) = statistics(&numbers);
        let center = if matches!(rule, Init::Normal { .. } | Init::Uniform { .. }) { 0.5 } else { 0.0 };
        // Four and a half standard errors; that of a variance is sqrt((kurtosis - 1) / n) of it.
        let kurtosis: f64 = if uniform { 1.8 } else { 3.0 };
        assert!((mean - center).abs() < 4.5 * (variance / n).sqrt(), "{rule:?}: a mean of {mean}");
        assert!((found / variance - 1.0).abs() < 4.5 * ((kurtosis - 1.0) / n).sqrt(), "{rule:?}: {found} instead of {variance}");
        // Uniform numbers end at sqrt(3) standard deviations and come close to it; normal ones do not end there.
        let most = numbers.iter().fold(0.0f64, |most, &x| most.max((f64::from(x) - center).abs())) / variance.sqrt();
        let edge = 3f64.sqrt() * (1.0 + 1e-6);
        assert!(if uniform { most <= edge && most > 1.72 } else { most > 3.0 }, "{rule:?}: up to {most} deviations");
    }
    let gains = [
        (Nonlinearity::Linear, 1.0),
        (Nonlinearity::Sigmoid, 1.0),
        (Nonlinearity::Selu, 0.75),
        (Nonlinearity::LeakyRelu(0.01), 1.414_142_854_285_714),
    ];
    for (activation, gain) in gains {
        assert!((activation.gain() - gain).abs() < 1e-6, "{activation:?}");
    }
}

#[test]
fn orthogonal() {
    fn check<S: ConstShape>(rows: usize, columns: usize, gain: f64) {
        let mut weights: Tensor<S, f64, Cpu> = Cpu::seed_from_u64(9).zeros();
        fill(&mut weights, Init::Orthogonal { gain });
        let w = weights.as_vec();
        let few = rows.min(columns);
        let at = |i: usize, k: usize| if rows <= columns { w[i * columns + k] } else { w[k * columns + i] };
        for i in 0..few {
            for j in 0..few {
                let dot: f64 = (0..rows.max(columns)).map(|k| at(i, k) * at(j, k)).sum();
                let expected = if i == j { gain * gain } else { 0.0 };
                assert!((dot - expected).abs() < 1e-13, "{rows}x{columns}: {dot} instead of {expected}");
            }
        }
    }
    check::<Rank2<7, 7>>(7, 7, 1.0);
    check::<Rank2<5, 12>>(5, 12, 2.0);
    check::<Rank2<33, 4>>(33, 4, 0.5);
    check::<Rank4<6, 2, 3, 3>>(6, 18, 1.0);
    check::<Rank2<1, 1>>(1, 1, 1.0);
}

network! { Net: [8] -> [2] { fc1: Linear(16), BatchNorm1d, Tanh, fc2: Linear(2) } }

#[test]
fn by_path() {
    let mut net = Net::new(&Cpu::seed_from_u64(10));
    let other = net.fc2.weight.as_vec();
    assert_eq!(apply(&mut net, "fc1", Init::Constant { value: 0.25 }), Ok(2));
    assert!(net.fc1.weight.as_vec().iter().chain(&net.fc1.bias.clone().unwrap().as_vec()).all(|&x| x == 0.25));
    assert_eq!(net.fc2.weight.as_vec(), other);
    let error = apply(&mut net, "fc3", Init::Constant { value: 0.0 }).unwrap_err();
    assert!(error.to_string().starts_with("`fc3` matches no parameter"), "{error}");
}

#[test]
#[should_panic(expected = "a weight of shape [2] has no fans")]
fn a_bias_has_no_fans() {
    let _ = apply(&mut Net::new(&Cpu::default()), "fc2", Init::kaiming_normal(Nonlinearity::Relu));
}

type Batch = Tensor<Rank2<128, 256>, f32, Cpu>;

/// 20 layers of the same width; the standard deviation of each layer's output.
fn deviations(rule: Init, activation: fn(Batch) -> Batch) -> Vec<f64> {
    let device = Cpu::seed_from_u64(11);
    let mut x: Batch = device.sample_normal();
    let layer = |_| {
        let mut weights: Tensor<Rank2<256, 256>, f32, _> = device.zeros();
        fill(&mut weights, rule);
        x = activation(x.clone().matmul(weights));
        statistics(&x.as_vec()).1.sqrt()
    };
    (0..20).map(layer).collect()
}

#[test]
fn activations_through_twenty_layers() {
    let small = Init::Normal { mean: 0.0, std: 0.01 };
    let collapsed = deviations(small, |x| x.tanh());
    assert!(collapsed[0] > 0.1 && collapsed[19] < 1e-12, "{collapsed:?}");
    let kept = deviations(Init::XavierNormal { gain: 1.0 }, |x| x.tanh());
    // tanh itself shrinks large values, less and less with each layer.
    assert!(kept[19] > 0.12 && kept.windows(2).all(|two| two[1] > 0.7 * two[0]), "{kept:?}");
    let relu = deviations(Init::kaiming_normal(Nonlinearity::Relu), |x| x.relu());
    assert!(relu.iter().all(|&deviation| (0.4..1.6).contains(&deviation)), "{relu:?}");
    // Xavier's rule does not account for ReLU, which halves the variance in each layer.
    let halved = deviations(Init::XavierNormal { gain: 1.0 }, |x| x.relu());
    assert!(halved[19] < 0.01 * relu[19], "{halved:?}");
    let saturated = deviations(Init::Normal { mean: 0.0, std: 1.0 }, |x| x.tanh());
    assert!(saturated[19] > 0.95, "{saturated:?}");
}

//! Averages over noisy copies of a picture.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;

use super::error::check;
use super::probe::{Network, Outcome, Probe, tensor, value};
use super::{ExplainError, Target};
use crate::host::{number, wide};
use crate::run::backend::Backend;
use crate::{DynTensor, Scalar};

/// What [`noise_tunnel`] does with the attributions of the noisy copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoiseTunnelType {
    /// Their mean: SmoothGrad (Smilkov et al., 2017).
    #[default]
    SmoothGrad,
    /// The mean of their squares.
    SmoothGradSq,
    /// Their variance.
    VarGrad,
}

/// A method of attribution: from a batch of samples to a tensor.
pub type Method<'a, E, D> = &'a mut dyn FnMut(&DynTensor<E, D>) -> Result<DynTensor<E, D>, ExplainError<<D as dfdx::tensor::HasErr>::Err>>;

/// Options of [`smooth_grad`] and [`noise_tunnel`], with Captum's names and defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseTunnelOptions {
    /// What is done with the attributions; their mean by default.
    pub nt_type: NoiseTunnelType,
    /// The number of noisy copies; 5 by default.
    pub nt_samples: usize,
    /// The standard deviation of the noise, in the units of the input; 1 by default. Smilkov et al. use 0.1 to 0.2 times the input's range.
    pub stdevs: f64,
    /// The seed of the noise.
    pub seed: u64,
}

impl Default for NoiseTunnelOptions {
    fn default() -> Self {
        Self { nt_type: NoiseTunnelType::default(), nt_samples: 5, stdevs: 1.0, seed: 0 }
    }
}

/// The mean gradient of the target over copies of the input with Gaussian noise: Captum's `NoiseTunnel` of `Saliency(abs=False)`.
///
/// # Errors
/// Returns an error if the target does not exist, if `x` does not fit the network, if an option is out of range, or if the device fails.
pub fn smooth_grad<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    x: &DynTensor<E, D>,
    target: &Target,
    options: NoiseTunnelOptions,
) -> Outcome<DynTensor<E, D>, D> {
    let probe = Probe::new(network, target.place())?;
    let mut random = StdRng::seed_from_u64(options.seed);
    noise_tunnel(x, options, &mut || random.sample(StandardNormal), &mut |noisy| {
        let gradient = probe.gradient(noisy.value(), target)?.1;
        tensor(noisy.value().device(), gradient, noisy.dims())
    })
}

/// The attributions that a method gives for copies of the input with noise, as one: Captum's `NoiseTunnel`. `normal` draws from a standard normal distribution,
/// once for each element of each copy.
///
/// # Errors
/// Returns the method's error, or an error if an option is out of range.
pub fn noise_tunnel<E: Scalar, D: Backend<E>>(
    x: &DynTensor<E, D>,
    options: NoiseTunnelOptions,
    normal: &mut dyn FnMut() -> f64,
    method: Method<'_, E, D>,
) -> Outcome<DynTensor<E, D>, D> {
    check((1..=100_000).contains(&options.nt_samples), "nt_samples", "1 to 100000", options.nt_samples)?;
    check(options.stdevs.is_finite() && options.stdevs >= 0.0, "stdevs", "a number of at least 0", options.stdevs)?;
    let (device, numbers) = (x.value().device(), x.to_vec());
    let (mut sums, mut squares) = (Vec::new(), Vec::new());
    let mut dims = Vec::new();
    for _ in 0..options.nt_samples {
        let noisy = numbers.iter().map(|&x| x + number::<E>(options.stdevs * normal())).collect();
        let found = method(&DynTensor::from(value(device, noisy, x.dims())?))?;
        dims = found.dims().to_vec();
        let found = found.to_vec();
        sums.resize(found.len(), 0.0);
        squares.resize(found.len(), 0.0);
        for ((sum, square), found) in sums.iter_mut().zip(&mut squares).zip(found) {
            *sum += wide(found);
            *square += wide(found) * wide(found);
        }
    }
    let count = options.nt_samples as f64;
    let made = sums.iter().zip(&squares).map(|(sum, square)| match options.nt_type {
        NoiseTunnelType::SmoothGrad => sum / count,
        NoiseTunnelType::SmoothGradSq => square / count,
        NoiseTunnelType::VarGrad => (square / count - (sum / count) * (sum / count)).max(0.0),
    });
    tensor(device, made.map(number).collect(), &dims)
}

//! Gradient ascent: the picture that a class or unit wants.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;

use super::error::check;
use super::fooling::norm;
use super::picture::{Shifts, blur, remove_smallest, roll};
use super::probe::{Network, Outcome, Probe, tensor, value};
use super::{ExplainError, Jitter, Target};
use crate::host::{number, wide};
use crate::run::backend::Backend;
use crate::{DynTensor, Scalar};

/// Options of [`gradient_ascent`]. By default nothing restrains the picture; what does is named as in Yosinski et al., 2015.
#[derive(Clone, Debug, PartialEq)]
pub struct AscentOptions {
    /// The number of steps; 200 by default.
    pub iterations: usize,
    /// The factor of the gradient in a step; 1 by default.
    pub lr: f64,
    /// Whether the gradient of each sample is divided by its L2 norm, so that `lr` is the length of a step; true by default.
    pub normalize: bool,
    /// L2: the picture is multiplied by `1 - l2_decay` in each step; 0 by default.
    pub l2_decay: f64,
    /// The number of steps between two blurs; 0, for none, by default.
    pub blur_every: usize,
    /// The standard deviation of the Gaussian blur in pixels; 0.5 by default.
    pub blur_sigma: f64,
    /// Clipping of small values: the percentage of the pixels that become 0 because their norm over the channels is smallest; 0 by default.
    pub norm_percentile: f64,
    /// Clipping of small gradients: the percentage of the pixels that become 0 because they contribute least to the target, by `|sum of x g|` over the channels; 0 by
    /// default.
    pub contribution_percentile: f64,
    /// Shifts of the picture; none by default.
    pub jitter: Jitter,
    /// The least value of an element; none by default.
    pub lower_bound: f64,
    /// The largest value of an element; none by default.
    pub upper_bound: f64,
}

impl Default for AscentOptions {
    fn default() -> Self {
        Self {
            iterations: 200,
            lr: 1.0,
            normalize: true,
            l2_decay: 0.0,
            blur_every: 0,
            blur_sigma: 0.5,
            norm_percentile: 0.0,
            contribution_percentile: 0.0,
            jitter: Jitter::None,
            lower_bound: f64::NEG_INFINITY,
            upper_bound: f64::INFINITY,
        }
    }
}

/// A picture that an ascent made.
#[derive(Clone, Debug)]
pub struct Ascent<E: Scalar, D: Backend<E>> {
    /// The picture.
    pub picture: DynTensor<E, D>,
    /// The target's number before each step, and at the end: its mean over the samples.
    pub scores: Vec<f64>,
}

/// Pictures of Gaussian noise of this standard deviation, of the size that the network declares.
///
/// # Errors
/// Returns an error if the network does not take one tensor of numbers, or if the device fails.
pub fn noise<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    device: &D,
    batch: usize,
    std: f64,
    seed: u64,
) -> Outcome<DynTensor<E, D>, D> {
    Probe::new(network, None)?;
    let mut random = StdRng::seed_from_u64(seed);
    let dims = [&[batch], network.graph().inputs()[0].shape.dims()].concat();
    let len = dims.iter().product();
    let list = (0..len).map(|_| number(std * random.sample::<f64, _>(StandardNormal))).collect();
    tensor(device, list, &dims)
}

/// Changes pictures step by step so that the target's number grows (Erhan et al., 2009; Simonyan et al., 2013; Yosinski et al., 2015).
///
/// A step: the pictures are shifted; the gradient of the target, times `lr`, is added; the pictures are multiplied by `1 - l2_decay`; the pixels of the least norm
/// and of the least contribution become 0; the elements are clamped to the bounds; the pictures are shifted back, and blurred if it is time.
///
/// # Shapes
/// - `start`: a batch of pictures `[batch, channels, height, width]`; the result has the same shape. Without jitter, blur and percentiles any shape.
///
/// # Errors
/// Returns an error if the target does not exist, if `start` does not fit the network, if an option is out of range, if the picture becomes infinite, or if the
/// device fails.
pub fn gradient_ascent<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    start: &DynTensor<E, D>,
    target: &Target,
    options: &AscentOptions,
) -> Outcome<Ascent<E, D>, D> {
    options.check()?;
    let dims = start.dims();
    let plane = plane_of(dims);
    let spatial =
        options.jitter != Jitter::None || options.blur_every > 0 || options.norm_percentile > 0.0 || options.contribution_percentile > 0.0;
    if spatial && dims.len() != 4 {
        return Err(ExplainError::Sizes { what: "the picture to begin with", expected: vec![0; 4], found: dims.to_vec() });
    }
    let probe = Probe::new(network, target.place())?;
    let (device, mut now) = (start.value().device(), start.to_vec());
    let each = now.len() / dims[0];
    let (mut shifts, mut scores) = (Shifts::of(&options.jitter), Vec::new());
    let (low, high) = (number::<E>(options.lower_bound), number::<E>(options.upper_bound));
    for step in 1..=options.iterations {
        let shift = shifts.next();
        if shift != [0; 2] {
            now = roll(&now, plane, shift);
        }
        let (found, gradient) = probe.gradient(&value(device, now.clone(), dims)?, target)?;
        scores.push(mean(&found));
        for (x, g) in now.chunks_exact_mut(each).zip(gradient.chunks_exact(each)) {
            let norm = if options.normalize { norm(g) } else { 1.0 };
            let factor = if norm > 0.0 { options.lr / norm } else { 0.0 };
            for (x, &g) in x.iter_mut().zip(g) {
                *x = (*x + number::<E>(factor) * g) * number(1.0 - options.l2_decay);
            }
            if options.norm_percentile > 0.0 {
                let norms = by_position(plane, x, x, |x, _| x * x);
                remove_smallest(x, &norms, options.norm_percentile);
            }
            if options.contribution_percentile > 0.0 {
                let mut contributions = by_position(plane, x, g, |x, g| x * g);
                contributions.iter_mut().for_each(|c| *c = c.abs());
                remove_smallest(x, &contributions, options.contribution_percentile);
            }
            x.iter_mut().for_each(|x| *x = x.max(low).min(high));
        }
        if shift != [0; 2] {
            now = roll(&now, plane, shift.map(|by| -by));
        }
        if options.blur_every > 0 && step % options.blur_every == 0 {
            now = blur(&now, plane, options.blur_sigma);
        }
        if !now.iter().all(|x| x.is_finite()) {
            return Err(ExplainError::Diverged { step });
        }
    }
    scores.push(mean(&probe.scores(&value(device, now.clone(), dims)?, target)?));
    Ok(Ascent { picture: tensor(device, now, dims)?, scores })
}

impl AscentOptions {
    fn check<Err: std::fmt::Display>(&self) -> Result<(), ExplainError<Err>> {
        check(self.lr.is_finite(), "lr", "a finite number", self.lr)?;
        check((0.0..=1.0).contains(&self.l2_decay), "l2_decay", "0 to 1", self.l2_decay)?;
        check(self.blur_sigma > 0.0 && self.blur_sigma <= 100.0, "blur_sigma", "above 0, at most 100", self.blur_sigma)?;
        check((0.0..=100.0).contains(&self.norm_percentile), "norm_percentile", "0 to 100", self.norm_percentile)?;
        check((0.0..=100.0).contains(&self.contribution_percentile), "contribution_percentile", "0 to 100", self.contribution_percentile)?;
        let bounds = self.lower_bound <= self.upper_bound;
        check(bounds, "lower_bound", "at most upper_bound", format!("{} with {}", self.lower_bound, self.upper_bound))
    }
}

/// Height and width of pictures; 1 by 1 for other samples.
pub(super) fn plane_of(dims: &[usize]) -> [usize; 2] {
    if let &[_, _, height, width] = dims { [height, width] } else { [1; 2] }
}

/// For each position, the sum over the channels of what `of` gives for an element of two samples.
fn by_position<E: Scalar>([height, width]: [usize; 2], a: &[E], b: &[E], of: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; height * width];
    for (a, b) in a.chunks_exact(sums.len()).zip(b.chunks_exact(height * width)) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (&a, &b))| *sum += of(wide(a), wide(b)));
    }
    sums
}

fn mean<E: Scalar>(numbers: &[E]) -> f64 {
    numbers.iter().map(|&number| wide(number)).sum::<f64>() / numbers.len() as f64
}

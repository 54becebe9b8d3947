//! DeepDream.

use super::ascent::plane_of;
use super::error::check;
use super::picture::{Shifts, roll};
use super::probe::{Network, Outcome, Probe, tensor, value};
use super::resize::{Interpolation, resize};
use super::{ExplainError, Jitter, Target};
use crate::host::{number, wide};
use crate::run::backend::Backend;
use crate::{DynTensor, Scalar};

/// Options of [`deep_dream`], with the names and values of the program of Mordvintsev et al. (2015) where it has them.
#[derive(Clone, Debug, PartialEq)]
pub struct DreamOptions {
    /// The number of sizes; 4 by default.
    pub octaves: usize,
    /// The ratio of two successive sizes; 1.4 by default.
    pub octave_scale: f64,
    /// The number of steps at each size; 10 by default.
    pub iterations: usize,
    /// The mean change of an element in a step; 0.02 by default, for pictures with a standard deviation of 1.
    pub lr: f64,
    /// Whether half the sum of the squares of the target's elements grows, as in that program, and not their mean; true by default.
    pub squares: bool,
    /// Shifts of the picture; by up to 4 pixels by default.
    pub jitter: Jitter,
    /// The least value of an element; none by default.
    pub lower_bound: f64,
    /// The largest value of an element; none by default.
    pub upper_bound: f64,
}

impl Default for DreamOptions {
    fn default() -> Self {
        Self {
            octaves: 4,
            octave_scale: 1.4,
            iterations: 10,
            lr: 0.02,
            squares: true,
            jitter: Jitter::Random { most: 4, seed: 0 },
            lower_bound: f64::NEG_INFINITY,
            upper_bound: f64::INFINITY,
        }
    }
}

/// Strengthens in pictures what a layer sees in them (Mordvintsev et al., 2015): gradient ascent of a [`Target::layer`], or of any other target, at several sizes,
/// the smallest first. What was added at one size is enlarged for the next.
///
/// A part of a network without layers of a fixed size takes pictures of any size.
///
/// # Shapes
/// - `pictures`: `[batch, channels, height, width]`; the result has the same shape
///
/// # Errors
/// Returns an error if the target does not exist, if the part of the network before it does not take pictures of one of the sizes, if an option is out of range, if
/// the picture becomes infinite, or if the device fails.
pub fn deep_dream<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    pictures: &DynTensor<E, D>,
    target: &Target,
    options: &DreamOptions,
) -> Outcome<DynTensor<E, D>, D> {
    check((1..=32).contains(&options.octaves), "octaves", "1 to 32", options.octaves)?;
    check((1.0..=16.0).contains(&options.octave_scale), "octave_scale", "1 to 16", options.octave_scale)?;
    check(options.lr.is_finite(), "lr", "a finite number", options.lr)?;
    let &[batch, channels, height, width] = pictures.dims() else {
        return Err(ExplainError::Sizes { what: "the picture to dream on", expected: vec![0; 4], found: pictures.dims().to_vec() });
    };
    let probe = Probe::new(network, target.place())?;
    let (device, original) = (pictures.value().device(), pictures.to_vec());
    let sizes: Vec<[usize; 2]> = (0..options.octaves)
        .map(|octave| [height, width].map(|side| ((side as f64 / options.octave_scale.powi(octave as i32)).round() as usize).max(1)))
        .collect();
    let mut shifts = Shifts::of(&options.jitter);
    let mut detail: Vec<E> = Vec::new();
    let mut before = sizes[sizes.len() - 1];
    for &size in sizes.iter().rev() {
        let base = resized(&original, [height, width], size);
        let added = if detail.is_empty() { vec![E::zero(); base.len()] } else { resized(&detail, before, size) };
        let start = base.iter().zip(&added).map(|(&base, &added)| base + added).collect();
        let dims = [batch, channels, size[0], size[1]];
        let dreamed = steps(&probe, device, start, &dims, target, options, &mut shifts)?;
        detail = dreamed.iter().zip(&base).map(|(&dreamed, &base)| dreamed - base).collect();
        before = size;
    }
    let dreamed = original.iter().zip(&detail).map(|(&original, &detail)| original + detail).collect();
    tensor(device, dreamed, pictures.dims())
}

/// The steps at one size.
fn steps<E: Scalar, D: Backend<E>>(
    probe: &Probe<'_, E, D>,
    device: &D,
    start: Vec<E>,
    dims: &[usize],
    target: &Target,
    options: &DreamOptions,
    shifts: &mut Shifts,
) -> Outcome<Vec<E>, D> {
    let mut now = start;
    let each = now.len() / dims[0];
    let (low, high) = (number::<E>(options.lower_bound), number::<E>(options.upper_bound));
    for step in 1..=options.iterations {
        let shift = shifts.next();
        let rolled = roll(&now, plane_of(dims), shift);
        let gradient = probe.pull(&value(device, rolled, dims)?, |seen| {
            let weights: Vec<E> = target.weights(probe.name(), &seen.dims)?;
            // The gradient of half the sum of squares is the value itself.
            let squares = |(&weight, &value): (&E, &E)| if weight == E::zero() { E::zero() } else { value };
            Ok(if options.squares { weights.iter().zip(&seen.list).map(squares).collect() } else { weights })
        })?;
        let gradient = roll(&gradient, plane_of(dims), shift.map(|by| -by));
        for (x, g) in now.chunks_exact_mut(each).zip(gradient.chunks_exact(each)) {
            let mean = g.iter().map(|&g| wide(g).abs()).sum::<f64>() / each as f64;
            let factor = number::<E>(if mean > 0.0 { options.lr / mean } else { 0.0 });
            x.iter_mut().zip(g).for_each(|(x, &g)| *x = (*x + factor * g).max(low).min(high));
        }
        if !now.iter().all(|x| x.is_finite()) {
            return Err(ExplainError::Diverged { step });
        }
    }
    Ok(now)
}

fn resized<E: Scalar>(planes: &[E], from: [usize; 2], to: [usize; 2]) -> Vec<E> {
    planes.chunks_exact(from[0] * from[1]).flat_map(|plane| resize(plane, from, to, Interpolation::Bilinear)).collect()
}

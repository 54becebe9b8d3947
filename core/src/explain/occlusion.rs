//! Occlusion.

use super::error::check;
use super::probe::{Network, Outcome, Probe, tensor, value};
use super::{ExplainError, Target};
use crate::host::{number, wide};
use crate::run::backend::Backend;
use crate::{DynTensor, Scalar};

/// Options of [`occlusion`], with Captum's names and defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct OcclusionOptions {
    /// The sizes of the window in a sample, without the batch axis: `[3, 5, 5]` covers all channels of a color picture.
    pub sliding_window_shapes: Vec<usize>,
    /// How far the window moves along each axis; 1 by default. At most the window's size.
    pub strides: Option<Vec<usize>>,
    /// What the window puts in place of the input; 0 by default.
    pub baselines: f64,
    /// The number of windows in one pass; 1 by default. The result is the same.
    pub perturbations_per_eval: usize,
}

impl OcclusionOptions {
    /// A window of these sizes.
    pub fn window(sliding_window_shapes: impl Into<Vec<usize>>) -> Self {
        Self { sliding_window_shapes: sliding_window_shapes.into(), strides: None, baselines: 0.0, perturbations_per_eval: 1 }
    }
}

/// By how much the target's number falls if a window covers a place (Zeiler and Fergus, 2014), averaged over all windows that cover it: Captum's `Occlusion`.
///
/// # Shapes
/// - `x`: a batch of samples; the result has the same shape
///
/// # Errors
/// Returns an error if the target does not exist, if `x` does not fit the network, if the window or its strides do not fit a sample, or if the device fails.
pub fn occlusion<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    x: &DynTensor<E, D>,
    target: &Target,
    options: &OcclusionOptions,
) -> Outcome<DynTensor<E, D>, D> {
    let probe = Probe::new(network, target.place())?;
    let (device, batch, sizes) = (x.value().device(), x.dims()[0], &x.dims()[1..]);
    let window = &options.sliding_window_shapes;
    let strides = options.strides.clone().unwrap_or_else(|| vec![1; sizes.len()]);
    let fits = window.len() == sizes.len() && window.iter().zip(sizes).all(|(window, size)| (1..=*size).contains(window));
    if !fits {
        return Err(ExplainError::Sizes { what: "the window", expected: sizes.to_vec(), found: window.clone() });
    }
    // A window of the whole size does not move.
    let moves = |axis: usize| window[axis] == sizes[axis] || (1..=window[axis]).contains(&strides[axis]);
    if strides.len() != sizes.len() || !(0..sizes.len()).all(moves) {
        return Err(ExplainError::Option {
            option: "strides",
            expected: "1 to the window's size for each axis",
            found: format!("{strides:?}"),
        });
    }
    check(options.perturbations_per_eval > 0, "perturbations_per_eval", "at least 1", options.perturbations_per_eval)?;
    let counts: Vec<usize> = (0..sizes.len()).map(|axis| 1 + (sizes[axis] - window[axis]).div_ceil(strides[axis].max(1))).collect();
    let covers = Covers { sizes, window, strides: &strides, counts: &counts };
    let (numbers, each) = (x.to_vec(), sizes.iter().product::<usize>());
    let whole = probe.scores(x.value(), target)?;
    let (mut sums, mut times) = (vec![0.0; numbers.len()], vec![0.0; each]);
    let total: usize = counts.iter().product();
    for sample in 0..batch {
        let one = &numbers[sample * each..][..each];
        let target = target.of_sample(sample);
        for first in (0..total).step_by(options.perturbations_per_eval) {
            let windows: Vec<Vec<usize>> =
                (first..total.min(first + options.perturbations_per_eval)).map(|window| covers.elements(window)).collect();
            let mut covered = one.repeat(windows.len());
            for (copy, window) in covered.chunks_exact_mut(each).zip(&windows) {
                window.iter().for_each(|&element| copy[element] = number(options.baselines));
            }
            let dims = [&[windows.len()], sizes].concat();
            let scores = probe.scores(&value(device, covered, &dims)?, &target)?;
            for (score, window) in scores.into_iter().zip(&windows) {
                for &element in window {
                    sums[sample * each + element] += wide(whole[sample]) - wide(score);
                    if sample == 0 {
                        times[element] += 1.0;
                    }
                }
            }
        }
    }
    let means = sums.iter().zip(times.iter().cycle()).map(|(sum, times)| number(sum / times)).collect();
    tensor(device, means, x.dims())
}

/// The windows over a sample.
struct Covers<'a> {
    sizes: &'a [usize],
    window: &'a [usize],
    strides: &'a [usize],
    counts: &'a [usize],
}

impl Covers<'_> {
    /// The elements under a window, clipped at the edges.
    fn elements(&self, window: usize) -> Vec<usize> {
        let (mut elements, mut rest, mut apart) = (vec![0], window, 1);
        for axis in (0..self.sizes.len()).rev() {
            let begin = rest % self.counts[axis] * self.strides[axis];
            rest /= self.counts[axis];
            let range = begin..(begin + self.window[axis]).min(self.sizes[axis]);
            elements = range.flat_map(|i| elements.iter().map(move |element| i * apart + element).collect::<Vec<_>>()).collect();
            apart *= self.sizes[axis];
        }
        elements
    }
}

//! Products of single elements by the definition of a convolution: for elements that are too large for tiles ([`super::bounds`]).
//!
//! There are few of them, so the loops are plain; but a few channels are processed at a time, so that even a network full of NaN takes only
//! a few times as long.

use super::bounds::{GROUP, Limits, is_beyond};
use crate::kernels::simd::vectorized;

/// The number of channels whose lines stay in a level-1 cache.
const CHANNELS: usize = 8;
/// The maximum number of taps of a kernel.
const TAPS: usize = 16;

/// A convolution from large maps to small ones, with square kernels of `side` taps and weights `[small channels, large channels, side, side]`.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The taps along an axis, at most 4.
    pub side: usize,
    /// The distance between windows.
    pub stride: usize,
    /// The zeros around the large maps.
    pub padding: [usize; 2],
    /// The channels of the large and of the small maps.
    pub channels: [usize; 2],
    /// Height and width of the large maps.
    pub large: [usize; 2],
    /// Height and width of the small maps.
    pub small: [usize; 2],
}

/// The connections of an element: each tap, and the position on the other maps that it connects to; `None` in the padding.
struct Pairs {
    list: [(usize, Option<usize>); TAPS],
    len: usize,
}

impl Pairs {
    fn new(all: impl Iterator<Item = (usize, Option<usize>)>) -> Self {
        let mut pairs = Self { list: [(0, None); TAPS], len: 0 };
        for pair in all {
            pairs.list[pairs.len] = pair;
            pairs.len += 1;
        }
        pairs
    }

    fn as_slice(&self) -> &[(usize, Option<usize>)] {
        &self.list[..self.len]
    }
}

impl Definition {
    fn taps(&self) -> usize {
        self.side * self.side
    }

    /// The number of elements of a large and of a small map.
    fn maps(&self) -> [usize; 2] {
        [self.large, self.small].map(|[height, width]| height * width)
    }

    /// The positions of the small maps that depend on a position of the large ones.
    fn seeing(&self, at: usize) -> Pairs {
        let place = |axis: usize, at: usize, tap: usize| {
            let step = (at + self.padding[axis]).checked_sub(tap)?;
            (step.is_multiple_of(self.stride) && step / self.stride < self.small[axis]).then_some(step / self.stride)
        };
        let [y, x] = [at / self.large[1], at % self.large[1]];
        let pair = |tap: usize| Some((tap, Some(place(0, y, tap / self.side)? * self.small[1] + place(1, x, tap % self.side)?)));
        Pairs::new((0..self.taps()).filter_map(pair))
    }

    /// The positions of the large maps on which a position of the small ones depends.
    fn seen(&self, at: usize) -> Pairs {
        let place = |axis: usize, at: usize, tap: usize| {
            (at * self.stride + tap).checked_sub(self.padding[axis]).filter(|&at| at < self.large[axis])
        };
        let [y, x] = [at / self.small[1], at % self.small[1]];
        let other = |tap: usize| Some(place(0, y, tap / self.side)? * self.large[1] + place(1, x, tap % self.side)?);
        Pairs::new((0..self.taps()).map(|tap| (tap, other(tap))))
    }
}

/// Adds the contributions of elements of the large maps beyond the limits to the small maps `y`.
pub fn gather(of: &Definition, images: usize, weight: &[f32], limits: &[f32], x: &[f32], y: &mut [f32]) {
    let [inputs, outputs] = of.channels;
    let at = |from: usize, to: usize| (to * inputs + from) * of.taps();
    give(outputs, images, of.maps(), |place| of.seeing(place), |from, to, tap| weight[at(from, to) + tap], limits, x, y);
}

/// Adds the contributions of elements of the small maps beyond the limits to the large maps `x`.
pub fn scatter(of: &Definition, images: usize, weight: &[f32], limits: &[f32], y: &[f32], x: &mut [f32]) {
    let [inputs, _] = of.channels;
    let [large, small] = of.maps();
    let at = |from: usize, to: usize| (from * inputs + to) * of.taps();
    give(inputs, images, [small, large], |place| of.seen(place), |from, to, tap| weight[at(from, to) + tap], limits, y, x);
}

#[allow(clippy::too_many_arguments, reason = "one slice in, one out, limits, and three that say what is joined to what")]
fn give(
    channels: usize,
    images: usize,
    [from_map, to_map]: [usize; 2],
    pairs: impl Fn(usize) -> Pairs,
    weight: impl Fn(usize, usize, usize) -> f32,
    limits: &[f32],
    from: &[f32],
    to: &mut [f32],
) {
    vectorized(
        #[inline(always)]
        || {
            for first in (0..channels).step_by(CHANNELS) {
                for (channel, plane) in from.chunks_exact(from_map * images).enumerate() {
                    each(images, plane, limits, |place, group, numbers| {
                        for &(tap, other) in pairs(place).as_slice() {
                            let Some(other) = other else { continue };
                            for own in first..channels.min(first + CHANNELS) {
                                let weight = weight(channel, own, tap);
                                let to = &mut to[(own * to_map + other) * images + group..];
                                let len = GROUP.min(images - group);
                                for (to, number) in to[..len].iter_mut().zip(numbers) {
                                    *to += if number.beyond { weight * number.x } else { 0.0 };
                                }
                            }
                        }
                    });
                }
            }
        },
    );
}

/// An element, and whether it is beyond its limit.
#[derive(Clone, Copy, Default)]
struct Number {
    x: f32,
    beyond: bool,
}

/// Calls `work` with each position of a plane and each group of images in which an element is beyond its limit.
#[inline(always)]
fn each(images: usize, plane: &[f32], limits: &[f32], mut work: impl FnMut(usize, usize, &[Number; GROUP])) {
    for (place, row) in plane.chunks_exact(images).enumerate() {
        for (group, (row, limits)) in row.chunks(GROUP).zip(limits.chunks(GROUP)).enumerate() {
            if !row.iter().zip(limits).any(|(&x, &limit)| is_beyond(x, limit)) {
                continue;
            }
            let mut numbers = [Number::default(); GROUP];
            for (number, (&x, &limit)) in numbers.iter_mut().zip(row.iter().zip(limits)) {
                *number = Number { x, beyond: is_beyond(x, limit) };
            }
            work(place, group * GROUP, &numbers);
        }
    }
}

/// Adds the products of elements beyond their limits to the gradient of the weights of the small channels from `first` on, as many as fit
/// into `to`: the products of such elements of the large maps `x` with all of `dy`, and those of such elements of `dy` with the rest of
/// `x`. As in the definition, an element is multiplied by zeros in the padding.
pub fn weight_grads(of: &Definition, images: usize, [x, dy]: [&[f32]; 2], limits: [Limits; 2], first: usize, to: &mut [f32]) {
    let [inputs, _] = of.channels;
    let (taps, [large, small]) = (of.taps(), of.maps().map(|map| map * images));
    let outputs = to.len() / (inputs * taps);
    let dy = &dy[first * small..][..outputs * small];
    if let Some(limits) = limits[0] {
        for (channel, plane) in x.chunks_exact(large).enumerate() {
            let own = |other: usize| (other * inputs + channel) * taps;
            products(images, plane, limits, |place| of.seeing(place), (dy, outputs, None), own, to);
        }
    }
    if let Some(own_limits) = limits[1] {
        for (channel, plane) in dy.chunks_exact(small).enumerate() {
            let own = |other: usize| (channel * inputs + other) * taps;
            products(images, plane, own_limits, |place| of.seen(place), (x, inputs, limits[0]), own, to);
        }
    }
}

/// The products of one plane's elements beyond their limits with all channels of the other maps (only elements within limits, if there are
/// any): sums for each tap, added to those of the channels from `own` on.
fn products(
    images: usize,
    plane: &[f32],
    limits: &[f32],
    pairs: impl Fn(usize) -> Pairs,
    (others, channels, other_limits): (&[f32], usize, Limits),
    own: impl Fn(usize) -> usize,
    to: &mut [f32],
) {
    let map = others.len() / channels;
    vectorized(
        #[inline(always)]
        || {
            for first in (0..channels).step_by(CHANNELS) {
                let last = channels.min(first + CHANNELS);
                let mut sums = [[[0f32; GROUP]; TAPS]; CHANNELS];
                let mut met = [false; TAPS];
                each(images, plane, limits, |place, group, numbers| {
                    let len = GROUP.min(images - group);
                    for &(tap, at) in pairs(place).as_slice() {
                        met[tap] = true;
                        for (other, sums) in (first..last).zip(&mut sums) {
                            let mut factors = [0f32; GROUP];
                            if let Some(at) = at {
                                factors[..len].copy_from_slice(&others[other * map + at * images + group..][..len]);
                            }
                            for (i, sum) in sums[tap].iter_mut().enumerate().take(len) {
                                let taken = other_limits.is_none_or(|limits| !is_beyond(factors[i], limits[group + i]));
                                *sum += if numbers[i].beyond && taken { numbers[i].x * factors[i] } else { 0.0 };
                            }
                        }
                    }
                });
                for (other, sums) in (first..last).zip(&sums) {
                    for (tap, sums) in sums.iter().enumerate().filter(|&(tap, _)| met[tap]) {
                        to[own(other) + tap] += sums.iter().sum::<f32>();
                    }
                }
            }
        },
    );
}

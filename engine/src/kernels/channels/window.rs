//! Windows that slide over each channel by itself: depthwise convolutions and pools.
//!
//! A tile is some adjacent windows, and a vector of channels. Taps in the padding are skipped, so that maps need no frame.

use std::ops::Range;

use pulp::{MemMask, Simd, WithSimd};

use super::{
    Tail,
    product::{load, prefetch, store, within},
    team::{self, Shared},
};
use crate::kernels::{Slide, pool2d::Mean, simd::arch};

/// The number of windows of a tile.
const WINDOWS: usize = 6;

/// What is computed of a window, a vector of channels at a time.
trait Fold: Copy + Send + Sync {
    /// Whether there is a weight for each tap.
    const WEIGHTS: bool;

    /// The result without taps.
    fn start<S: Simd>(self, simd: S) -> S::f32s;

    /// With another tap.
    fn step<S: Simd>(self, simd: S, sum: S::f32s, x: S::f32s, weight: S::f32s) -> S::f32s;

    /// The result of the window of a row and a column.
    fn end<S: Simd>(self, simd: S, sum: S::f32s, row: usize, column: usize) -> S::f32s;
}

#[derive(Clone, Copy)]
struct Sum;

impl Fold for Sum {
    const WEIGHTS: bool = true;

    #[inline(always)]
    fn start<S: Simd>(self, simd: S) -> S::f32s {
        simd.splat_f32s(0.0)
    }

    #[inline(always)]
    fn step<S: Simd>(self, simd: S, sum: S::f32s, x: S::f32s, weight: S::f32s) -> S::f32s {
        simd.mul_add_e_f32s(x, weight, sum)
    }

    #[inline(always)]
    fn end<S: Simd>(self, _: S, sum: S::f32s, _: usize, _: usize) -> S::f32s {
        sum
    }
}

#[derive(Clone, Copy)]
struct Most;

impl Fold for Most {
    const WEIGHTS: bool = false;

    #[inline(always)]
    fn start<S: Simd>(self, simd: S) -> S::f32s {
        simd.splat_f32s(f32::NEG_INFINITY)
    }

    /// A NaN replaces all before it, and nothing but another replaces it.
    #[inline(always)]
    fn step<S: Simd>(self, simd: S, most: S::f32s, x: S::f32s, _: S::f32s) -> S::f32s {
        let number = simd.equal_f32s(x, x);
        let leads = simd.not_m32s(simd.and_m32s(number, simd.not_m32s(simd.greater_than_f32s(x, most))));
        simd.select_f32s(leads, x, most)
    }

    #[inline(always)]
    fn end<S: Simd>(self, _: S, most: S::f32s, _: usize, _: usize) -> S::f32s {
        most
    }
}

#[derive(Clone, Copy)]
struct Average<'a>(&'a Mean);

impl Fold for Average<'_> {
    const WEIGHTS: bool = false;

    #[inline(always)]
    fn start<S: Simd>(self, simd: S) -> S::f32s {
        simd.splat_f32s(0.0)
    }

    #[inline(always)]
    fn step<S: Simd>(self, simd: S, sum: S::f32s, x: S::f32s, _: S::f32s) -> S::f32s {
        simd.add_f32s(sum, x)
    }

    #[inline(always)]
    fn end<S: Simd>(self, simd: S, sum: S::f32s, row: usize, column: usize) -> S::f32s {
        simd.mul_f32s(sum, simd.splat_f32s(self.0.share(row, column)))
    }
}

/// A convolution of each channel by itself, with weights `[taps, channels]` and a bias.
///
/// # Panics
/// Panics, here and below, if a slice is too short for the sizes.
pub fn depthwise(slide: &Slide, channels: usize, [weight, bias]: [&[f32]; 2], tail: Tail, x: &[f32], y: &mut [f32]) {
    assert!(weight.len() >= slide.taps() * channels && bias.len() >= channels, "weights too short");
    run(Sum, slide, channels, [weight, bias], tail, x, y);
}

/// The maximum of each window.
pub fn max(slide: &Slide, channels: usize, x: &[f32], y: &mut [f32]) {
    run(Most, slide, channels, [&[]; 2], Tail::default(), x, y);
}

/// The mean of each window.
pub fn mean(pool: &Mean, channels: usize, x: &[f32], y: &mut [f32]) {
    run(Average(pool), &pool.slide, channels, [&[]; 2], Tail::default(), x, y);
}

fn run<F: Fold>(fold: F, slide: &Slide, channels: usize, [weight, bias]: [&[f32]; 2], tail: Tail, x: &[f32], y: &mut [f32]) {
    let [map, out] = [slide.input_len(), slide.output_len()].map(|len| len * channels);
    let images = y.len() / out;
    assert!(x.len() == images * map && y.len() == images * out, "as many maps as results");
    assert!(tail.residual.is_none_or(|residual| residual.len() == y.len()), "a residual has the size of the result");
    let lines = images * slide.output[0];
    let operations = y.len().saturating_mul(slide.taps());
    // A line is divided by channels if there are few: the windows of global pools are whole maps.
    let wanted = team::parts(operations);
    let by_lines = wanted.min(lines);
    let by_channels = wanted.div_ceil(by_lines).min(channels.div_ceil(64));
    let y = Shared::new(y);
    team::each(by_lines * by_channels, |part| {
        let lines = team::share(lines, by_lines, part / by_channels);
        // Whole vectors of any instruction set.
        let channels_of = |part: usize| (part * channels / by_channels).next_multiple_of(16).min(channels);
        let of = channels_of(part % by_channels)..channels_of(part % by_channels + 1);
        arch().dispatch(Lines { fold, slide, channels, weight, bias, tail, x, lines, of, y });
    });
}

/// Some lines of the results, and some channels.
struct Lines<'a, F> {
    fold: F,
    slide: &'a Slide,
    channels: usize,
    weight: &'a [f32],
    bias: &'a [f32],
    tail: Tail<'a>,
    x: &'a [f32],
    lines: Range<usize>,
    of: Range<usize>,
    y: Shared<'a>,
}

impl<F: Fold> WithSimd for Lines<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Lines { slide, channels, tail, ref lines, ref of, y, .. } = self;
        let [height, width] = slide.output;
        let taps = slide.window.kernel[1];
        // The windows all of whose taps are on the map are adjacent.
        let whole = |column: &usize| slide.taps_inside(1, *column) == (0..taps);
        let first = (0..width).find(whole).unwrap_or(width);
        let last = (first..width).rfind(whole).map_or(first, |last| last + 1);
        for line in lines.clone() {
            let (image, row) = (line / height, line % height);
            let mut column = 0;
            while column < width {
                let inside = column >= first && column + WINDOWS <= last;
                let place = Place { image, row, column, out: (line * width + column) * channels };
                let whole = of.len() / S::F32_LANES * S::F32_LANES;
                let mask = MemMask::new(simd.mask_between_m32s(0, (of.len() - whole) as u32).mask());
                // SAFETY: the image, the line and the columns exist, and so do the channels, those of the last vector in the mask; `run` has
                // checked the sizes of maps and results. Tiles of several windows have all their taps on the map. Each element belongs to one line
                // and one range of channels, so to one part.
                unsafe {
                    for channel in (of.start..of.start + whole).step_by(S::F32_LANES) {
                        match inside {
                            true => self.tile::<S, WINDOWS, false>(simd, &place, channel, mask),
                            false => self.tile::<S, 1, false>(simd, &place, channel, mask),
                        }
                    }
                    if whole < of.len() {
                        match inside {
                            true => self.tile::<S, WINDOWS, true>(simd, &place, of.start + whole, mask),
                            false => self.tile::<S, 1, true>(simd, &place, of.start + whole, mask),
                        }
                    }
                }
                column += if inside { WINDOWS } else { 1 };
            }
            let Some(function) = tail.function else { continue };
            if of.len() == channels {
                // SAFETY: a line of this part, of which it has all channels.
                function.forward(unsafe { y.part(line * width * channels, width * channels) });
                continue;
            }
            for column in 0..width {
                // SAFETY: the channels of this part, in a line of it.
                function.forward(unsafe { y.part((line * width + column) * channels + of.start, of.len()) });
            }
        }
    }
}

/// The first window of a tile, and the position of its result.
struct Place {
    image: usize,
    row: usize,
    column: usize,
    out: usize,
}

impl<F: Fold> Lines<'_, F> {
    /// `M` windows for a vector of channels.
    ///
    /// # Safety
    /// The windows and the channels must exist, those in the mask if it is used; for more than one window, all taps must be on the map in its lines; and no other thread
    /// may use these elements of the result.
    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const MASKED: bool>(&self, simd: S, at: &Place, channel: usize, mask: MemMask<S::m32s>) {
        let mask = MASKED.then_some(mask);
        let (slide, channels) = (self.slide, self.channels);
        let window = &slide.window;
        let map = self.x.as_ptr().wrapping_add(at.image * slide.input_len() * channels + channel);
        let mut sums = [self.fold.start(simd); M];
        if F::WEIGHTS {
            // SAFETY: the bias has all channels.
            sums = [unsafe { load(simd, self.bias.as_ptr().wrapping_add(channel), mask) }; M];
        }
        // The results of the tile after this one.
        (0..M).for_each(|i| prefetch(self.y.start().wrapping_add(at.out + (M + i) * channels + channel)));
        let columns = slide.taps_inside(1, at.column);
        let apart = window.stride[1] * channels;
        for tap_y in slide.taps_inside(0, at.row) {
            let y = at.row * window.stride[0] + tap_y * window.dilation[0] - window.padding[0];
            for tap_x in columns.clone() {
                let x = at.column * window.stride[1] + tap_x * window.dilation[1] - window.padding[1];
                let from = map.wrapping_add((y * slide.input[1] + x) * channels);
                let mut weight = simd.splat_f32s(0.0);
                if F::WEIGHTS {
                    let at = (tap_y * window.kernel[1] + tap_x) * channels + channel;
                    // SAFETY: there is a weight for each tap and channel.
                    weight = unsafe { load(simd, self.weight.as_ptr().wrapping_add(at), mask) };
                }
                for (i, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: the tap is on the map, for the first window by the ranges of these loops, for the others by the caller's contract.
                    let x = unsafe { load(simd, from.wrapping_add(i * apart), mask) };
                    *sum = self.fold.step(simd, *sum, x, weight);
                }
            }
        }
        for (i, sum) in sums.into_iter().enumerate() {
            let mut sum = self.fold.end(simd, sum, at.row, at.column + i);
            let out = at.out + i * channels + channel;
            if let Some(residual) = self.tail.residual {
                // SAFETY: it has the size of the result.
                sum = simd.add_f32s(sum, unsafe { load(simd, residual.as_ptr().wrapping_add(out), mask) });
            }
            if let Some(limits) = self.tail.limits {
                sum = within(simd, sum, limits);
            }
            // SAFETY: the result of window `i`, which no other thread writes.
            unsafe { store(simd, sum, self.y.at(out), mask) };
        }
    }
}
